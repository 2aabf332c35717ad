"""Finds the records of a batch for which the model raises, each by itself.

An exception often quotes the cell that the model can't take: records with such a cell are probed
first, each alone. Others are searched for in pieces.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import ModelFault
from mr.records.tsv import escape_text
from mr.scoring.caught_exception import CaughtException
from mr.scoring.prediction import Prediction
from mr.scoring.predictor import Predictor
from mr.scoring.probe import probing
from mr.scoring.scorer import Batch
from mr.supervision.watchdog import call_returned

__all__ = ["FailureSearch", "QuotedCells", "Rows"]

PIECE = 256  # records of a probe, as long as few raise
REMEMBERED = 1000

_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"")
_WITH_DIGIT = re.compile(r"[^\s'\",;:()\[\]{}]*\d[^\s'\",;:()\[\]{}]*")
SHORTEST = 4  # of words with a digit in them that aren't quoted

Rows = NDArray[np.intp]
Cell = tuple[int, bytes]  # a column's place, and what stands there


class QuotedCells:
    """Cells that the model's exceptions have quoted, of records for which it raised; they are kept
    for all blocks of a task."""

    def __init__(self) -> None:
        self._cells: dict[Cell, None] = {}

    def __bool__(self) -> bool:
        return bool(self._cells)

    def add(self, cell: Cell) -> None:
        """Keep a cell; if they are too many, the oldest one is dropped."""
        self._cells[cell] = None
        if len(self._cells) > REMEMBERED:
            del self._cells[next(iter(self._cells))]

    def clear(self, cell: Cell) -> None:
        """Drop a cell: a record that has it was scored."""
        self._cells.pop(cell, None)

    def of(self, field: bytes) -> list[Cell]:
        """Those that a record, its fields as TSV, has."""
        cells = field.split(b"\t")
        return [cell for cell in enumerate(cells) if cell in self._cells]


class FailureSearch:
    """A batch of records, and for which of them the model is known to raise: ``raised`` has its
    exceptions by row."""

    def __init__(self, predictor: Predictor, batch: Batch, quoted_cells: QuotedCells) -> None:
        self.raised: dict[int, CaughtException] = {}
        self._predictor = predictor
        self._batch = batch
        self._quoted_cells = quoted_cells
        self._left = np.ones(len(batch.fields), np.bool_)

    def predict(self, rows: Rows) -> Prediction | CaughtException:
        """The prediction of some rows, or the exception that the model raises for them."""
        try:
            return self._predictor.predict(_take(self._batch.features, rows))
        except (ModelFault, MemoryError):  # no record is the cause
            raise
        except Exception as error:
            return CaughtException.of(error)
        finally:
            call_returned()

    def left(self, rows: Rows) -> Rows:
        """Those of the rows for which the model isn't known to raise."""
        return rows[self._left[rows]]

    def try_known_cells(self) -> None:
        """Probe the records that have a cell which was quoted in an earlier block, each alone."""
        if not self._quoted_cells:
            return
        for row, field in enumerate(self._batch.fields):
            for cell in self._quoted_cells.of(field):
                if not self._raises(row, cell):
                    break

    def try_quoted(self, error: CaughtException, rows: Rows) -> bool:
        """Probe those of the rows that have a cell which ``error`` quotes, each alone; whether the
        model raises for any."""
        quoted = _quoted(error)
        having: dict[Cell, list[int]] = {}
        for row in rows.tolist() if quoted else ():
            for cell in enumerate(self._batch.fields[row].split(b"\t")):
                if cell[1] in quoted:
                    having.setdefault(cell, []).append(row)
        before = len(self.raised)
        for cell, members in having.items():
            for row in members:
                if not self._raises(row, cell):  # nor for the others, it seems
                    break
        return len(self.raised) > before

    def search(self, rows: Rows, *, hasty: bool) -> None:
        """Find the rows for which the model raises, in pieces that have about one of them.

        Models go through rows in order. A ``hasty`` search doesn't look again at those before a
        row whose cell the model has quoted; it may miss some.
        """
        tested, before = 0, len(self.raised)
        while len(rows):
            found = len(self.raised) - before
            size = min(PIECE, max(1, tested // (2 * found))) if found else PIECE
            done = self._search_piece(rows[:size], hasty)
            tested += done
            rows = self.left(rows[done:])

    def _search_piece(self, rows: Rows, hasty: bool) -> int:
        """Find the first row of a piece for which the model raises, if there is one; how many rows
        needn't be looked at again."""
        error = self._try(rows)
        if error is None:
            return len(rows)
        good = 0  # rows at the beginning
        while len(rows) > 1:
            if error and self.try_quoted(error, rows):
                first = int(np.flatnonzero(~self._left[rows])[0])
                return good + first + 1 if hasty else good
            half = len(rows) // 2
            error = self._try(rows[:half])
            good += 0 if error else half
            rows = rows[:half] if error else rows[half:]
        error = error or self._try(rows)
        if error:
            self.found(int(rows[0]), error)
        return good + 1

    def _raises(self, row: int, cell: Cell) -> bool:
        """Whether the model raises for a row, whose ``cell`` may be why."""
        if row in self.raised:
            return True
        error = self._try(np.array([row]))
        if error is None:
            self._quoted_cells.clear(cell)
            return False
        self.found(row, error)
        self._quoted_cells.add(cell)
        return True

    def found(self, row: int, error: CaughtException) -> None:
        """Note that the model raises ``error`` for a row."""
        self.raised[row] = error
        self._left[row] = False

    def _try(self, rows: Rows) -> CaughtException | None:
        with probing():
            found = self.predict(rows)
        return found if isinstance(found, CaughtException) else None


def _take(features: Any, rows: Rows) -> Any:
    """Some rows, in ascending order, of what can be sliced by row."""
    first, last = int(rows[0]), int(rows[-1]) + 1
    if last - first == len(rows):
        return features[first:last]
    if isinstance(features, Sequence):
        return [features[row] for row in rows.tolist()]
    return features.iloc[rows] if hasattr(features, "iloc") else features[rows]


def _quoted(error: CaughtException) -> set[bytes]:
    """What ``error`` says between quotes, and its words with digits in them, as cells have it."""
    text = error.words
    texts: Iterable[str] = (one or other for one, other in _QUOTED.findall(text))
    words = (word.rstrip(".") for word in _WITH_DIGIT.findall(text))
    return {escape_text(each) for each in (*texts, *(w for w in words if len(w) >= SHORTEST))}
