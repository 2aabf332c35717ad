"""What a map task does for a pipeline that counts: a split's counts added up."""

from typing import Any

from mr import summary
from mr.block import Reject, read_block
from mr.split import Split
from mr.tally import Tally
from mr.task import Timed

__all__ = ["Counting"]


class Counting:
    """Writes no part file: what it has counted is the split's summary."""

    def __init__(self, tally: Tally, split: Split, timed: Timed) -> None:
        self.block_size = tally.block_size
        self._tally = tally
        self._split = split
        self._timed = timed
        self._records = 0

    def add(self, raw: bytes, position: int) -> tuple[int, list[Reject]]:
        """Count a block's records."""
        with self._timed("parse"):
            block, rejects = read_block(raw)
        with self._timed("summarise"):
            more = self._tally.add(block)
        taken = len(block.numbers) - len(more)
        self._records += taken
        return taken, sorted([*rejects, *more], key=lambda reject: reject.line)

    def end(self) -> summary.Partial:
        """The split's counts."""
        with self._timed("summarise"):
            counted: dict[str, Any] = {
                "scored": self._records,
                "counts": self._tally.counts(),
                "left_out": self._tally.left_out,
            }
        part = {"scores_bytes": 0, "scores_crc": 0}
        return summary.new() | counted | {"parts": {self._split.part: part}}
