"""Tables as text: the rows of a block, read by the fastest reader that can take all of them.

``read_numbers`` takes blocks of plain numbers, ``read_columns`` any block without quotes,
``read_rows`` every record by itself. The first two give up (None) on a block with anything
unusual in it; only the last one rejects records, and says why.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.block import Block, Reject
from mr.scorer import escape_row

__all__ = ["Rows", "Table", "first_fields", "read_columns", "read_features", "read_json_lines",
           "read_numbers", "read_rows"]  # fmt: skip

Floats = NDArray[np.float64]

DELIMITERS = (",", "\t", ";")
_LINE_END = b"8e307"  # stands where a line ends among its numbers; short ones are read fast
_NAN_WITH_NOTE = re.compile(rb"nan\(", re.IGNORECASE)  # what C allows, and pyarrow with it


@dataclass(frozen=True)
class Table:
    """How a table is written, and which of its columns are features."""

    columns: tuple[str, ...]
    delimiter: str
    quotes: bool
    features: tuple[str, ...]
    text_features: tuple[str, ...] = ()

    @cached_property
    def places(self) -> list[int]:
        """Where each feature stands among the columns."""
        return [self.columns.index(name) for name in self.features]

    @cached_property
    def header(self) -> bytes:
        """The names of the columns as a record would have them."""
        return self.delimiter.join(self.columns).encode() + b"\n"

    @cached_property
    def header_may_pass(self) -> bool:
        """Whether the header, met among the records, could be taken for one of them."""
        numbers = [name for name in self.features if name not in self.text_features]
        return all(map(_is_number, numbers))


@dataclass(frozen=True)
class Rows:
    """n parsed records: their fields as TSV, their features, their lines.

    Features are an array (n, features) where all are numbers, else a column (n,) each.
    """

    fields: list[bytes]
    features: Any
    lines: list[int]


def first_fields(line: str) -> tuple[str, str, list[str]]:
    """What a table's first line tells: how it is written (``csv``, ``tsv`` or ``json``), its
    delimiter, and the line's fields, or the names in its object.

    Raises ValueError for what begins like JSON and isn't.
    """
    if line.lstrip().startswith("{"):
        import json

        return "json", "", list(json.loads(line))
    delimiter = max(DELIMITERS, key=line.count)
    form = "tsv" if delimiter == "\t" else "csv"
    if form == "csv" and '"' in line:
        (fields,) = csv.reader([line], delimiter=delimiter)
        return form, delimiter, fields
    return form, delimiter, line.split(delimiter)


def read_numbers(data: bytes, table: Table) -> Floats | None:
    """The features (n, features) of n lines that hold nothing but numbers.

    A JSON parser reads numbers several times as fast as CSV readers do, correctly rounded.
    """
    if table.text_features or any(mark in data for mark in (b'"', b"[", b"{")):
        return None
    delimiter = table.delimiter.encode()
    numbers = data.replace(b"\n", b"," + _LINE_END + b",")
    if delimiter != b",":
        if b"," in data:
            return None
        numbers = numbers.replace(delimiter, b",")
    try:
        # the last line's comma is followed by one more number, which is cut off again
        parsed: Any = _json_parser().parse(b"[" + numbers + b"0]")
        values = np.frombuffer(parsed.as_buffer(of_type="d"))[:-1]
    except (ValueError, TypeError, RuntimeError):
        return None
    width = len(table.columns) + 1
    ends = values == float(_LINE_END)
    lines = np.count_nonzero(ends)
    if len(values) != lines * width or not ends[width - 1 :: width].all():
        return None
    if _repeats_header(data, table):
        return None
    return _without_minus_zero(values.reshape(lines, width).take(table.places, axis=1))


def read_columns(data: bytes, table: Table) -> list[Any] | None:
    """The features of n lines without quotes: an array (n,) for each, text or numbers."""
    if (table.quotes and b'"' in data) or b"\r" in data or _repeats_header(data, table):
        return None
    if b"(" in data and _NAN_WITH_NOTE.search(data):
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
    columns = (column.combine_chunks().to_numpy(zero_copy_only=False) for column in read)
    return [
        column if name in table.text_features else _without_minus_zero(column)
        for name, column in zip(table.features, columns, strict=True)
    ]


def read_features(
    block: Block, table: Table, *, json: bool
) -> tuple[Any, Sequence[int], list[Reject]]:
    """The features of a block's n rows, some of which are texts, by the fastest reader: an array
    (n,) for each; the rows' lines; and the records that aren't rows."""
    columns = read_columns(block.data, table) if block.data and not json else None
    if columns is not None:
        return columns, block.numbers, []
    rows, rejects = (read_json_lines if json else read_rows)(block, table)
    return rows.features, rows.lines, rejects


def read_rows(block: Block, table: Table) -> tuple[Rows, list[Reject]]:
    """Read record by record; a reject's reason names the column."""
    return _read(block, table, lambda record: _split(record.decode(), table), escape_row)


