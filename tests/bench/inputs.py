"""What the benches score: inputs and models made from seeds, once, in the bench's folder."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from mr.model import sha256_of

__all__ = ["COLUMNS", "boosted", "logistic", "manifest", "rows", "texts"]

COLUMNS = tuple(f"c{number:02d}" for number in range(20))

_SEED = 20
_TRAINING_ROWS = 20_000
_WORDS_A_LINE = (3, 14)


def rows(folder: Path, count: int) -> Path:
    """A CSV file of ``count`` rows of 20 numbers with six decimals, without a header."""
    return _once(folder / f"rows-{count}.csv", lambda path: _write_rows(path, count))


def texts(folder: Path, count: int, vocabulary: list[str]) -> Path:
    """A file of ``count`` lines of words, frequent ones first, a fifth of them made up."""
    return _once(folder / f"texts-{count}.txt", lambda path: _write_texts(path, count, vocabulary))


def logistic(folder: Path) -> Path:
    """A scaler and a logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return _fitted(folder / "logistic", make_pipeline(StandardScaler(), LogisticRegression()))


def boosted(folder: Path) -> Path:
    """Gradient-boosted trees, 100 of them."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return _fitted(folder / "boosted", HistGradientBoostingClassifier(random_state=_SEED))


def manifest(model: Path) -> str:
    """The manifest of one of these models."""
    features = ", ".join(f'"{name}"' for name in COLUMNS)
    return f"""\
name = "{model.parent.name}"
pipeline = "tabular"
kind = "binary"
scikit_learn = "1.9.1"
labels = ["no", "yes"]
features = [{features}]

[files]
"{model.name}" = "{sha256_of(model)}"
"""


def _once(path: Path, write: Callable[[Path], None]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        write(unfinished)
        unfinished.rename(path)
    return path


def _numbers(count: int) -> NDArray[np.float64]:
    return np.random.default_rng(_SEED).normal(size=(count, len(COLUMNS))).round(6)


def _write_rows(path: Path, count: int) -> None:
    import pyarrow as pa
    from pyarrow import csv

    table = pa.table(dict(zip(COLUMNS, _numbers(count).T, strict=True)))
    csv.write_csv(table, path, csv.WriteOptions(include_header=False))


def _write_texts(path: Path, count: int, vocabulary: list[str]) -> None:
    random = np.random.default_rng(_SEED)
    made_up = ["".join(word) for word in random.choice(list("aeioubcdlmnrst"), (5000, 7)).tolist()]
    words = np.array(random.permutation(vocabulary).tolist() + made_up, object)
    marks = np.array(["", "", "", "", ",", ".", "!", "?"], object)
    lengths = random.integers(*_WORDS_A_LINE, count)
    known = np.minimum(random.zipf(1.2, lengths.sum()), len(vocabulary)) - 1
    unknown = len(vocabulary) + random.integers(0, len(made_up), len(known))
    picked = words[np.where(random.random(len(known)) < 0.2, unknown, known)]
    stream = iter((picked + marks[random.integers(0, len(marks), len(picked))]).tolist())
    with path.open("w") as file:
        for length in lengths.tolist():
            file.write(" ".join(next(stream) for _ in range(length)).capitalize() + "\n")


def _fitted(folder: Path, model: Any) -> Path:
    def write(path: Path) -> None:
        features = _numbers(_TRAINING_ROWS)
        noise = np.random.default_rng(_SEED + 1).normal(size=_TRAINING_ROWS)
        joblib.dump(model.fit(features, features[:, :5].sum(axis=1) + noise > 0), path)

    return _once(folder / "model.joblib", write)
