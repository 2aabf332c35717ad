"""What a Parquet or Feather file says of itself at its end: its columns, and where its rows are."""

import hashlib
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any, Protocol

__all__ = ["FEATHER", "PARQUET", "Footer", "RowGroup", "UnreadableFile", "format_of", "read_footer"]

PARQUET, FEATHER = "Parquet", "Feather"
MAGIC = {b"PAR1": PARQUET, b"PARE": PARQUET, b"ARROW1": FEATHER, b"FEA1": FEATHER}
ENCRYPTED, FIRST_FEATHER = b"PARE", b"FEA1"
BLOCK = struct.Struct("<qi4xq")  # where a record batch is: offset, bytes of metadata, of its body
SPACE = 0x20
CONTINUATION = 8  # bytes before a batch's metadata
RECORD_BATCHES, HEADER = 3, 2  # fields' places in Arrow's tables Footer and Message


class SeekableFile(Protocol):
    """What is needed of a file to read its footer."""

    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def read(self, size: int, /) -> Any: ...


class UnreadableFile(ValueError):
    """Says what is wrong with a file, in words that follow its name."""


@dataclass(frozen=True)
class RowGroup:
    """A row group of Parquet, or a record batch of Feather: the file's byte at which it starts,
    and its rows."""

    start: int
    rows: int


@dataclass(frozen=True)
class Footer:
    """``format``: Parquet or Feather; ``schema``: the file's columns; ``groups`` in the file's
    order; ``sha256`` of the footer's bytes."""

    format: str
    schema: Any
    groups: Sequence[RowGroup]
    sha256: str

    @property
    def names(self) -> list[str]:
        """What the columns are called, fields of structs by themselves."""
        from mr.columnar.plain import flat_fields

        return [name for name, _ in flat_fields(self.schema)]

    @property
    def rows(self) -> int:
        return sum(group.rows for group in self.groups)


def format_of(head: bytes) -> str:
    """What a file that begins so is, if it is Parquet or Feather; else nothing."""
    known = (name for magic, name in MAGIC.items() if head.startswith(magic))
    has_numbers = any(byte < SPACE and byte not in b"\t\r\n" for byte in head[4:9])
    return next(known, "") if has_numbers else ""


def read_footer(file: SeekableFile) -> Footer:
    """The footer of a file that ``format_of`` knows, by as few bytes of it as that takes.

    Raises UnreadableFile for one that is cut off, encrypted or damaged.
    """
    from pyarrow import ArrowException

    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(8)
    if head.startswith(FIRST_FEATHER):
        raise UnreadableFile(
            "is of Feather's first version, which pandas wrote before 2020:"
            " pandas.read_feather(FILE).to_parquet(NEW) makes a file that can be used"
        )
    format = format_of(head)
    end, magic = (b"PAR1", 4) if format == PARQUET else (b"ARROW1", 6)
    file.seek(max(size - magic - 4, 0))
    tail = file.read(magic + 4)
    if head.startswith(ENCRYPTED) and tail.endswith(ENCRYPTED):
        raise UnreadableFile("is encrypted, and tasks have no key: decrypt it first")
    if not tail.endswith(end):
        raise UnreadableFile(
            f"is cut off: a {format} file ends with {end.decode()}, and its last bytes are"
            f" {tail[-magic:]!r}; copy or write it again"
        )
    length = int.from_bytes(tail[:4], "little", signed=True)
    start = size - magic - 4 - length
    if length <= 0 or start < magic:
        raise UnreadableFile(f"is damaged: its footer can't have {length:,} bytes")
    file.seek(start)
    footer = file.read(length)
    try:
        read = _of_parquet if format == PARQUET else _of_feather
        schema, groups = read(file, footer)
    except UnreadableFile:
        raise
    except (ArrowException, OSError, ValueError, struct.error, IndexError) as error:
        words = " ".join(str(error).split())
        if "ncrypt" in words:
            raise UnreadableFile("has encrypted columns, and tasks have no key") from None
        raise UnreadableFile(f"is damaged: {words}") from None
    return Footer(format, schema, _in_order(groups), hashlib.sha256(footer).hexdigest())


def _in_order(groups: Sequence[RowGroup]) -> list[RowGroup]:
    """The same where groups don't stand in the order of their rows: one begins no sooner than those
    before it."""
    starts = accumulate((group.start for group in groups), max)
    return [replace(group, start=start) for group, start in zip(groups, starts, strict=True)]


def _of_parquet(file: SeekableFile, footer: bytes) -> tuple[Any, list[RowGroup]]:
    import pyarrow as pa
    from pyarrow import parquet

    # a file of nothing but its end
    whole = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    opened = parquet.ParquetFile(pa.BufferReader(whole))
    groups = []
    for number in range(opened.metadata.num_row_groups):
        group = opened.metadata.row_group(number)
        chunks = [group.column(place) for place in range(group.num_columns)]
        for chunk in chunks:
            if not _is_known(chunk.compression):
                raise UnreadableFile(
                    f"is compressed as {chunk.compression}, which can't be read here; snappy,"
                    " zstd, gzip, lz4 and brotli can"
                )
        starts = [
            first
            for chunk in chunks
            for first in (chunk.dictionary_page_offset, chunk.data_page_offset)
            if first
        ]
        groups.append(RowGroup(min(starts, default=0), group.num_rows))
    return opened.schema_arrow, groups


def _is_known(compression: str) -> bool:
    # Parquet's two kinds of LZ4 have one name here
    import pyarrow as pa

    return compression == "UNCOMPRESSED" or bool(pa.Codec.is_available(compression.lower()))


def _of_feather(file: SeekableFile, footer: bytes) -> tuple[Any, list[RowGroup]]:
    import pyarrow as pa

    opened = pa.ipc.open_file(file)
    table = _Table.root(footer)
    groups = []
    for start, metadata, _ in table.structs(RECORD_BATCHES, BLOCK):
        file.seek(start + CONTINUATION)
        batch = _Table.root(file.read(metadata - CONTINUATION)).table(HEADER)
        groups.append(RowGroup(start, batch.int64(0)))
    return opened.schema, groups


@dataclass(frozen=True)
class _Table:
    """A table of a flatbuffer, as far as pyarrow doesn't tell what is in it: ``at`` is its place in
    ``data``. https://flatbuffers.dev/internals"""

    data: bytes
    at: int

    @classmethod
    def root(cls, data: bytes) -> "_Table":
        return cls(data, struct.unpack_from("<I", data)[0])

    def table(self, field: int) -> "_Table":
        place = self._place(field)
        return _Table(self.data, place + struct.unpack_from("<I", self.data, place)[0])

    def int64(self, field: int) -> int:
        """A number; 0 where it is left out."""
        place = self._place(field)
        return int(struct.unpack_from("<q", self.data, place)[0]) if place else 0

    def structs(self, field: int, struct_: struct.Struct) -> list[tuple[int, ...]]:
        """The members of a vector of structs."""
        if not (place := self._place(field)):
            return []
        vector = place + struct.unpack_from("<I", self.data, place)[0]
        (length,) = struct.unpack_from("<I", self.data, vector)
        first = vector + 4
        return [struct_.unpack_from(self.data, first + n * struct_.size) for n in range(length)]

    def _place(self, field: int) -> int:
        """Where a field is; 0 where it is left out."""
        vtable = self.at - struct.unpack_from("<i", self.data, self.at)[0]
        (length,) = struct.unpack_from("<H", self.data, vtable)
        entry = 4 + 2 * field
        offset = struct.unpack_from("<H", self.data, vtable + entry)[0] if entry < length else 0
        return self.at + offset if offset else 0
