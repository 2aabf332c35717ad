"""Text records, one a line, scored by any model that takes texts: a vectorizer and what follows."""

from collections.abc import Mapping, Sequence
from typing import Any

from mr.models.manifest import Manifest
from mr.records.block import Block, Reject
from mr.records.tsv import escape
from mr.scoring.format import Layout
from mr.scoring.predictor import Predictor
from mr.scoring.scorer import Batch

__all__ = ["Text"]


class Text:
    """The prediction's columns, then ``text``, the line."""

    layout = Layout.PREDICTION_FIRST
    block_size = 1 << 20
    needed: Sequence[str] = ()

    def __init__(self, manifest: Manifest, predictor: Predictor, options: Mapping[str, Any]):
        self.predictor = predictor
        self.facts = predictor.facts  # the model is loaded before a text is read

    def parse(self, block: Block) -> tuple[Batch, list[Reject]]:
        """Take every record as text."""
        texts = block.data.decode().split("\n")
        texts.pop()
        return Batch(fields=escape(block.data), features=texts, lines=block.numbers), []
