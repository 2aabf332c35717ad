"""The evidence that the steps of a fitted model give on the type of each feature."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

__all__ = ["NUMERIC", "Evidence", "TypeEvidence"]

NUMERIC = "numeric"  # a number, an integer or a boolean: to who reads it, they are the same


@dataclass(frozen=True)
class TypeEvidence:
    """What one step tells of a feature: its type (None: it can't tell), and how it shows."""

    type: str | None
    why: str
    example: Any = None


@dataclass
class Evidence:
    """What all steps tell of all features, by the feature's position.

    ``types``: what each step tells of a feature's type. ``missing``: whether missing values are
    known to be taken (True), refused (False), or neither (None). ``needs_frame``: whether a step
    may look at columns' names or dtypes; ``needs_categories``: whether it takes all that aren't
    numbers as pandas categories. ``not_of_booleans``: features that some step computes
    otherwise where they are booleans.
    """

    types: dict[int, list[TypeEvidence]] = field(default_factory=lambda: defaultdict(list))
    missing: dict[int, list[bool | None]] = field(default_factory=lambda: defaultdict(list))
    needs_frame: bool = False
    needs_categories: bool = False
    not_of_booleans: set[int] = field(default_factory=set)

    def inferred_type(self, feature: int) -> TypeEvidence:
        """The type of ``feature`` where all evidence agrees, an example, and why."""
        evidence = self.types[feature]
        example = next((found.example for found in evidence if found.example is not None), None)
        for found in evidence:
            if found.type is None:
                return TypeEvidence(None, found.why, example)
        certain = [found for found in evidence if found.type != NUMERIC]
        types = {found.type for found in certain}
        if not evidence:
            return TypeEvidence(None, "nothing in the model tells")
        if not certain:
            return TypeEvidence("number", evidence[0].why, example)
        numbers_too = [found for found in evidence if found.type == NUMERIC]
        if len(types) > 1 or (types == {"text"} and numbers_too):
            other = numbers_too or [found for found in certain if found.type != certain[0].type]
            return TypeEvidence(None, f"{certain[0].why}, but {other[0].why}", example)
        return TypeEvidence(certain[0].type, certain[0].why, certain[0].example)

    def takes_missing(self, feature: int) -> bool | None:
        """Whether missing values of ``feature`` are taken by all steps that they reach."""
        taken = self.missing[feature]
        if False in taken:
            return False
        return True if taken and None not in taken else None
