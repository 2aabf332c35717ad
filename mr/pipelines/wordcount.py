"""Words of texts, counted: the smallest pipeline that needs no model."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mr.block import Block
from mr.tally import Source, Tallied, key_of

__all__ = ["WordCount"]


class WordCount:
    """``word``, ``count``: what stands between spaces, in small letters."""

    block_size = 1 << 20  # bytes of input that are counted at once
    groups = ("word",)
    columns = ("count",)

    def __init__(self, options: Mapping[str, Any]) -> None:
        """It has no options."""

    @staticmethod
    def look(sources: Sequence[Source]) -> dict[str, Any]:
        """Every text will do."""
        return {}

    def tally(self, block: Block) -> Tallied:
        """Count the words of a block."""
        words = Counter(block.data.decode().lower().split())
        return Tallied({"count": {key_of(word): count for word, count in words.items()}})
