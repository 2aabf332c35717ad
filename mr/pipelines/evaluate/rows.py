"""The records of a block that are evaluated, and those that can't be."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.records.block import Reject

__all__ = ["Rows"]

WHY = ("", "a missing value", "an infinite value", "too large a number")


class Rows:
    """n records, by their lines; ``good`` (n,) are those that nothing is wrong with so far."""

    def __init__(self, lines: Sequence[int], rejects: list[Reject]) -> None:
        self._lines = np.asarray(lines, np.intp)
        self._rejects = rejects
        self.good = np.ones(len(lines), np.bool_)

    @property
    def lines(self) -> NDArray[np.intp]:
        """Those of the good records."""
        return self._lines[self.good]

    def reject(self, column: str, why: NDArray[Any]) -> None:
        """Reject the good ones of n records for which the place (n,) of a reason isn't 0."""
        for row in np.flatnonzero(self.good & (why > 0)).tolist():
            line = int(self._lines[row])
            self._rejects.append(Reject(line, f"column {column}: {WHY[int(why[row])]}"))
        self.good &= why == 0

    def leave_out(self, rows: NDArray[np.bool_]) -> int:
        """Leave out the good ones of these (n,); how many they are."""
        count = int(np.count_nonzero(self.good & rows))
        self.good &= ~rows
        return count
