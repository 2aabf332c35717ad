"""Calling a model with n rows: in which shapes it gets them, and what its results must be like."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import Manifest, ModelFault
from mr.scoring.label_rules import indices_of, is_near
from mr.scoring.probe import is_probe
from mr.supervision.watchdog import call_returned

__all__ = ["ROWS_AT_ONCE", "ModelCall", "are_trees"]

ROWS_AT_ONCE = 2048
TEXTS_AT_ONCE = 256  # each may be long
TREES = ("sklearn.tree._classes", "sklearn.ensemble._forest")
BOOSTERS = ("catboost.core", "lightgbm.sklearn", "xgboost.sklearn")
# of sparse rows, these make each one's sum by itself
LINEAR = ("sklearn.linear_model.", "sklearn.naive_bayes", "sklearn.svm._classes")

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def are_trees(model: Any) -> bool:
    """Whether ``model`` is trees, of scikit-learn, of a booster's classes or in its own file: it
    sends each row alone down its trees, and takes less for a row among many, since each call is
    dear: half in a forest, four fifths in XGBoost."""
    module = type(model).__module__
    if module in BOOSTERS:
        return getattr(model, "booster", None) != "gblinear"
    return module in TREES or bool(getattr(model, "are_trees", False))


@dataclass(frozen=True)
class ModelCall:
    """A model, and n rows that its methods are called with."""

    model: Any
    manifest: Manifest
    rows: Any

    def take(self, rows: Indices) -> "ModelCall":
        """A call with some of the rows."""
        return replace(self, rows=_take(self.rows, rows))

    def results(self, *methods: str) -> list[Any]:
        """What each method returns for the rows: an array, or of several outputs a list of them."""
        pieces: list[list[Any]] = [[] for _ in methods]
        for rows in _in_pieces(self.model, self.rows):
            for method, found in zip(methods, pieces, strict=True):
                found.append(self._result(method, rows))
            del rows  # the next piece takes its memory: fresh pages take longer than to fill them
        return [
            self._together(method, found) for method, found in zip(methods, pieces, strict=True)
        ]

    def _result(self, method: str, rows: Any) -> Any:
        result = getattr(self.model, method)(rows)
        several = self.manifest.kind == "several" and method != "predict"
        if several and isinstance(result, (list, tuple)):
            found = [self._sized(method, each, rows) for each in result]
            if len(found) != len(self.manifest.outputs):
                self.fault(f"{method} tells of {len(found)} outputs")
            return found
        return self._sized(method, result, rows)

    def _sized(self, method: str, result: Any, rows: Any) -> NDArray[Any]:
        array = np.asarray(result.toarray() if hasattr(result, "toarray") else result)
        given = len(array) if array.ndim else 1
        if not array.ndim or given != _count(rows):
            self.fault(f"{method} gave {given} predictions for {_count(rows)} records")
        return array

    def _together(self, method: str, pieces: list[Any]) -> Any:
        count = _count(self.rows)
        try:
            if isinstance(pieces[0], list):
                columns = zip(*pieces, strict=True)
                return [np.concatenate(column)[:count] for column in columns]
            return (np.concatenate(pieces) if len(pieces) > 1 else pieces[0])[:count]
        except ValueError:
            self.fault(f"{method} gives now one number of columns, now another")

    def as_numbers(self, method: str, result: NDArray[Any], *shape: int) -> Floats:
        """A result as numbers; ``shape``: the columns that there must be, none for (n,)."""
        wanted = (len(result), *shape)
        if not shape and result.shape == (len(result), 1):
            result = result[:, 0]
        if result.shape != wanted:
            self.fault(f"{method} gave an array of {result.shape} where {wanted} is promised")
        try:
            return np.asarray(result, np.float64)
        except (TypeError, ValueError):
            self.fault(f"{method} gave {result.flat[0]!r} where a number is promised")

    def class_indices(self, result: NDArray[Any], classes: Any = None) -> Indices:
        """What ``predict`` returned (n,), as indices into the labels."""
        manifest = self.manifest
        if result.shape == (len(result), 1):
            result = result[:, 0]
        if classes is None:
            classes = getattr(self.model, "classes_", manifest.labels)
            if len(classes) != len(manifest.labels):
                self.fault(f"it has {len(classes)} classes, not {len(manifest.labels)}")
        if result.ndim != 1:
            self.fault(f"predict gave an array of {result.shape} where one label is promised")
        try:
            return indices_of(result, np.asarray(classes).tolist())
        except LookupError as error:
            self.fault(f"predict gave {error.args[0]}, which is none of its labels")

    def scores_and_classes(self) -> tuple[NDArray[Any], Indices | None]:
        """The scores; and the classes, where ``predict`` is to be called for every row."""
        score = self.manifest.score
        if self.manifest.labels_from == "predict":
            values, given = self.results(score, "predict")
            return values, self.class_indices(given)
        return self.results(score)[0], None

    def classes_by_score(self, values: Floats, likeliest: Indices) -> Indices:
        """The classes of rows: the ``likeliest`` by their scores and, near ties, what ``predict``
        returns."""
        if self.manifest.labels_from == "near":
            near = np.flatnonzero(is_near(values, likeliest))
            if len(near):
                part = self.take(near)
                likeliest[near] = part.class_indices(part.results("predict")[0])
        return likeliest

    def fault(self, what: str) -> NoReturn:
        """Raise ModelFault."""
        raise ModelFault(f"model {self.manifest.name}: {what}")


def _in_pieces(model: Any, rows: Any) -> Iterator[Any]:
    """The rows, whole or cut into equal shapes; what fills up the last one is dropped."""
    if is_probe():
        yield rows
        return
    if hasattr(rows, "toarray") or are_trees(model):
        yield rows
        return
    table = getattr(rows, "ndim", 1) == 2
    if not table and _adds_sparse_rows(model, rows):
        yield rows
        return
    at_once = ROWS_AT_ONCE if table else TEXTS_AT_ONCE
    filler = len(rows) - 1 if table else _shortest(rows)
    for start in range(0, len(rows), at_once):
        places = np.arange(start, start + at_once)
        places[places >= len(rows)] = filler
        yield _take(rows, places)
        call_returned()


def _adds_sparse_rows(model: Any, rows: Any) -> bool:
    """Whether ``model`` makes sparse rows of texts or records, and sums of each one's numbers."""
    if type(model).__module__ != "sklearn.pipeline" or len(model.steps) < 2:
        return False
    last = type(model.steps[-1][1]).__module__
    if not last.startswith(LINEAR) and last not in TREES:
        return False
    return hasattr(model[:-1].transform(rows[:1]), "toarray")


def _shortest(rows: Any) -> int:
    """The place of the shortest text, which costs least; the last one's of what are no texts."""
    lengths = [len(row) if isinstance(row, str) else 1 << 62 for row in rows]
    return len(lengths) - 1 - int(np.argmin(lengths[::-1]))


def _take(rows: Any, places: Indices) -> Any:
    if isinstance(rows, list):
        return [rows[place] for place in places.tolist()]
    return rows.take(places, axis=0) if hasattr(rows, "take") else rows[places]


def _count(rows: Any) -> int:
    return int(rows.shape[0]) if hasattr(rows, "shape") else len(rows)
