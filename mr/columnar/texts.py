"""Columns of any type as text, exactly, and rows of them as TSV.

docs/formats.md says how each type is written.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["as_texts", "rows_as_tsv", "why_not_text"]

# numbers between which pyarrow and Python write the same digits in the same way
PLAIN_FROM, PLAIN_TO = 1e-4, 1e10
WHOLE_TO = 1e15  # below it, Python writes whole numbers without an exponent
ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\r", "\\r"), ("\n", "\\n"))


def why_not_text(kind: pa.DataType) -> str:
    """Why columns of this type can't be written as text, or nothing."""
    types = pa.types
    if types.is_union(kind) or types.is_interval(kind):
        return f"a column of type {kind} has no text that it could be written as"
    return ""


def as_texts(column: pa.Array) -> pa.Array:
    """A column (n,) of texts; what is missing stays so."""
    kind, types = column.type, pa.types
    if types.is_string(kind):
        return column
    if types.is_floating(kind):
        return _floats(column)
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_date(kind):
        return column.cast(pa.string())
    if types.is_timestamp(kind):
        return _timestamps(column)
    if types.is_time(kind):
        return column.cast(pa.string())
    if types.is_duration(kind):
        return column.cast(pa.int64()).cast(pa.string())
    if types.is_null(kind):
        return column.cast(pa.string())
    return pa.array([_written(value) for value in column.to_pylist()], pa.string())


def rows_as_tsv(columns: Sequence[pa.Array], rows: int) -> list[bytes]:
    """Each of n ``rows`` as escaped TSV, without a newline; what is missing is empty."""
    if not columns:
        return [b""] * rows
    texts = [as_texts(column) for column in columns]
    lines = _join(texts)
    data = _data(lines)
    tabs = rows * (len(texts) - 1)
    if data.count(b"\t") != tabs or any(mark in data for mark in (b"\\", b"\r", b"\n")):
        lines = _join([_escape(text) for text in texts])
    found: list[bytes] = lines.cast(pa.binary()).to_pylist()
    return found


def _join(texts: Sequence[pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(*texts, "\t", null_handling="replace", null_replacement="")


def _data(texts: pa.Array) -> bytes:
    """The bytes of all texts of an array that has just been made."""
    buffer = texts.buffers()[2]
    return buffer.to_pybytes() if buffer else b""


def _escape(texts: pa.Array) -> pa.Array:
    for mark, escape in ESCAPES:
        texts = pc.replace_substring(texts, mark, escape)
    return texts


def _floats(column: pa.Array) -> pa.Array:
    """The shortest digits that are read as the same number of this width, written as Python does;
    pyarrow finds them several times as fast, and writes some in another way."""
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float32())
    texts = column.cast(pa.string())
    values = column.to_numpy(zero_copy_only=False)
    size = np.abs(values)
    with np.errstate(invalid="ignore"):
        whole = (np.floor(size) == size) & (size < WHOLE_TO) & ~(np.signbit(values) & (size == 0))
        usual = whole | (size >= PLAIN_FROM) & (size < PLAIN_TO) | ~np.isfinite(size)
    if whole.any():
        digits = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(pa.string())
        texts = pc.if_else(pa.array(whole), pc.binary_join_element_wise(digits, "0", "."), texts)
    if not usual.all():
        odd = [repr(float(text)) for text in texts.filter(pa.array(~usual)).to_pylist()]
        texts = pc.replace_with_mask(texts, pa.array(~usual), pa.array(odd, pa.string()))
    return texts


def _timestamps(column: pa.Array) -> pa.Array:
    """ISO 8601; of those with a time zone, in UTC."""
    texts = pc.replace_substring(
        column.cast(pa.timestamp(column.type.unit)).cast(pa.string()), " ", "T"
    )
    return texts if column.type.tz is None else pc.binary_join_element_wise(texts, "Z", "")


def _written(value: Any) -> str | None:
    """A value of the types that are rare."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=_written)
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        text: str = value.isoformat()
        return text
    return format(value, "f") if hasattr(value, "as_tuple") else str(value)
