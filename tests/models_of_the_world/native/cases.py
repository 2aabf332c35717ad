"""A model that a library has trained, and what the library itself predicts with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROWS = 300
PLACES = ("a", "b c", "länge", "d")


@dataclass(frozen=True)
class Case:
    """``rows``: an array, a frame or a list, as Howdah gives them; ``answers``: what the library's
    own estimator says of them in the form that it was trained with, by the method's name;
    ``expected``: fields of the description. ``unfit``: rows for which the model has to raise;
    ``refused``: words of why the file isn't loaded."""

    name: str
    format: str
    file: Path
    rows: Any
    answers: dict[str, Any]
    expected: dict[str, Any]
    unfit: Any = None
    refused: str = ""


@dataclass(frozen=True)
class Table:
    """Random rows (n, 4) with missing values, and targets of every kind."""

    x: Any
    binary: Any
    classes: Any
    number: Any
    several: Any
    multilabel: Any


def table(seed: int) -> Table:
    random = np.random.default_rng(seed)
    x = random.normal(size=(ROWS, 4))
    first = x[:, 0] + random.normal(size=ROWS) / 2
    x[random.random(x.shape) < 0.1] = np.nan
    several = np.column_stack([first, random.normal(size=ROWS) + x[:, 1:2].ravel() * 0])
    several = np.nan_to_num(several)
    return Table(
        x,
        (first > 0).astype(int),
        np.digitize(first, [-0.5, 0.5]),
        first,
        several,
        (several > 0).astype(int),
    )
