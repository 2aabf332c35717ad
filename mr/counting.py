"""What a map task does for a pipeline that counts: a split's counts added up."""

from collections import Counter
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
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in tally.columns}
        self._left_out: Counter[str] = Counter()

    def add(self, raw: bytes, position: int) -> tuple[int, list[Reject]]:
        """Count a block's records."""
        with self._timed("parse"):
            block, rejects = read_block(raw)
            tallied = self._tally.tally(block)
        with self._timed("summarise"):
            for name, counts in tallied.counts.items():
                self._counts[name].update(counts)
            self._left_out.update(tallied.left_out)
        taken = len(block.numbers) - len(tallied.rejects)
        self._records += taken
        return taken, sorted([*rejects, *tallied.rejects], key=lambda reject: reject.line)

    def end(self) -> summary.Partial:
        """The split's counts."""
        counted: dict[str, Any] = {
            "scored": self._records,
            "counts": {name: dict(counts) for name, counts in self._counts.items()},
            "left_out": dict(self._left_out),
        }
        part = {"scores_bytes": 0, "scores_crc": 0}
        return summary.new() | counted | {"parts": {self._split.part: part}}
