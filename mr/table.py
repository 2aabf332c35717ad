"""Tables as text: the rows of a block, read by the fastest reader that can take all of them.

``read_numbers`` takes blocks of plain numbers, ``read_columns`` any block without quotes,
``read_rows`` every record by itself. The first two give up (None) on a block with anything
unusual in it; only the last one rejects records, and says why.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.block import Block, Reject

__all__ = ["Rows", "Table", "read_columns", "read_json_lines", "read_numbers", "read_rows"]

Floats = NDArray[np.float64]

_LINE_END = np.finfo(np.float64).min  # stands where a line ends among its numbers


@dataclass(frozen=True)
class Table:
    """How a table is written, and which of its columns are features."""

    columns: tuple[str, ...]
    delimiter: str
    quotes: bool
    features: tuple[str, ...]
    text_features: tuple[str, ...] = ()

    @property
    def places(self) -> list[int]:
        """Where each feature stands among the columns."""
        return [self.columns.index(name) for name in self.features]


@dataclass(frozen=True)
class Rows:
    """n parsed records: their fields as text, their features (a column each), their lines."""

    fields: list[list[str]]
    features: list[Any]
    lines: list[int]


def read_numbers(data: bytes, table: Table) -> Floats | None:
    """The features (n, features) of n lines that hold nothing but numbers.

    A JSON parser reads numbers several times as fast as CSV readers do, correctly rounded.
    """
    delimiter = table.delimiter.encode()
    if table.text_features or any(mark in data for mark in (b'"', b"[", b"{")):
        return None
    if delimiter != b",":
        if b"," in data:
            return None
        data = data.replace(delimiter, b",")
    import simdjson

    numbers = data.replace(b"\n", b",%r," % float(_LINE_END))
    try:
        # the last line's comma is followed by one more number, which is cut off again
        parsed: Any = simdjson.Parser().parse(b"[" + numbers + b"0]")
        values = np.frombuffer(parsed.as_buffer(of_type="d"))[:-1]
    except (ValueError, TypeError, RuntimeError):
        return None
    ends = values == _LINE_END
    width = len(table.columns) + 1
    lines = data.count(b"\n")
    if len(values) != lines * width or np.count_nonzero(ends) != lines:
        return None
    if not ends[width - 1 :: width].all():
        return None
    rows = values.reshape(lines, width)
    places = table.places
    if places == list(range(len(places))):
        return rows[:, : len(places)]
    return rows[:, places]


def read_columns(data: bytes, table: Table) -> list[Any] | None:
    """The features of n lines without quotes: an array (n,) for each, text or numbers."""
    if table.quotes and b'"' in data:
        return None
    import pyarrow as pa
    from pyarrow import csv as arrow

    types = {
        name: pa.string() if name in table.text_features else pa.float64()
        for name in table.features
    }
    try:
        read = arrow.read_csv(
            io.BytesIO(data),
            arrow.ReadOptions(
                column_names=list(table.columns), use_threads=False, block_size=len(data) + 1
            ),
            arrow.ParseOptions(
                delimiter=table.delimiter, quote_char=False, ignore_empty_lines=False
            ),
            arrow.ConvertOptions(
                column_types=types, include_columns=list(table.features), null_values=[""]
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [column.to_numpy(zero_copy_only=False) for column in (c.combine_chunks() for c in read)]


def read_rows(block: Block, table: Table) -> tuple[Rows, list[Reject]]:
    """Read record by record; a reject's reason names the column."""
    kept: list[list[str]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    for line, record in zip(block.numbers, block.records, strict=True):
        try:
            fields = _split(record.decode(), table)
        except _BadRecord as bad:
            rejects.append(Reject(line, *bad.args))
        else:
            kept.append(fields)
            lines.append(line)
    return _convert(kept, lines, table, rejects)


def read_json_lines(block: Block, table: Table) -> tuple[Rows, list[Reject]]:
    """Read a JSON object a line; columns that it lacks are empty, others are refused."""
    import simdjson

    parser = simdjson.Parser()
    kept: list[list[Any]] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    known = set(table.columns)
    for line, record in zip(block.numbers, block.records, strict=True):
        try:
            values = parser.parse(record, True)
        except (ValueError, RuntimeError) as error:
            rejects.append(Reject(line, "not JSON", str(error)))
            continue
        if not isinstance(values, dict):
            rejects.append(Reject(line, "not a JSON object"))
        elif others := values.keys() - known:
            rejects.append(Reject(line, "unknown column", f"{min(others)!r}"))
        else:
            kept.append([values.get(name) for name in table.columns])
            lines.append(line)
    return _convert(kept, lines, table, rejects)


class _BadRecord(Exception):
    """Carries a reject's reason and detail."""


def _split(record: str, table: Table) -> list[str]:
    if not table.quotes or '"' not in record:
        fields = record.split(table.delimiter)
    else:
        try:
            (fields,) = csv.reader([record], delimiter=table.delimiter, strict=True)
        except csv.Error as error:
            (fields,) = csv.reader([record], delimiter=table.delimiter)
            column = table.columns[min(len(fields), len(table.columns)) - 1]
            raise _BadRecord(f"column {column}: broken quotes", str(error)) from None
    width = len(table.columns)
    if len(fields) < width:
        raise _BadRecord(
            f"column {table.columns[len(fields)]}: missing", f"{len(fields)} of {width} fields"
        )
    if len(fields) > width:
        raise _BadRecord(
            f"after column {table.columns[-1]}: too many fields", f"{len(fields)}, not {width}"
        )
    if tuple(fields) == table.columns:
        raise _BadRecord(f"column {table.columns[0]}: the header again")
    return fields


def _convert(
    kept: list[list[Any]], lines: list[int], table: Table, rejects: list[Reject]
) -> tuple[Rows, list[Reject]]:
    rows: list[list[Any]] = []
    fields: list[list[str]] = []
    good: list[int] = []
    places = list(zip(table.features, table.places, strict=True))
    for line, record in zip(lines, kept, strict=True):
        try:
            rows.append(
                [
                    _as_text(record[place])
                    if name in table.text_features
                    else _as_number(record[place], name)
                    for name, place in places
                ]
            )
        except _BadRecord as bad:
            rejects.append(Reject(line, *bad.args))
        else:
            fields.append([_as_text(value) for value in record])
            good.append(line)
    features: list[Any] = [
        np.array(column, object if name in table.text_features else np.float64)
        for name, column in zip(table.features, _columns(rows, len(places)), strict=True)
    ]
    return Rows(fields, features, good), rejects


def _columns(rows: list[list[Any]], width: int) -> Sequence[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _as_number(value: Any, column: str) -> float:
    if value is None or value == "":
        return float("nan")
    try:
        if isinstance(value, str) and "_" in value:  # which float() would allow
            raise ValueError(value)
        return float(value)
    except (ValueError, TypeError):
        raise _BadRecord(f"column {column}: not a number", repr(value)[:100]) from None


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    import json

    return json.dumps(value, ensure_ascii=False)
