"""Blocks of unquoted records read as a whole, by a parser of JSON or of CSV: fast, and only where
nothing in them is unusual."""

import io
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from mr.records.block import LINE_BREAK_IN_FIELD
from mr.records.cells import FLAG, WRITTEN, NotReadable, fits
from mr.records.json_lines import json_parser
from mr.records.quoting import free_byte
from mr.records.rows import Floats, without_minus_zero
from mr.records.table_format import NUMBERS, TEXTS, TableFormat
from mr.records.tsv import substitute

__all__ = ["NAN_WITH_NOTE", "as_objects", "read_columns", "read_numbers", "read_texts",
           "without_missing"]  # fmt: skip

NAN_WITH_NOTE = re.compile(rb"nan\(", re.IGNORECASE)  # what C allows, and pyarrow with it
_LINE_END = b"8e307"  # stands where a line ends among its numbers; short ones are read fast


def read_numbers(data: bytes, table: TableFormat, separator: bytes = b"") -> Floats | None:
    """The features (n, features) of n lines that hold nothing but numbers, between ``separator``
    (the table's delimiter, if none is given).

    A JSON parser reads numbers several times as fast as CSV readers do, correctly rounded.
    """
    if not ({*table.kinds} <= {*NUMBERS} and table.missing_are_told_by_value):
        return None
    if any(mark in data for mark in (b'"', b"[", b"{")):
        return None
    numbers = _with_commas(data, table, separator or table.delimiter.encode())
    if numbers is None:
        return None
    numbers = numbers.replace(b"\n", b"," + _LINE_END + b",")
    try:
        # the last line's comma is followed by one more number, which is cut off again
        parsed: Any = json_parser().parse(b"[" + numbers + b"0]")
        values = np.frombuffer(parsed.as_buffer(of_type="d"))[:-1]
    except (ValueError, TypeError, RuntimeError):
        return None
    width = len(table.columns) + 1
    ends = values == float(_LINE_END)
    lines = np.count_nonzero(ends)
    if len(values) != lines * width or not ends[width - 1 :: width].all():
        return None
    if table.may_repeat_header(data, separator):
        return None
    rows = without_missing(values.reshape(lines, width).take(table.places, axis=1), table)
    if not (table.only_numbers or all(map(fits, rows.T, table.kinds))):
        return None
    return without_minus_zero(rows)


def read_columns(data: bytes, table: TableFormat, separator: bytes = b"") -> list[Any] | None:
    """The features of n lines without quotes, between ``separator`` (the table's delimiter, if
    none is given): an array (n,) for each, text or numbers."""
    if (table.quotes and not separator and b'"' in data) or {*TEXTS} <= {*table.kinds}:
        return None  # pyarrow knows missing texts in all columns or in none
    if table.may_repeat_header(data, separator):
        return None
    if b"(" in data and NAN_WITH_NOTE.search(data):
        return None
    separator = separator or table.delimiter.encode()
    pairs = list(zip(table.features, table.kinds, strict=True))
    texts = [name for name, kind in pairs if kind in TEXTS]
    bare = table.notation.without_thousands(data, separator)
    if bare is not data and not table.missing_are_told_by_value:
        return None
    try:
        if bare is data or not texts:
            read = _read_csv(bare, table, separator, table.features)
        else:
            others = [name for name, kind in pairs if kind not in TEXTS]
            read = _read_csv(data, table, separator, texts)
            read |= _read_csv(bare, table, separator, others)
        return [_column(read[name], kind, table) for name, kind in pairs]
    except (ValueError, NotReadable):  # pyarrow's errors are ValueErrors
        return None


def read_texts(data: bytes, table: TableFormat, separator: bytes) -> dict[str, Any] | None:
    """The features of n lines as arrow's arrays of texts, none of which is missing."""
    try:
        return _read_csv(data, table, separator, table.features, as_texts=True)
    except ValueError:
        return None


def _read_csv(
    data: bytes,
    table: TableFormat,
    separator: bytes,
    names: Sequence[str],
    *,
    as_texts: bool = False,
) -> dict[str, Any]:
    import pyarrow as pa
    from pyarrow import compute, csv

    kinds = dict(zip(table.features, table.kinds, strict=True))
    of_numbers = () if as_texts else ("number", "integer")
    types = {name: pa.float64() if kinds[name] in of_numbers else pa.string() for name in names}
    carriage_return = b""
    if b"\r" in data:  # which pyarrow would take for a line end
        carriage_return = free_byte(data, separator) or b""
        if not carriage_return:
            raise ValueError
        data = data.replace(b"\r", carriage_return)
    read = csv.read_csv(
        io.BytesIO(data),
        csv.ReadOptions(
            column_names=list(table.columns), use_threads=False, block_size=len(data) + 1
        ),
        csv.ParseOptions(delimiter=separator.decode(), quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=types,
            include_columns=list(names),
            null_values=[] if as_texts else sorted(table.missing),
            strings_can_be_null=not as_texts and WRITTEN not in kinds.values(),
            decimal_point=table.notation.decimal,
        ),
    )
    columns = {name: read.column(name).combine_chunks() for name in names}
    meant = {carriage_return: "\r", LINE_BREAK_IN_FIELD: "\n"}
    for byte, character in meant.items():
        if byte and byte in data:
            for name, kind in types.items():
                if kind == pa.string():
                    columns[name] = compute.replace_substring(
                        columns[name], byte.decode(), character
                    )
    return columns


def _column(column: Any, kind: str, table: TableFormat) -> Any:
    """What pyarrow has read, as an array (n,); raises NotReadable for what isn't of the kind."""
    if kind in TEXTS:
        return as_objects(column)
    if kind in ("boolean", FLAG):
        coded = column.dictionary_encode()
        read = table.reader(kind)
        found = [read(text) for text in coded.dictionary.to_pylist()]
        places = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
        return without_minus_zero(np.array([*found, np.nan], np.float64)[places])
    numbers = without_missing(column.to_numpy(zero_copy_only=False), table)
    if not fits(numbers, kind):
        raise NotReadable
    return without_minus_zero(numbers)


def as_objects(column: Any) -> Any:
    """Arrow's texts as an array (n,) of objects, NaN where there is none."""
    texts = column.to_numpy(zero_copy_only=False)
    if column.null_count:
        texts[np.asarray(column.is_null())] = np.nan
    return texts


def without_missing(numbers: Floats, table: TableFormat) -> Floats:
    """Numbers, NaN for those that the table writes for missing values."""
    if not table.missing_numbers:
        return numbers
    known: Floats = np.where(np.isin(numbers, table.missing_numbers), np.nan, numbers)
    return known


def _with_commas(data: bytes, table: TableFormat, separator: bytes) -> bytes | None:
    """Numbers with commas between them, and points in them; None if others are there."""
    notation = table.notation
    if notation.thousands:
        data = notation.without_thousands(data, separator)
    if notation.decimal != "." and b"." in data:
        return None
    if separator != b",":
        if notation.decimal == ",":
            data = substitute(data, b",", b".")
        elif b"," in data:
            return None
        data = data.replace(separator, b",")
    elif notation.decimal == ",":
        return None
    if notation.decimal not in ".,":
        return None
    return data
