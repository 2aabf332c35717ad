"""Bytes of a split as they were read: whole records, before any of them is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["RawBlock", "line_starts"]

_LF = 10


@dataclass(frozen=True)
class RawBlock:
    """Whole records; ``length`` bytes of the split, which may be more than were kept of a record
    that is too long. ``starts``: where each of n records begins, and where one after the last would
    (n + 1,), if some have line breaks in quoted fields; None: each line is a record."""

    data: bytes
    length: int
    starts: NDArray[np.int64] | None = None

    @classmethod
    def of_lines(cls, data: bytes) -> "RawBlock":
        """Whole lines, each of which is a record."""
        return cls(data, len(data))

    @property
    def has_line_breaks(self) -> bool:
        """Whether a record may have some."""
        return self.starts is not None

    @cached_property
    def record_starts(self) -> NDArray[np.int64]:
        """Where each of n records begins, and where one after the last would (n + 1,)."""
        return line_starts(self.data) if self.starts is None else self.starts

    @cached_property
    def lines_before(self) -> NDArray[np.int64]:
        """How many lines of the block there are before each record, and in all (n + 1,)."""
        if self.starts is None:
            return np.arange(len(self.record_starts))
        newlines = np.flatnonzero(np.frombuffer(self.data, np.uint8) == _LF)
        before = np.searchsorted(newlines, self.starts)
        before[-1] += not self.data.endswith(b"\n")
        return before

    def records_at(self, places: Sequence[int]) -> list[bytes]:
        """Some records, by their places, without the newline at their ends."""
        starts = self.record_starts.tolist()
        return [self.data[starts[at] : starts[at + 1]].removesuffix(b"\n") for at in places]

    def without_first(self) -> "RawBlock":
        """The same without its first line, which is a record."""
        line = self.data.find(b"\n") + 1 or len(self.data)
        starts = None if self.starts is None else self.starts[1:] - line
        return RawBlock(self.data[line:], self.length - line, starts)


def line_starts(raw: bytes) -> NDArray[np.int64]:
    """Where each of n lines of ``raw`` starts, and where one after the last would (n + 1,)."""
    ends = np.flatnonzero(np.frombuffer(raw, np.uint8) == _LF)
    if not raw.endswith(b"\n"):
        ends = np.append(ends, len(raw))
    return np.concatenate([[0], ends + 1])
