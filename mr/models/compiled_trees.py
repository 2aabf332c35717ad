"""A model's trees as arrays, and the compiled program that scores rows with them.

A task that has nothing else to load needs no scikit-learn, and starts the sooner for it.
"""

import ctypes
import platform
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import ModelFileError

__all__ = [
    "ARRAYS_FILE",
    "NODE",
    "PROGRAM_FILE",
    "CompiledTrees",
    "Trees",
    "load_compiled",
    "load_program",
]

ARRAYS_FILE = "trees.npz"
PROGRAM_FILE = "trees.so"

NODE = np.dtype([("threshold", np.float64), ("feature", np.int32), ("left", np.int32)])


@dataclass(frozen=True)
class Trees:
    """All trees of a model, tree after tree.

    ``nodes`` (n,), of type NODE: a row goes left where its value of ``feature >> 1`` is not
    above ``threshold``, or is missing and ``feature`` is odd; ``left`` counts from the tree's
    root, the right child follows it, and a leaf is its own left child. ``roots`` (trees,);
    ``values`` (n, width): what a leaf adds to the row's sums, which begin with ``start``
    (columns,); a boosted model's trees take turns with the columns. ``divisor``: the trees
    that a forest takes the mean of, otherwise 1. ``single``: rows are compared in float32.
    ``missing``: rows may have NaN. ``features``: how many a row has. ``outcome``: what the
    sums become, a name of ``OUTCOMES``; where that is a logistic one, it also says whether a
    sum of 0 belongs to the second class.
    """

    nodes: NDArray[Any]
    roots: NDArray[np.int64]
    values: NDArray[np.float64]
    start: NDArray[np.float64]
    divisor: int
    single: bool
    missing: bool
    features: int
    outcome: str

    def save(self, path: Path) -> None:
        np.savez(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Trees":
        with np.load(path) as arrays:
            stored = {field.name: arrays[field.name] for field in fields(cls)}
        trees = cls(**{name: a if a.ndim else a.item() for name, a in stored.items()})
        if trees.outcome not in OUTCOMES:
            raise ModelFileError(
                f"{path.name} was written by another version of Howdah: add the model again"
            )
        return trees


def load_compiled(
    folder: Path, steps: Any = None, labels: Sequence[str] = (), prefix: str = ""
) -> "CompiledTrees":
    """The compiled model in ``folder``, where its files' names have a ``prefix``, behind the
    ``steps`` that stay scikit-learn's; ``labels`` are those of its classes."""
    program = load_program(folder / f"{prefix}{PROGRAM_FILE}")
    trees = Trees.load(folder / f"{prefix}{ARRAYS_FILE}")
    return CompiledTrees(trees, program, steps, labels)


def load_program(path: Path) -> ctypes.CDLL:
    """Load the compiled trees.c; raise ModelFileError where it doesn't run."""
    try:
        program = ctypes.CDLL(str(path.absolute()))  # a bare name is sought among the system's
    except OSError as error:
        raise ModelFileError(
            f"the compiled model can't be loaded on this {platform.machine()} machine: {error}"
        ) from None
    array, number = ctypes.c_void_p, ctypes.c_int64
    program.add_trees.argtypes = [array, array, number, array, *[number] * 2, array]
    program.add_trees.argtypes += [*[number] * 3, array]
    program.logistic.argtypes = [array, number]
    program.add_trees.restype = program.logistic.restype = None
    return program


class CompiledTrees:
    """A model as ``predict_rows`` asks it; ``steps`` is what transforms rows for the trees,
    ``labels`` are those of a classifier's classes.

    Raises ValueError for numbers that scikit-learn refuses.
    """

    def __init__(
        self, trees: Trees, program: ctypes.CDLL, steps: Any = None, labels: Sequence[str] = ()
    ) -> None:
        self.classes_ = np.array(labels, object)
        self._trees = trees
        self._program = program
        self._steps = steps

    def predict(self, rows: Any) -> NDArray[Any]:
        """What scikit-learn's ``predict`` gives; classes as text."""
        sums, outcome = self._sums(rows), self._trees.outcome
        if not len(self.classes_):
            return OUTCOMES[outcome](sums, self._program)
        places = sums.argmax(axis=1)
        if outcome in ZERO_IS_SECOND:
            second = sums[:, 0] >= 0 if ZERO_IS_SECOND[outcome] else sums[:, 0] > 0
            places = second.astype(np.intp)
        labels: NDArray[Any] = self.classes_.take(places)
        return labels

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:
        """What scikit-learn's gives."""
        return OUTCOMES[self._trees.outcome](self._sums(rows), self._program)

    def _sums(self, rows: Any) -> NDArray[np.float64]:
        if self._steps is not None:
            rows = self._steps.transform(rows)
        if hasattr(rows, "toarray"):
            rows = rows.toarray()
        rows = np.ascontiguousarray(rows, np.float64)
        if rows.shape[1] != self._trees.features:
            raise ValueError(f"X has {rows.shape[1]} features, not {self._trees.features}")
        if self._trees.single:
            with np.errstate(over="ignore"):
                rows = rows.astype(np.float32).astype(np.float64)
            if np.isinf(rows).any():
                raise ValueError(
                    "Input X contains infinity or a value too large for dtype('float32')."
                )
        missing = bool(np.isnan(rows).any())
        if missing and not self._trees.missing:
            raise ValueError("Input X contains NaN.")
        return self._added(rows, missing)

    def _added(self, rows: NDArray[np.float64], missing: bool) -> NDArray[np.float64]:
        trees = self._trees
        sums = np.tile(trees.start, (len(rows), 1))
        self._program.add_trees(
            trees.nodes.ctypes.data,
            trees.roots.ctypes.data,
            len(trees.roots),
            trees.values.ctypes.data,
            trees.values.shape[1],
            sums.shape[1],
            rows.ctypes.data,
            *rows.shape,
            missing,
            sums.ctypes.data,
        )
        sums /= trees.divisor
        return sums


def _probabilities(sums: NDArray[np.float64], _: Any) -> NDArray[np.float64]:
    return sums


def _number(sums: NDArray[np.float64], _: Any) -> NDArray[np.float64]:
    return sums[:, 0]


def _exponential(sums: NDArray[np.float64], _: Any) -> NDArray[np.float64]:
    return np.exp(sums[:, 0])


def _logistic(sums: NDArray[np.float64], program: Any) -> NDArray[np.float64]:
    program.logistic(sums.ctypes.data, sums.size)
    return np.column_stack([1 - sums[:, 0], sums[:, 0]])


def _softmax(sums: NDArray[np.float64], _: Any) -> NDArray[np.float64]:
    sums = np.exp(sums - sums.max(axis=1, keepdims=True))
    sums /= sums.sum(axis=1, keepdims=True)
    return sums


def _softmax_by_column(sums: NDArray[np.float64], program: Any) -> NDArray[np.float64]:
    """The order in memory is that in which the classes are summed."""
    return _softmax(np.asfortranarray(sums), program)


OUTCOMES = {
    "exponential": _exponential,
    "logistic, second above 0": _logistic,
    "logistic, second from 0": _logistic,
    "number": _number,
    "probabilities": _probabilities,
    "softmax": _softmax,
    "softmax by column": _softmax_by_column,
}

ZERO_IS_SECOND = {"logistic, second above 0": False, "logistic, second from 0": True}
