"""What a pipeline without a model is made of: records counted by group, in columns of counts.

A group is known by its key, which is its columns as TSV.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from mr.block import Block, Reject
from mr.scorer import escape_row

__all__ = ["Counts", "Source", "Tallied", "Tally", "key_of"]

Counts = Mapping[str, Mapping[str, int]]  # a column of counts: its name, and a count a key


@dataclass(frozen=True)
class Source:
    """An input as the host looks at it: its name, and its first bytes, uncompressed."""

    name: str
    head: bytes


@dataclass(frozen=True)
class Tallied:
    """What the records of a block come to.

    ``rejects`` are those that can't be counted; ``left_out`` says of how many, and why, no group
    tells although nothing is wrong with them.
    """

    counts: Counts
    rejects: list[Reject] = field(default_factory=list)
    left_out: Mapping[str, int] = field(default_factory=dict)


class Tally(Protocol):
    """A pipeline's part in a task: a pure function on blocks."""

    block_size: int

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raise ValueError, for people to read, where the options mean nothing."""

    @property
    def groups(self) -> Sequence[str]:
        """The first columns of ``counts.tsv``: what a key consists of."""

    @property
    def columns(self) -> Sequence[str]:
        """Its other columns: what is counted."""

    @staticmethod
    def look(sources: Sequence[Source]) -> dict[str, Any]:
        """What the inputs' beginnings tell, as further options; ValueError if it is unusable."""

    def tally(self, block: Block) -> Tallied:
        """Count the records of a block."""


def key_of(*columns: str) -> str:
    """The key of the group whose columns these are."""
    return escape_row(list(columns)).decode()
