"""What pipelines ask for predictions: a model that is loaded in this process, or in another."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from mr.models.manifest import Manifest
from mr.scoring.features import Features
from mr.scoring.model_call import are_trees
from mr.scoring.predict import check_classes, class_texts, predict_rows
from mr.scoring.prediction import Prediction, join
from mr.scoring.vectorizer import quicken
from mr.supervision.threads import one_thread

__all__ = ["Facts", "LoadedModel", "Predictor"]


@dataclass(frozen=True)
class Facts:
    """What is asked of a model once: its ``classes`` as text, a tuple for each output, None where
    it tells of none; whether it is a tree or a forest, which sends each row alone down its trees.
    """

    classes: tuple[tuple[str, ...], ...] | None
    are_trees: bool


class Predictor(Protocol):
    """A model, as pipelines see it."""

    @property
    def facts(self) -> Facts:
        """What the model is."""

    def predict(self, features: Features | list[str]) -> Prediction:
        """The prediction for n rows of a table, or n texts. Raises ModelFault where results aren't
        what the manifest promises; what the model raises comes through."""

    def one_thread(self) -> AbstractContextManager[None]:
        """Meanwhile the model has one thread, whatever it was saved with."""


@dataclass(frozen=True)
class LoadedModel:
    """A model that is loaded in this process; ``vectorizer`` is asked before it, if there is one.

    Making one raises ModelFault where the model's classes aren't those of its manifest.
    """

    model: Any
    manifest: Manifest
    vectorizer: Any = None

    def __post_init__(self) -> None:
        if self.vectorizer is None:
            check_classes(self.model, self.manifest)

    @classmethod
    def of_files(cls, manifest: Manifest, files: Mapping[str, Any]) -> "LoadedModel":
        """The model that its loaded ``files`` make."""
        if manifest.pipeline == "moderation":
            loaded = cls(files["model.joblib"], manifest, files["vectorizer.joblib"])
            quicken(loaded.vectorizer)
            return loaded
        (model,) = files.values()
        loaded = cls(model, manifest)
        if manifest.pipeline == "text":
            quicken(model)
        return loaded

    @cached_property
    def facts(self) -> Facts:
        return Facts(class_texts(self.model, self.manifest.kind), are_trees(self.model))

    def predict(self, features: Features | list[str]) -> Prediction:
        """Predict rows with the same types at a time."""
        if isinstance(features, Features):
            pieces = [(places, self._predict(rows)) for places, rows in features.by_types()]
            return join(pieces)
        if self.vectorizer is not None:
            return self._predict(self.vectorizer.transform(features))
        if self.manifest.input == "series":
            import pandas

            return self._predict(pandas.Series(features))
        return self._predict(features)

    def one_thread(self) -> AbstractContextManager[None]:
        return one_thread()

    def _predict(self, rows: Any) -> Prediction:
        return predict_rows(self.model, self.manifest, rows)
