"""A range of a table whose records may have line breaks in quoted fields, as blocks of records."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO

import numpy as np

from mr.records.compression import decompressed
from mr.records.raw_block import RawBlock
from mr.records.record_ends import Offsets, RecordEnds
from mr.records.split import BOM, LONGEST_READ, Split

__all__ = ["read_records"]


def read_records(
    stream: IO[bytes], split: Split, size: int, record_ends: RecordEnds
) -> Iterator[RawBlock]:
    """Yield the range's records in blocks of about ``size`` bytes.

    Of a record that is too long, what is over ``LONGEST_READ`` is left out: it is the last one of
    its block, which was longer than it is.
    """
    text = decompressed(stream, split.file)
    blocks = iter(lambda: text.read(size), b"")
    if not split.start:
        first = next(blocks, b"").removeprefix(BOM)
        blocks = chain([first] if first else [], blocks)
    held = b""  # of the unfinished record, as much as is needed
    begins = end = 0
    for data, ends in _with_ends(blocks, record_ends):
        start, end = end, end + len(data)
        if start - begins > len(held) and len(ends):
            yield RawBlock(held, int(ends[0]) - begins, np.array([0, len(held)]))
            held, begins = b"", int(ends[0])
            data, ends = data[begins - start :], ends[1:]
        held += data
        if len(ends):
            length = int(ends[-1]) - begins
            yield _raw_block(held[:length], ends - begins)
            held, begins = held[length:], begins + length
        held = held[:LONGEST_READ]


def _with_ends(blocks: Iterable[bytes], record_ends: RecordEnds) -> Iterator[tuple[bytes, Offsets]]:
    """Each block with the ends of records that are known with it."""
    at = 0
    for data in blocks:
        ends = record_ends.add(data)
        if ends is None:
            ends = at + np.flatnonzero(np.frombuffer(data, np.uint8) == ord(b"\n")) + 1
        yield data, ends
        at += len(data)
    yield b"", record_ends.end()


def _raw_block(data: bytes, ends: Offsets) -> RawBlock:
    newlines = len(ends) if data.endswith(b"\n") else len(ends) - 1
    if data.count(b"\n") == newlines:
        return RawBlock(data, len(data))
    return RawBlock(data, len(data), np.concatenate([[0], ends]))
