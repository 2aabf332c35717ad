"""Some events of a tree: cut, and their columns evaluated."""

from collections.abc import Mapping
from typing import Any

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from mr.pipelines.root_reduce.arithmetic import widened
from mr.pipelines.root_reduce.expression import EventExpression
from mr.pipelines.root_reduce.functions import plain

__all__ = ["Branches", "Events"]

Branches = Mapping[str, Any]


class Events:
    """n events: ``column`` gives one of ``branches`` or of ``defined`` columns, and ``cut`` leaves
    fewer. A defined column is evaluated for the events that are left when it is asked for."""

    def __init__(self, branches: Branches, defined: Mapping[str, EventExpression]) -> None:
        self._branches = branches
        self._defined = defined
        self._left: NDArray[np.intp] | None = None  # all of them
        self._known: dict[str, Any] = {}

    def __len__(self) -> int:
        if self._left is None:
            return len(next(iter(self._branches.values())))
        return len(self._left)

    def column(self, name: str) -> Any:
        """Numbers (n,), or lists of numbers an event."""
        if name not in self._known:
            self._known[name] = self._column(name)
        return self._known[name]

    def evaluate(self, expression: EventExpression) -> Any:
        """The same of any expression; ValueError where it can't be evaluated."""
        found = plain(expression.evaluate(self._operand))
        if not isinstance(found, ak.Array | np.ndarray):
            raise ValueError(f"{expression.text}: it is the same for every event")
        return found

    def cut(self, where: EventExpression) -> None:
        """Leave those for which ``where`` is true."""
        true = self.evaluate(where)
        if not isinstance(true, np.ndarray) or true.dtype != np.bool_:
            raise ValueError(f"{where.text}: it is not true or false for an event as a whole")
        left = np.flatnonzero(true)
        self._left = left if self._left is None else self._left[left]
        self._known = {}

    def _operand(self, name: str) -> Any:
        """A column as expressions take it, its whole numbers as int64."""
        return widened(self.column(name))

    def _column(self, name: str) -> Any:
        if name in self._defined:
            return self.evaluate(self._defined[name])
        values = self._branches[name]
        return values if self._left is None else values[self._left]
