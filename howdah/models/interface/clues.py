"""What the steps of a model tell of each feature, and what follows from it."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

__all__ = ["NUMERIC", "Clue", "Clues"]

NUMERIC = "numeric"  # a number, an integer or a boolean: to who reads it, they are the same


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
    ``not_of_booleans``: features that some step computes otherwise where they are booleans.
    """

    of: dict[int, list[Clue]] = field(default_factory=lambda: defaultdict(list))
    missing: dict[int, list[bool | None]] = field(default_factory=lambda: defaultdict(list))
    needs_frame: bool = False
    not_of_booleans: set[int] = field(default_factory=set)

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
