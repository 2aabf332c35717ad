"""Words of texts, counted: the smallest pipeline that needs no model."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from mr.counting.tally import Counts, Tally, key_of
from mr.records.block import Block, Reject

__all__ = ["WordCount"]


class WordCount(Tally):
    """``word``, ``count``: what stands between spaces, in small letters."""

    groups = ("word",)
    columns = ("count",)

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Begin with no words."""
        super().__init__(options)
        self._words: Counter[str] = Counter()

    def add(self, block: Block) -> list[Reject]:
        """Count a block's words; every text has some."""
        self._words.update(block.data.decode().lower().split())
        return []

    def counts(self) -> Counts:
        """What has been counted."""
        return {"count": {key_of(word): count for word, count in self._words.items()}}
