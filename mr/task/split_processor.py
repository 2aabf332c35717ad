"""The part of a map task that differs between pipelines: records are scored, or counted."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from mr.columnar.columns import InputBlock
from mr.records.block import Reject
from mr.summary import Partial

__all__ = ["SplitProcessor"]


class SplitProcessor(Protocol):
    """What a pipeline does with the blocks of a split: it scores their records, or counts them."""

    block_size: int

    @property
    def needed(self) -> Sequence[str]:
        """The columns that it needs of files that have their rows in columns."""

    def add(self, raw: InputBlock, position: int) -> tuple[int, list[Reject]]:
        """Take the records of ``raw``, ``position`` bytes into the split, or its rows, as many
        rows into it: how many were scored or counted, and those that can't be."""

    def end(self) -> Partial:
        """Close what was opened; the split's summary, with what its part files must hold."""

    def partials(self) -> Iterator[tuple[str, str]]:
        """What reducers merge beside the summary, by key."""
