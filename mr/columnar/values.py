"""Columns of a columnar file as features: the values that a text of them would be read as."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mr.columnar.texts import as_texts
from mr.records.cells import EXACT, FLAG, MISSING, READERS, WRITTEN, NotReadable

__all__ = ["as_feature", "can_be"]

NAN: Any = np.nan
BAD = {"integer": "not a whole number", "boolean": "not a boolean"}


def can_be(type_: pa.DataType, kind: str) -> bool:
    """Whether a column of this type can be a feature of that ``kind``: texts are texts, numbers
    are numbers, and true and false are numbers or booleans."""
    types = pa.types
    if types.is_null(type_) or kind == WRITTEN:
        return True
    if kind == "text":
        return bool(types.is_string(type_))
    is_number = types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_)
    return bool(is_number or (types.is_boolean(type_) and kind != "integer"))


def as_feature(column: pa.Array, kind: str) -> tuple[NDArray[Any], dict[int, str]]:
    """A column's values (n,), as ``mr.scoring.features`` has them, and what those rows aren't that
    can't be of the ``kind``; theirs is NaN."""
    if kind == WRITTEN:
        return _objects(as_texts(column).fill_null("")), {}
    if kind == "text":
        return _objects(as_texts(column)), {}
    if kind == FLAG:
        kind = "number"
    types = pa.types
    if types.is_integer(column.type) and kind == "integer":
        return _integers(column)
    if types.is_boolean(column.type) or types.is_null(column.type):
        return _floats(column.cast(pa.int8())), {}
    if types.is_integer(column.type) or types.is_floating(column.type):
        return _fitting(_floats(column), kind)
    return _from_texts(as_texts(column), kind)


def _objects(texts: pa.Array) -> NDArray[np.object_]:
    values: NDArray[np.object_] = texts.to_numpy(zero_copy_only=False)
    if texts.null_count:
        values[np.asarray(texts.is_null())] = NAN
    return values


def _floats(column: pa.Array) -> NDArray[np.float64]:
    """Numbers of any width; what is missing is NaN."""
    if not column.null_count:
        return np.array(column.to_numpy(zero_copy_only=False), np.float64)
    known = column.is_valid().to_numpy(zero_copy_only=False)
    values = np.full(len(column), np.nan)
    values[known] = column.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    return values


def _fitting(values: NDArray[np.float64], kind: str) -> tuple[NDArray[Any], dict[int, str]]:
    if kind == "number":
        return values, {}
    with np.errstate(invalid="ignore"):
        if kind == "integer":
            good = (np.abs(values) < EXACT) & (values == np.floor(values))
        else:
            good = (values == 0) | (values == 1)
    bad = np.flatnonzero(~(good | np.isnan(values))).tolist()
    values[bad] = np.nan
    return values, dict.fromkeys(bad, BAD[kind])


def _integers(column: pa.Array) -> tuple[NDArray[Any], dict[int, str]]:
    """Floats where they are exact, else objects; those beyond 64 bits with a sign are none."""
    ends = pc.min_max(column).as_py()
    least, most = ends["min"] or 0, ends["max"] or 0
    if least > -EXACT and most < EXACT:
        return _floats(column), {}
    values = np.array(
        [
            NAN if value is None else float(value) if abs(value) < EXACT else value
            for value in column.to_pylist()
        ],
        object,
    )
    bad = [row for row, value in enumerate(values.tolist()) if value >= 2**63]
    values[bad] = NAN
    return values, dict.fromkeys(bad, BAD["integer"])


def _from_texts(texts: pa.Array, kind: str) -> tuple[NDArray[Any], dict[int, str]]:
    """What the texts of a table of text would be read as."""
    values: list[Any] = []
    bad: dict[int, str] = {}
    for row, text in enumerate(texts.to_pylist()):
        try:
            values.append(READERS[kind](None if text in MISSING else text))
        except NotReadable as error:
            values.append(NAN)
            bad[row] = str(error)
    whole = kind == "integer" and int in map(type, values)
    return np.array(values, object if whole else np.float64), bad
