"""Text records, one a line, scored by any model that takes texts: a vectorizer and what follows."""

from collections.abc import Mapping, Sequence
from typing import Any

from mr.models.manifest import Manifest
from mr.pipelines.moderation import as_texts, quicken
from mr.records.block import Block, Reject
from mr.scoring.format import Layout
from mr.scoring.predict import check_classes, predict_rows
from mr.scoring.prediction import Prediction
from mr.scoring.scorer import Batch

__all__ = ["Text"]

VECTORIZERS = ("CountVectorizer", "TfidfVectorizer")


class Text:
    """The prediction's columns, then ``text``, the line."""

    layout = Layout.PREDICTION_FIRST
    block_size = 1 << 20
    needed: Sequence[str] = ()

    def __init__(self, manifest: Manifest, files: Mapping[str, Any], options: Mapping[str, Any]):
        self._manifest = manifest
        (self._model,) = files.values()
        check_classes(self._model, manifest)
        first = self._model[0] if type(self._model).__name__ == "Pipeline" else None
        if type(first).__name__ in VECTORIZERS:
            quicken(first)

    def parse(self, block: Block) -> tuple[Batch, list[Reject]]:
        """Take every record as text."""
        return as_texts(block), []

    def predict(self, features: list[str]) -> Prediction:
        """Score n texts."""
        if self._manifest.input == "series":
            import pandas

            return predict_rows(self._model, self._manifest, pandas.Series(features))
        return predict_rows(self._model, self._manifest, features)
