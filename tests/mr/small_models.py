"""Small models and manifests for the tests of tasks."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from mr.models.manifest import Manifest
from mr.scoring.label_rules import estimator_of

__all__ = ["Bits", "Fussy", "Picky", "like", "with_labels"]


def like(manifest: Manifest, **stated: Any) -> Manifest:
    """``manifest``, but for what is ``stated``."""
    return replace(manifest, **stated)


def with_labels(model: Any, labels: Sequence[str]) -> Any:
    """``model`` as if it had been fitted with these names for its classes."""
    model = deepcopy(model)
    if labels and hasattr(model, "classes_"):
        estimator_of(model).classes_ = np.array(labels)
    return model


class Picky:
    """Gives a row's first number as its chance; raises for any batch with ``bad`` in it."""

    def __init__(self, bad: float) -> None:
        self.bad = bad

    def predict_proba(self, rows: Any) -> Any:
        if (rows == self.bad).any():
            raise ValueError(f"{self.bad} is out of the question")
        return np.column_stack([1 - rows[:, 0], rows[:, 0]])


class Fussy(Picky):
    """Raises for each row whose second number is among ``bad``, and for two rows with the numbers
    of ``pair`` together; it quotes the ``nth`` of those it meets, or none. Counts its calls."""

    def __init__(self, bad: set[float], pair: tuple[float, float], nth: int | None) -> None:
        self.bad_ones = bad
        self.pair = pair
        self.nth = nth
        self.calls = 0

    def predict_proba(self, rows: Any) -> Any:
        self.calls += 1
        met = [value for value in rows[:, 1].tolist() if value in self.bad_ones]
        if met:
            quoted = "" if self.nth is None else f": '{met[self.nth % len(met)]:g}'"
            raise ValueError(f"one is out of the question{quoted}")
        if {*self.pair} <= {*rows[:, 1].tolist()}:
            raise ValueError("two don't go together")
        return np.column_stack([1 - rows[:, 0], rows[:, 0]])


class Bits:
    """Gives what ``model`` gives, and keeps it unrounded."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.seen: list[Any] = []

    def predict_proba(self, rows: Any) -> Any:
        chances = self.model.predict_proba(rows)
        self.seen.append(chances)
        return chances

    @property
    def values(self) -> Any:
        return np.concatenate(self.seen)
