"""A block of a columnar file: rows in columns, some of which can't be records."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.block import Block, Reject, parse_block
from mr.records.raw_block import RawBlock

__all__ = ["Columns", "InputBlock", "parse_records"]


class Columns(Block):
    """n rows: ``columns`` has each (n,) by its name, as arrays of pyarrow; ``numbers``
    are the rows' places in the block that was read. As bytes, a row is TSV."""

    columns: Mapping[str, Any]
    has_line_breaks = False

    def __init__(self, columns: Mapping[str, Any], numbers: Sequence[int]) -> None:
        vars(self).update(columns=columns, numbers=numbers)

    @cached_property
    def data(self) -> bytes:
        """The rows as TSV, each followed by a newline."""
        return b"".join([row + b"\n" for row in self.records])

    @cached_property
    def records(self) -> list[bytes]:
        """The rows as TSV."""
        return self.tsv([*self.columns])

    @property
    def length(self) -> int:
        """How many rows there are."""
        return len(self.numbers)

    @cached_property
    def record_starts(self) -> NDArray[np.int64]:
        """The places of n rows, and of one after the last (n + 1,)."""
        return np.arange(self.length + 1)

    @property
    def lines_before(self) -> NDArray[np.int64]:
        """The same: a row counts as a line."""
        return self.record_starts

    def records_at(self, places: Sequence[int]) -> list[bytes]:
        """Some rows as TSV, by their places, in ascending order."""
        return self.take(np.array(places, np.intp)).records

    def tsv(self, names: Sequence[str]) -> list[bytes]:
        """Some columns of each row as escaped TSV."""
        from mr.columnar.texts import rows_as_tsv

        key = tuple(names)
        if key not in self._written:  # several models may ask for the same
            columns = [self.columns[name] for name in names]
            self._written[key] = rows_as_tsv(columns, len(self.numbers))
        return self._written[key]

    @cached_property
    def _written(self) -> dict[tuple[str, ...], list[bytes]]:
        return {}

    def feature(self, name: str, kind: str) -> tuple[NDArray[Any], dict[int, str]]:
        """A column's values (n,), and what those rows aren't that can't be of the ``kind``."""
        from mr.columnar.values import as_feature

        return as_feature(self.columns[name], kind)

    def take(self, rows: NDArray[np.intp]) -> "Columns":
        """Some of the rows, by their places, in ascending order."""
        if len(rows) == len(self.numbers):
            return self
        columns = {name: column.take(rows) for name, column in self.columns.items()}
        return Columns(columns, [self.numbers[row] for row in rows.tolist()])


InputBlock = RawBlock | Columns  # as it was read: whole records as lines, or rows


def parse_records(raw: InputBlock) -> tuple[Block, list[Reject]]:
    """The records of a block as it was read, and what can't be any."""
    return _check(raw) if isinstance(raw, Columns) else parse_block(raw.data, raw.starts)


def _check(read: Columns) -> tuple[Columns, list[Reject]]:
    """The rows whose texts can be written as records: UTF-8, without NUL."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rejects: dict[int, Reject] = {}
    for name, column in read.columns.items():
        if not pa.types.is_string(column.type):
            continue
        try:
            column.validate(full=True)
            suspect = pc.any(pc.match_substring(column, "\0")).as_py()
        except pa.ArrowInvalid:
            suspect = True
        for row, why in _unusable(column) if suspect else ():
            rejects.setdefault(row, Reject(row, why, f"column {name}"))
    if not rejects:
        return read, []
    good = [row for row in range(len(read.numbers)) if row not in rejects]
    return read.take(np.array(good, np.intp)), [rejects[row] for row in sorted(rejects)]


def _unusable(column: Any) -> Iterator[tuple[int, str]]:
    """The rows whose text isn't one, and why."""
    import pyarrow as pa

    for row, value in enumerate(column.cast(pa.binary()).to_pylist()):
        if value and b"\0" in value:
            yield row, "NUL byte"
        try:
            (value or b"").decode()
        except UnicodeDecodeError:
            yield row, "invalid UTF-8"
