"""Predictions of a model that is right more often than not, with their truth."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_csv", "as_json_lines", "of_many", "of_two"]


def of_two(rows: int, *, decimals: int = 6, seed: int = 0) -> tuple[list[str], NDArray[np.float64]]:
    """Truths (rows,), ``no`` or ``yes``, and the chance of ``yes`` (rows,); many of them equal."""
    random = np.random.default_rng(seed)
    truths = random.random(rows) < 0.3
    logits = random.normal(size=rows) + 1.5 * truths - 1
    return np.where(truths, "yes", "no").tolist(), (1 / (1 + np.exp(-logits))).round(decimals)


def of_many(
    rows: int, classes: Sequence[str], seed: int = 0
) -> tuple[list[str], NDArray[np.float64]]:
    """Truths (rows,) and a chance for each class (rows, classes)."""
    random = np.random.default_rng(seed)
    truths = random.integers(len(classes), size=rows)
    logits = random.normal(size=(rows, len(classes)))
    logits[np.arange(rows), truths] += 1
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return [classes[truth] for truth in truths], chances.round(6)


def as_csv(columns: dict[str, Sequence[object]], delimiter: str = ",") -> str:
    """A table with a header."""
    rows = zip(*columns.values(), strict=True)
    return "".join(delimiter.join(map(str, row)) + "\n" for row in (columns.keys(), *rows))


def as_json_lines(columns: dict[str, Sequence[object]]) -> str:
    """An object a line."""
    import json

    rows = zip(*columns.values(), strict=True)
    return "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)
