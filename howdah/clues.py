"""What the steps of a model tell of each feature, and what follows from it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas

__all__ = ["NUMERIC", "Clue", "Clues", "is_missing", "of_categories", "of_values", "plain"]

NUMERIC = "numeric"  # a number, an integer or a boolean: to who reads it, they are the same
SHOWN = 5


@dataclass(frozen=True)
class Clue:
    """What one step tells of a feature: its type (None: it can't tell), and how it shows."""

    type: str | None
    why: str
    example: Any = None


@dataclass
class Clues:
    """What all steps tell of all features, by the feature's position.

    ``missing``: whether missing values are known to be taken (True), refused (False), or
    neither (None). ``needs_frame``: whether a step may look at columns' names or dtypes.
    """

    of: dict[int, list[Clue]] = field(default_factory=lambda: defaultdict(list))
    missing: dict[int, list[bool | None]] = field(default_factory=lambda: defaultdict(list))
    needs_frame: bool = False

    def settled(self, feature: int) -> Clue:
        """The type of ``feature`` where all clues agree, an example, and why."""
        clues = self.of[feature]
        example = next((clue.example for clue in clues if clue.example is not None), None)
        for clue in clues:
            if clue.type is None:
                return Clue(None, clue.why, example)
        certain = [clue for clue in clues if clue.type != NUMERIC]
        types = {clue.type for clue in certain}
        if not clues:
            return Clue(None, "nothing in the model tells")
        if not certain:
            return Clue("number", clues[0].why, example)
        if types == {"integer", "number"}:  # they compare equal
            number = next(clue for clue in certain if clue.type == "number")
            return Clue("number", number.why, example)
        numbers_too = [clue for clue in clues if clue.type == NUMERIC]
        if len(types) > 1 or (types == {"text"} and numbers_too):
            other = numbers_too or [clue for clue in certain if clue.type != certain[0].type]
            return Clue(None, f"{certain[0].why}, but {other[0].why}", example)
        return Clue(certain[0].type, certain[0].why, certain[0].example)

    def takes_missing(self, feature: int) -> bool | None:
        """Whether missing values of ``feature`` are taken by all steps that they reach."""
        said = self.missing[feature]
        if False in said:
            return False
        return True if said and None not in said else None


def is_missing(value: Any) -> bool:
    return value is None or value is pandas.NA or value is pandas.NaT or value != value


def plain(value: Any) -> Any:
    """A numpy scalar as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def of_values(values: Iterable[Any], dtype: np.dtype[Any]) -> str | None:
    """The type of all ``values``, none of them missing; None: of no type, or of several."""
    kinds = {type(plain(value)) for value in values}
    if not kinds or dtype.kind not in "biufOUS":
        return None
    if kinds == {str}:
        return "text"
    if kinds == {bool}:
        return "boolean"
    if kinds == {int}:
        return "integer"
    if kinds <= {int, float} and all(float(str(value)) == float(value) for value in values):
        return "number"  # unlike 0.1 in 32 bits, which no number in 64 bits equals
    return None


def of_categories(reader: str, categories: Any) -> Clue:
    """What the categories (n,) of a fitted encoder tell."""
    known = [plain(value) for value in categories if not is_missing(value)]
    shown = ", ".join(map(str, known[:SHOWN])) + (", …" if len(known) > SHOWN else "")
    values = [value for value in categories if not is_missing(value)]
    kind = of_values(values, categories.dtype)
    if kind:
        return Clue(kind, f"{reader} knows it as {shown}", known[0])
    if not known:
        return Clue(None, f"{reader} knows only that it is missing")
    kinds = ", ".join(sorted({type(value).__name__ for value in values}))
    return Clue(None, f"{reader} knows it as {shown} ({kinds})")
