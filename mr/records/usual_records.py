"""Of a block of records that can't be read as a whole: those that can, and their features."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.block import Block
from mr.records.bulk import NAN_WITH_NOTE, as_objects, read_texts, without_missing
from mr.records.cells import NAN, WRITTEN, NotReadable, fits
from mr.records.quoting import Unquoted, irregular_records, unquote
from mr.records.rows import without_minus_zero
from mr.records.table_format import TEXTS, TableFormat

__all__ = ["UsualRecords", "find_usual_records", "read_usual_records"]

_LF, _PLUS, _MINUS = b"\n+-"
# of numbers, and of what stands for missing or infinite ones in any table
_OF_NUMBERS = b"0123456789+-.eE \t" + b"iInNfFtTyYaA/<>#QDuUlLoO"

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class UsualRecords:
    """Some of a block's records, unquoted, and their places in it."""

    unquoted: Unquoted
    places: Places

    def take(self, kept: Flags) -> "UsualRecords":
        """Those that are ``kept`` (n,)."""
        if kept.all():
            return self
        lines = self.unquoted.data.split(b"\n")
        data = b"".join([lines[place] + b"\n" for place in np.flatnonzero(kept).tolist()])
        return UsualRecords(replace(self.unquoted, data=data), self.places[kept])


def find_usual_records(block: Block, table: TableFormat) -> UsualRecords | None:
    """The records with regular quotes, as many fields as there are columns, and nothing but what
    numbers are written with where a number should be; None if that can't be told."""
    places = np.arange(len(block.numbers))
    separator = table.delimiter.encode()
    usual = UsualRecords(Unquoted(block.data, separator), places)
    if table.quotes and b'"' in block.data:
        places = np.flatnonzero(~irregular_records(block.data, separator))
        unquoted = unquote(block.take(places).data, separator) if len(places) else None
        if unquoted is None:
            return None
        usual = UsualRecords(unquoted, places)
    return usual.take(_look_usual(usual.unquoted, table))


def read_usual_records(
    usual: UsualRecords, table: TableFormat
) -> tuple[UsualRecords, list[Any]] | None:
    """Those of the records whose features can be read, and these; None if that can't be told."""
    texts = read_texts(usual.unquoted.data, table, usual.unquoted.separator)
    if texts is None:
        return None
    good = np.ones(len(usual.places), bool)
    columns = [
        _column(texts[name], kind, table, good)
        for name, kind in zip(table.features, table.kinds, strict=True)
    ]
    return usual.take(good), columns if good.all() else [column[good] for column in columns]


def _look_usual(unquoted: Unquoted, table: TableFormat) -> Flags:
    """Which of the n records have all fields, aren't the header, and could have numbers where
    numbers should be."""
    data, separator = unquoted.data, unquoted.separator
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets == _LF)
    between = np.flatnonzero(octets == separator[0])
    records = ends.searchsorted(between)
    usual: Flags = np.bincount(records, minlength=len(ends)) == len(table.columns) - 1
    header = table.header(separator)
    if header in data:
        usual &= np.array([line != header[:-1] for line in data.split(b"\n")[:-1]])
    if b"(" in data:
        found = [match.start() for match in NAN_WITH_NOTE.finditer(data)]
        usual[ends.searchsorted(found)] = False
    numbers = [
        place
        for place, kind in zip(table.places, table.kinds, strict=True)
        if kind in ("number", "integer")
    ]
    whole = np.flatnonzero(usual)
    if numbers and len(whole):
        inner = between[usual[records]].reshape(len(whole), -1)
        starts = np.concatenate([[0], ends[:-1] + 1])[whole]
        edges = np.column_stack([starts - 1, inner, ends[whole]])
        strange = np.cumsum(_strange(data, separator, table), dtype=np.int32)
        found_before = np.concatenate([strange, [0]])[edges]  # before the first byte, at -1: none
        usual[whole] = (np.diff(found_before)[:, numbers] == 0).all(axis=1)
    return usual


def _strange(data: bytes, separator: bytes, table: TableFormat) -> Flags:
    """Which bytes stand in no number: 1, else 0. Signs that aren't where a sign may be do neither,
    as in dates."""
    strange_bytes = bytearray(b"\1" * 256)
    texts = "".join([table.notation.decimal, table.notation.thousands, *table.also_missing])
    for code in _OF_NUMBERS + b"\n" + separator + texts.encode():
        strange_bytes[code] = 0
    strange = np.frombuffer(bytearray(data.translate(strange_bytes)), bool)
    if "-" not in texts and "+" not in texts:
        before_sign = np.zeros(256, bool)
        before_sign[list(b"eE \n#" + separator)] = True
        octets = np.frombuffer(data, np.uint8)
        signs = np.flatnonzero((octets == _MINUS) | (octets == _PLUS))
        strange[signs[~before_sign[octets[signs - 1]]]] = True
    return strange


def _column(texts: Any, kind: str, table: TableFormat, good: Flags) -> Any:
    """A feature of n records, as an array (n,); those whose text is none are no longer ``good``."""
    import pyarrow as pa
    from pyarrow import compute

    if kind != WRITTEN:
        missing = compute.is_in(texts, pa.array(sorted(table.missing)))
        texts = compute.if_else(missing, pa.scalar(None, pa.string()), texts)
    if kind in TEXTS:
        return as_objects(texts)
    if kind in ("number", "integer") and table.notation.is_standard:
        try:
            numbers = texts.cast(pa.float64()).to_numpy(zero_copy_only=False)
        except pa.ArrowInvalid:
            pass
        else:
            numbers = without_minus_zero(without_missing(numbers, table))
            if fits(numbers, kind):
                return numbers
    coded = texts.dictionary_encode()
    read = table.reader(kind)
    found: list[Any] = []
    unreadable: list[bool] = []
    for text in coded.dictionary.to_pylist():
        try:
            found.append(read(text) + 0)  # no minus zero
            unreadable.append(False)
        except NotReadable:
            found.append(NAN)
            unreadable.append(True)
    places = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    good &= ~np.array([*unreadable, False])[places]
    large = int in {*map(type, found)}
    return np.array([*found, NAN], object if large else np.float64)[places]
