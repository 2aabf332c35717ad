"""What a model says of records, rounded once: in all that is written, scores are whole numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Prediction", "join"]


@dataclass(frozen=True)
class Prediction:
    """n predictions, in fixed point.

    ``scores`` (n,), None where labels are all there is; ``table`` (n, classes) where one column a
    class is written; ``classes`` (n,) as indices into the labels or, of clusters, their numbers;
    ``outputs``: the predictions of each output of a model with several, which has none of the
    others itself; ``valid`` (n,): whether all of a record's numbers are finite; ``unrounded``: of
    two classes and regressions the scores (n,), of more classes the table (n, classes), as the
    model gave them.
    """

    scores: NDArray[np.int64] | None
    valid: NDArray[np.bool_]
    classes: NDArray[np.intp] | None = None
    table: NDArray[np.int64] | None = None
    outputs: tuple["Prediction", ...] = ()
    unrounded: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.valid)

    def take(self, rows: NDArray[np.intp]) -> "Prediction":
        """Those of some rows."""
        return _each([self], lambda columns: columns[0][rows])


def join(pieces: Sequence[tuple[NDArray[np.intp], Prediction]]) -> Prediction:
    """The predictions of disjoint rows, put together in order; all rows are in one piece."""
    rows = np.concatenate([places for places, _ in pieces])
    order = np.empty(len(rows), np.intp)
    order[rows] = np.arange(len(rows))
    return _each([piece for _, piece in pieces], lambda columns: np.concatenate(columns)[order])


def _each(pieces: Sequence[Prediction], make: Callable[[list[Any]], Any]) -> Prediction:
    """The prediction that ``make`` makes of the pieces' columns, one by one."""

    def made(name: str) -> Any:
        columns = [getattr(piece, name) for piece in pieces]
        return None if columns[0] is None else make(columns)

    outputs = zip(*(piece.outputs for piece in pieces), strict=True)
    return Prediction(
        made("scores"),
        made("valid"),
        made("classes"),
        made("table"),
        tuple(_each(each, make) for each in outputs),
        made("unrounded"),
    )
