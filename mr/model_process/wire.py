"""Features, texts and predictions as JSON and arrays: what a task and its model's process tell each
other, type by type and bit by bit.

Texts are written one behind the other, between bytes that none of them has, which is as quick to
read as it is to write.
"""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.scoring.features import Features
from mr.scoring.prediction import Prediction

__all__ = ["Columns", "columns_of", "pack", "pack_rows", "unpack", "unpack_rows"]

SEPARATORS = ("\n", "\0", "\x1e", "\x1f")
NAN: Any = np.nan  # the very object that pandas has in columns of objects
CONSTANTS = {"NaN": NAN, "Infinity": np.inf, "-Infinity": -np.inf}

Columns = tuple[tuple[str, ...], tuple[str, ...], str]  # of Features: names, types, input
Pieces = list[Any]  # bytes-like: what belongs to a message, by number


def columns_of(rows: Features | list[str]) -> Columns | None:
    """What is the same in most requests, so that it is told only when it changes."""
    return (rows.names, rows.types, rows.input) if isinstance(rows, Features) else None


def pack_rows(rows: Features | list[str]) -> tuple[dict[str, Any], Pieces]:
    """Rows of features, without what ``columns_of`` says of them, or texts."""
    pieces: Pieces = []
    if isinstance(rows, list):
        return _pack_objects(rows, pieces), pieces
    if isinstance(rows.values, np.ndarray):
        return {"table": _pack_array(rows.values, pieces)}, pieces
    return {"columns": [_pack_column(column, pieces) for column in rows.values]}, pieces


def unpack_rows(
    form: dict[str, Any], pieces: Sequence[memoryview], columns: Columns | None
) -> Features | list[str]:
    """What ``pack_rows`` was given."""
    if columns is None:
        return _unpack_objects(form, pieces)
    if "table" in form:
        return Features(*columns, _unpack_array(form["table"], pieces))
    return Features(*columns, [_unpack_column(each, pieces) for each in form["columns"]])


def pack(prediction: Prediction) -> tuple[dict[str, Any], Pieces]:
    """A prediction."""
    pieces: Pieces = []
    return _pack_prediction(prediction, pieces), pieces


def unpack(form: dict[str, Any], pieces: Sequence[memoryview]) -> Prediction:
    """What ``pack`` was given."""
    given: dict[str, Any] = {
        name: tuple(unpack(each, pieces) for each in value)
        if name == "outputs"
        else _unpack_array(value, pieces)
        for name, value in form.items()
    }
    return Prediction(**{"scores": None} | given)


def _pack_prediction(prediction: Prediction, pieces: Pieces) -> dict[str, Any]:
    form: dict[str, Any] = {}
    for field in fields(Prediction):
        value = getattr(prediction, field.name)
        if field.name == "outputs":
            form["outputs"] = [_pack_prediction(each, pieces) for each in value]
        elif value is not None:
            form[field.name] = _pack_array(value, pieces)
    return form


def _pack_array(array: NDArray[Any], pieces: Pieces) -> dict[str, Any]:
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    row_by_row = np.ascontiguousarray(array.T if order == "F" else array)
    pieces.append(row_by_row.reshape(-1).view(np.uint8).data)
    return {
        "piece": len(pieces) - 1,
        "type": array.dtype.str,
        "shape": array.shape,
        "order": order,
    }


def _unpack_array(form: dict[str, Any], pieces: Sequence[memoryview]) -> NDArray[Any]:
    flat: NDArray[Any] = np.frombuffer(pieces[form["piece"]], np.uint8).view(form["type"])
    return flat.reshape(form["shape"], order=form["order"])


def _pack_column(column: NDArray[Any], pieces: Pieces) -> dict[str, Any]:
    if column.dtype != object:
        return _pack_array(column, pieces)
    missing = np.flatnonzero(column != column)
    cells = column.tolist()
    for place in missing.tolist():
        cells[place] = ""
    form = _pack_objects(cells, pieces)
    if len(missing):
        form["missing"] = _pack_array(missing, pieces)
    return form


def _unpack_column(form: dict[str, Any], pieces: Sequence[memoryview]) -> NDArray[Any]:
    if "type" in form:
        return _unpack_array(form, pieces)
    cells = _unpack_objects(form, pieces)
    column = np.empty(len(cells), object)
    column[:] = cells
    if "missing" in form:
        column[_unpack_array(form["missing"], pieces)] = NAN
    return column


def _pack_objects(cells: list[Any], pieces: Pieces) -> dict[str, Any]:
    """Texts or, where no byte is free to stand between them, or some are numbers, JSON."""
    form: dict[str, Any] = {"objects": len(pieces)}
    for separator in SEPARATORS:
        try:
            text = separator.join(cells)
        except TypeError:  # not all are texts
            break
        joined = text.encode(errors="surrogatepass")
        if _count(joined, separator) == len(cells) - 1:
            pieces.append(joined)
            return form | {"separator": separator}
    pieces.append(json.dumps(cells).encode())
    return form


def _count(data: bytes, byte: str) -> int:
    """How often a byte occurs; ``bytes.count`` takes four times as long."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord(byte)))


def _unpack_objects(form: dict[str, Any], pieces: Sequence[memoryview]) -> list[Any]:
    text = str(pieces[form["objects"]], "utf-8", "surrogatepass")
    if separator := form.get("separator"):
        return text.split(separator)
    cells: list[Any] = json.loads(text, parse_constant=CONSTANTS.__getitem__)
    return cells