def read_json_lines(block: Block, table: Table) -> tuple[Rows, list[Reject]]:
    """Read a JSON object a line; columns that it lacks are empty, others are refused."""
    parser = _json_parser()
    known = set(table.columns)

    def split(record: bytes) -> list[Any]:
        try:
            values = parser.parse(record, True)
        except (ValueError, RuntimeError):
            values = _parse_unusual(record)
        if not isinstance(values, dict):
            raise _BadRecord("not a JSON object")
        if others := values.keys() - known:
            raise _BadRecord("unknown column", repr(min(others)))
        return [values.get(name) for name in table.columns]

    return _read(block, table, split, lambda values: escape_row(list(map(_as_text, values))))


@cache
def _json_parser() -> Any:
    """One parser for all blocks: it keeps its memory, which would take longer to get anew."""
    import simdjson

    return simdjson.Parser()


def _without_minus_zero(numbers: Floats) -> Floats:
    """As JSON's whole numbers have no minus zero, no reader gives one."""
    positive: Floats = numbers + 0.0
    return positive


class _BadRecord(Exception):
    """Carries a reject's reason and detail."""


def _repeats_header(data: bytes, table: Table) -> bool:
    return table.header_may_pass and table.header in data


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parse_unusual(record: bytes) -> Any:
    """Parse JSON that simdjson refuses: NaN, Infinity, numbers too large for it."""
    import json

    try:
        values = json.loads(record)
        json.dumps(values, ensure_ascii=False).encode()  # fails for half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise _BadRecord("not JSON", str(error)) from None
    return values


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


def _read(
    block: Block,
    table: Table,
    split: Callable[[bytes], list[Any]],
    keep: Callable[[list[Any]], bytes],
) -> tuple[Rows, list[Reject]]:
    """Read the records that ``split`` parts into the table's columns and ``keep`` writes."""
    rows: list[list[Any]] = []
    fields: list[bytes] = []
    lines: list[int] = []
    rejects: list[Reject] = []
    for line, record in zip(block.numbers, block.records, strict=True):
        try:
            values = split(record)
            row = _features(values, table, plain=b"_" not in record)
        except _BadRecord as bad:
            rejects.append(Reject(line, *bad.args))
        else:
            rows.append(row)
            fields.append(keep(values))
            lines.append(line)
    if not table.text_features:
        numbers = np.array(rows, np.float64).reshape(len(rows), len(table.features))
        return Rows(fields, _without_minus_zero(numbers), lines), rejects
    columns: Sequence[Any] = list(zip(*rows, strict=True)) or [()] * len(table.features)
    features = [
        np.array(column, object)
        if name in table.text_features
        else _without_minus_zero(np.array(column, np.float64))
        for name, column in zip(table.features, columns, strict=True)
    ]
    return Rows(fields, features, lines), rejects


def _features(values: list[Any], table: Table, plain: bool) -> list[Any]:
    """Pick the features; where all are numbers that ``float`` may read, without a look at each."""
    if plain and not table.text_features:
        try:
            return [float(values[place]) for place in table.places]
        except (ValueError, TypeError, OverflowError):
            pass  # one is missing or isn't a number
    return [
        _as_text(values[place]) if name in table.text_features else _as_number(values[place], name)
        for name, place in zip(table.features, table.places, strict=True)
    ]


def _as_number(value: Any, column: str) -> float:
    if value is None or value == "":
        return float("nan")
    try:
        if isinstance(value, str) and "_" in value:  # 1_000 is a number to float() alone
            raise ValueError(value)
        return float(value)
    except (ValueError, TypeError, OverflowError):
        raise _BadRecord(f"column {column}: not a number", repr(value)[:100]) from None


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) in (int, float):
        return repr(value)
    import json

    return json.dumps(value, ensure_ascii=False)
