"""Records read one by one: what is wrong with one is told by its column.

This is what every faster way to read a table is held to.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.block import LINE_BREAK_IN_FIELD, Block, Reject
from mr.records.split import MAX_RECORD
from mr.records.table_format import TEXTS, BadRecord, TableFormat
from mr.records.tsv import escape_row

__all__ = ["Floats", "Rows", "merge", "read_each", "read_rows", "without_minus_zero"]

Floats = NDArray[np.float64]

LINE_BREAK = LINE_BREAK_IN_FIELD.decode()
NOT_CLOSED = "a quote is opened and not closed where a field ends"
# csv.reader takes a carriage return for a line's end; this stands for it, and is in no UTF-8
CARRIAGE_RETURN = "\udc0d"

csv.field_size_limit(MAX_RECORD + 1)


@dataclass(frozen=True)
class Rows:
    """n parsed records: their fields as TSV, their features, their lines.

    Features are an array (n, features) of floats, else a column (n,) each: of objects where they
    are texts or floats don't hold them.
    """

    fields: list[bytes]
    features: Any
    lines: Sequence[int]


def read_rows(block: Block, table: TableFormat) -> tuple[Rows, list[Reject]]:
    """Read record by record; a reject's reason names the column."""
    return read_each(
        block, table, lambda record: _split(record.decode(), table), escape_row, table.missing
    )


def read_each(
    block: Block,
    table: TableFormat,
    split: Callable[[bytes], list[Any]],
    keep: Callable[[list[Any]], bytes],
    missing: frozenset[str],
) -> tuple[Rows, list[Reject]]:
    """Read the records that ``split`` parts into the table's columns and ``keep`` writes."""
    rows: list[list[Any]] = []
    fields: list[bytes] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    for line, record in zip(block.numbers, block.records, strict=True):
        try:
            values = split(record)
            row = table.pick(values, missing, plain=b"_" not in record)
        except BadRecord as bad:
            rejects.append(Reject(line, *bad.args))
        else:
            rows.append(row)
            fields.append(keep(values))
            lines.append(line)
    return Rows(fields, _as_arrays(rows, table), lines), rejects


def merge(some: Rows, others: Rows) -> Rows:
    """The rows of both, in the order of their lines."""
    if not others.lines:
        return some
    lines = np.concatenate([np.asarray(some.lines), np.asarray(others.lines)]).astype(np.intp)
    order = np.argsort(lines)
    fields = some.fields + others.fields
    if isinstance(some.features, np.ndarray) and isinstance(others.features, np.ndarray):
        features: Any = np.concatenate([some.features, others.features])[order]
    else:
        pairs = zip(_columns(some), _columns(others), strict=True)
        features = [np.concatenate(pair)[order] for pair in pairs]
    kept = [fields[place] for place in order.tolist()] if fields else fields
    return Rows(kept, features, lines[order].tolist())


def without_minus_zero(numbers: Floats) -> Floats:
    """As JSON's whole numbers have no minus zero, no reader gives one."""
    positive: Floats = numbers + 0.0
    return positive


def _columns(rows: Rows) -> Sequence[NDArray[Any]]:
    features = rows.features
    return list(features.T) if isinstance(features, np.ndarray) else features


def _split(record: str, table: TableFormat) -> list[str]:
    fields = _fields(record, table)
    width = len(table.columns)
    if len(fields) < width:
        raise BadRecord(
            f"column {table.columns[len(fields)]}: missing", f"{len(fields)} of {width} fields"
        )
    if len(fields) > width:
        raise BadRecord(
            f"after column {table.columns[-1]}: too many fields", f"{len(fields)}, not {width}"
        )
    if tuple(fields) == table.columns:
        raise BadRecord(f"column {table.columns[0]}: the header again")
    return fields


def _fields(record: str, table: TableFormat) -> list[str]:
    if not table.quotes or '"' not in record:
        fields = record.split(table.delimiter)
    else:
        record = record.replace("\r", CARRIAGE_RETURN)
        try:
            (fields,) = csv.reader([record], delimiter=table.delimiter, strict=True)
        except csv.Error as error:
            (fields,) = csv.reader([record], delimiter=table.delimiter)
            column = table.columns[min(len(fields), len(table.columns)) - 1]
            told = str(error).replace("unexpected end of data", NOT_CLOSED)
            raise BadRecord(f"column {column}: broken quotes", told) from None
        if CARRIAGE_RETURN in record:
            fields = [field.replace(CARRIAGE_RETURN, "\r") for field in fields]
    if LINE_BREAK in record:
        fields = [field.replace(LINE_BREAK, "\n") for field in fields]
    return fields


def _as_arrays(rows: list[list[Any]], table: TableFormat) -> Any:
    """The features of all rows: an array (n, features), or where one isn't floats, (n,) each."""
    large = "integer" in table.kinds and any(int in map(type, row) for row in rows)
    if table.has_texts or large:
        columns: Sequence[Any] = list(zip(*rows, strict=True)) or [()] * len(table.features)
        return [
            np.array(column, object)
            if kind in TEXTS or int in map(type, column)
            else without_minus_zero(np.array(column, np.float64))
            for column, kind in zip(columns, table.kinds, strict=True)
        ]
    numbers = np.array(rows, np.float64).reshape(len(rows), len(table.features))
    return without_minus_zero(numbers)
