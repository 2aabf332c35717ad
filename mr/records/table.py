"""Tables as text: the rows of a block, read by the fastest reader that can take all of them.

``read_numbers`` takes blocks of plain numbers, ``read_columns`` any block without quotes,
``read_rows`` every record by itself; what its fields are, the module ``cells`` says. The first two
give up (None) on a block with anything unusual in it; only the last one rejects records, and says
why.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.block import LINE_BREAK_IN_FIELD, Block, Reject
from mr.records.cells import FLAG, MISSING, READERS, WRITTEN, NotReadable, as_written, fits
from mr.records.split import MAX_RECORD
from mr.records.table_format import TEXTS, BadRecord, TableFormat, first_fields
from mr.records.tsv import escape_row

__all__ = ["Rows", "TableFormat", "first_fields", "read_columns", "read_features",
           "read_json_lines", "read_numbers", "read_rows"]  # fmt: skip

Floats = NDArray[np.float64]

csv.field_size_limit(MAX_RECORD)  # it raises for more than 128 KiB otherwise

NOT_CLOSED = "a quote is opened and not closed within 1 MiB"
_LINE_END = b"8e307"  # stands where a line ends among its numbers; short ones are read fast
_NAN_WITH_NOTE = re.compile(rb"nan\(", re.IGNORECASE)  # what C allows, and pyarrow with it


@dataclass(frozen=True)
class Rows:
    """n parsed records: their fields as TSV, their features, their lines.

    Features are an array (n, features) of floats, else a column (n,) each: of objects where they
    are texts or floats don't hold them.
    """

    fields: list[bytes]
    features: Any
    lines: list[int]


def read_numbers(data: bytes, table: TableFormat) -> Floats | None:
    """The features (n, features) of n lines that hold nothing but numbers.

    A JSON parser reads numbers several times as fast as CSV readers do, correctly rounded.
    """
    if not {*table.kinds} <= {"number", "integer", "boolean"}:
        return None
    if any(mark in data for mark in (b'"', b"[", b"{")):
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
    rows = values.reshape(lines, width).take(table.places, axis=1)
    if not (table.only_numbers or all(map(fits, rows.T, table.kinds))):
        return None
    return _without_minus_zero(rows)


def read_columns(data: bytes, table: TableFormat) -> list[Any] | None:
    """The features of n lines without quotes: an array (n,) for each, text or numbers."""
    if (table.quotes and b'"' in data) or b"\r" in data or _repeats_header(data, table):
        return None
    if b"(" in data and _NAN_WITH_NOTE.search(data):
        return None
    if {*TEXTS} <= {*table.kinds}:
        return None  # pyarrow knows missing texts in all columns or in none
    import pyarrow as pa
    from pyarrow import csv as arrow

    as_floats = ("number", "integer")
    types = {
        name: pa.float64() if kind in as_floats else pa.string()
        for name, kind in zip(table.features, table.kinds, strict=True)
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
                column_types=types,
                include_columns=list(table.features),
                null_values=sorted(MISSING),
                strings_can_be_null=WRITTEN not in table.kinds,
            ),
        )
        return [
            _column(column.combine_chunks(), kind)
            for column, kind in zip(read, table.kinds, strict=True)
        ]
    except (pa.ArrowInvalid, NotReadable):
        return None


def _column(column: Any, kind: str) -> Any:
    """What pyarrow has read, as an array (n,); raises NotReadable for what isn't of the kind."""
    if kind in TEXTS:
        texts = column.to_numpy(zero_copy_only=False)
        if column.null_count:
            texts[np.asarray(column.is_null())] = np.nan
        return texts
    if kind in ("boolean", FLAG):
        coded = column.dictionary_encode()
        found = [READERS[kind](text) for text in coded.dictionary.to_pylist()]
        places = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
        return np.array([*found, np.nan], np.float64)[places]
    numbers = column.to_numpy(zero_copy_only=False)
    if not fits(numbers, kind):
        raise NotReadable
    return _without_minus_zero(numbers)


