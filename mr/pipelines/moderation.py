"""Text records, one a line, scored by a vectorizer and a classifier; the default for text."""

from collections.abc import Mapping, Sequence
from typing import Any

from mr.models.manifest import Manifest
from mr.records.block import Block, Reject
from mr.records.tsv import escape
from mr.scoring.format import Layout
from mr.scoring.predict import predict_rows
from mr.scoring.prediction import Prediction
from mr.scoring.scorer import Batch

__all__ = ["Moderation", "as_texts", "quicken"]

_COMMON = {
    "input": "content",
    "analyzer": "word",
    "preprocessor": None,
    "tokenizer": None,
    "strip_accents": None,
    "lowercase": True,
    "ngram_range": (1, 1),
}


class Moderation:
    """``score``, ``label``, ``text``: the probability of the second label, and the line."""

    layout = Layout.PREDICTION_FIRST
    block_size = 1 << 20
    needed: Sequence[str] = ()

    def __init__(self, manifest: Manifest, files: Mapping[str, Any], options: Mapping[str, Any]):
        self._manifest = manifest
        self._vectorizer = files["vectorizer.joblib"]
        self._model = files["model.joblib"]
        quicken(self._vectorizer)

    def parse(self, block: Block) -> tuple[Batch, list[Reject]]:
        """Take every record as text."""
        return as_texts(block), []

    def predict(self, features: list[str]) -> Prediction:
        """Score n texts."""
        return predict_rows(self._model, self._manifest, self._vectorizer.transform(features))


def as_texts(block: Block) -> Batch:
    """Every record of a block as a text."""
    texts = block.data.decode().split("\n")
    texts.pop()
    return Batch(fields=escape(block.data), features=texts, lines=block.numbers)


def quicken(vectorizer: Any) -> None:
    """Have a fitted ``vectorizer`` with common settings find its words in one step.

    Its rows stay the same to the bit: it counts the words that are in its vocabulary, in
    the order in which they stand, and the vocabulary holds no stop words.
    """
    settings = vectorizer.get_params()
    vocabulary = vectorizer.vocabulary_
    if any(settings[name] != value for name, value in _COMMON.items()):
        return
    if not vocabulary.keys().isdisjoint(vectorizer.get_stop_words() or ()):
        return
    words = vectorizer.build_tokenizer()
    vectorizer.set_params(
        analyzer=lambda text: [word for word in words(text.lower()) if word in vocabulary]
    )
