"""From raw bytes to records: a block's lines, with those that can't be records set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mr.records.raw_block import line_starts
from mr.records.split import MAX_RECORD

__all__ = ["BLANK_LINE", "LINE_BREAK_IN_FIELD", "Block", "Reject", "is_blank", "parse_block"]

BLANK_LINE = "blank line"  # why such a record is rejected

LINE_BREAK_IN_FIELD = b"\0"  # in a block's records, where a quoted field has a line break

_LF, _SPACE = b"\n "


@dataclass(frozen=True)
class Reject:
    """A record that isn't scored: its number in the block that was read, and why.

    ``reason`` is one of few, so that it can be counted; ``detail`` is free.
    """

    line: int
    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Block:
    """Records of a block: UTF-8 without NUL, not blank, at most ``MAX_RECORD`` bytes, no newline.

    ``data`` is the records, each followed by a newline, with ``LINE_BREAK_IN_FIELD`` for those in
    their fields; ``numbers`` says which of the block that was read they are.
    """

    data: bytes
    numbers: Sequence[int]

    @cached_property
    def records(self) -> list[bytes]:
        """The records one by one, for those who can't work on ``data`` as a whole."""
        return self.data.split(b"\n")[:-1]

    def take(self, rows: NDArray[np.intp]) -> "Block":
        """Some of the records, by their places, in ascending order."""
        if len(rows) == len(self.numbers):
            return self
        chosen = rows.tolist()
        data = b"".join([self.records[row] + b"\n" for row in chosen])
        return Block(data, [self.numbers[row] for row in chosen])


def parse_block(raw: bytes, starts: NDArray[np.int64] | None = None) -> tuple[Block, list[Reject]]:
    """Split ``raw`` (whole records; LF or CRLF) into records and rejects.

    ``starts`` says where they begin, as ``RawBlock`` has it, if not each line is one."""
    with_nul: set[int] = set()
    if b"\0" in raw:
        with_nul = _records_with_nul(raw, line_starts(raw) if starts is None else starts)
    if starts is not None:
        raw = _mark_line_breaks(raw, starts)
    data = raw
    if b"\r" in raw:  # a byte is found much faster than two
        data = raw.replace(b"\r\n", b"\n")
    if not data.endswith(b"\n"):
        data = data.removesuffix(b"\r") + b"\n"
    starts = line_starts(data)
    if not with_nul and _is_clean(data, starts):
        return Block(data, range(len(starts) - 1)), []
    lines = data.split(b"\n")[:-1]
    reasons = [_reject_reason(line, number in with_nul) for number, line in enumerate(lines)]
    rejects = [Reject(number, reason) for number, reason in enumerate(reasons) if reason]
    numbers = [number for number, reason in enumerate(reasons) if not reason]
    return Block(b"".join(lines[number] + b"\n" for number in numbers), numbers), rejects


def _mark_line_breaks(raw: bytes, starts: NDArray[np.int64]) -> bytes:
    """The same with ``LINE_BREAK_IN_FIELD`` for every newline at which no record ends."""
    octets = np.frombuffer(raw, np.uint8)
    marked = np.where(octets == _LF, np.uint8(LINE_BREAK_IN_FIELD[0]), octets)
    last = starts[1:] - 1
    marked[last] = octets[last]
    return marked.tobytes()


def _records_with_nul(raw: bytes, starts: NDArray[np.int64]) -> set[int]:
    places = np.flatnonzero(np.frombuffer(raw, np.uint8) == 0)
    return set((np.searchsorted(starts, places, side="right") - 1).tolist())


def _is_clean(data: bytes, starts: NDArray[np.intp]) -> bool:
    lengths = np.diff(starts) - 1
    if lengths.min() == 0 or lengths.max() > MAX_RECORD:
        return False
    indented = starts[:-1][np.frombuffer(data, np.uint8)[starts[:-1]] == _SPACE]
    if any(is_blank(data[start : data.index(b"\n", start)]) for start in indented.tolist()):
        return False
    return _is_utf8(data)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():  # told several times as fast
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_blank(line: bytes) -> bool:
    """Whether a line, without its end, is nothing but spaces."""
    return not line.strip(b" ")  # of tabs alone, it is a row of empty fields


def _reject_reason(line: bytes, has_nul: bool) -> str:
    if is_blank(line):
        return BLANK_LINE
    if len(line) > MAX_RECORD:
        return "longer than 1 MiB"
    if has_nul:
        return "NUL byte"
    return "" if _is_utf8(line) else "invalid UTF-8"