def read_features(
    block: Block, table: TableFormat, *, json: bool
) -> tuple[Any, Sequence[int], list[Reject]]:
    """The features of a block's n rows, some of which are texts, by the fastest reader: an array
    (n,) for each; the rows' lines; and the records that aren't rows."""
    columns = read_columns(block.data, table) if block.data and not json else None
    if columns is not None:
        return columns, block.numbers, []
    rows, rejects = (read_json_lines if json else read_rows)(block, table)
    return rows.features, rows.lines, rejects


def read_rows(block: Block, table: TableFormat) -> tuple[Rows, list[Reject]]:
    """Read record by record; a reject's reason names the column."""
    return _read(block, table, lambda record: _split(_text(record), table), escape_row, MISSING)


def read_json_lines(block: Block, table: TableFormat) -> tuple[Rows, list[Reject]]:
    """Read a JSON object a line; what it lacks is missing, as null is. Keys that are no columns
    are left out, or kept together in the column for ``others``."""
    parser = _json_parser()
    names = table.columns[:-1] if table.others else table.columns
    known = set(names)

    def split(record: bytes) -> list[Any]:
        try:
            values = parser.parse(record, True)
        except (ValueError, RuntimeError):
            values = _parse_unusual(record)
        if not isinstance(values, dict):
            raise BadRecord("not a JSON object")
        row = [values.get(name) for name in names]
        if table.others:
            others = {key: value for key, value in values.items() if key not in known}
            row.append(others or "")
        return row

    def keep(values: list[Any]) -> bytes:
        return escape_row(list(map(as_written, values)))

    return _read(block, table, split, keep, frozenset())


@cache
def _json_parser() -> Any:
    """One parser for all blocks: it keeps its memory, which would take longer to get anew."""
    import simdjson

    return simdjson.Parser()


def _without_minus_zero(numbers: Floats) -> Floats:
    """As JSON's whole numbers have no minus zero, no reader gives one."""
    positive: Floats = numbers + 0.0
    return positive


def _repeats_header(data: bytes, table: TableFormat) -> bool:
    return table.header_may_pass and table.header in data


def _parse_unusual(record: bytes) -> Any:
    """Parse JSON that simdjson refuses: NaN, Infinity, numbers too large for it."""
    import json

    try:
        values = json.loads(record)
        json.dumps(values, ensure_ascii=False).encode()  # fails for half a surrogate pair
    except (ValueError, RecursionError) as error:
        raise BadRecord("not JSON", str(error)) from None
    return values


def _text(record: bytes) -> str:
    """The record with the line breaks of its fields."""
    return record.replace(LINE_BREAK_IN_FIELD, b"\n").decode()


def _split(record: str, table: TableFormat) -> list[str]:
    if not table.quotes or '"' not in record:
        fields = record.split(table.delimiter)
    else:
        try:
            (fields,) = csv.reader([record], delimiter=table.delimiter, strict=True)
        except csv.Error as error:
            (fields,) = csv.reader([record], delimiter=table.delimiter)
            column = table.columns[min(len(fields), len(table.columns)) - 1]
            told = str(error).replace("unexpected end of data", NOT_CLOSED)
            raise BadRecord(f"column {column}: broken quotes", told) from None
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


def _read(
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


def _as_arrays(rows: list[list[Any]], table: TableFormat) -> Any:
    """The features of all rows: an array (n, features), or where one isn't floats, (n,) each."""
    large = "integer" in table.kinds and any(int in map(type, row) for row in rows)
    if table.has_texts or large:
        columns: Sequence[Any] = list(zip(*rows, strict=True)) or [()] * len(table.features)
        return [
            np.array(column, object)
            if kind in TEXTS or int in map(type, column)
            else _without_minus_zero(np.array(column, np.float64))
            for column, kind in zip(columns, table.kinds, strict=True)
        ]
    numbers = np.array(rows, np.float64).reshape(len(rows), len(table.features))
    return _without_minus_zero(numbers)
