"""The columns between the steps of a model, and what a step that reads them tells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from howdah.categories import plain
from howdah.clues import NUMERIC, Clue, Clues

__all__ = ["COMPUTED", "Column", "Columns", "lost", "named", "note_gaps", "read_numbers", "unknown"]

MEANS = ("mean_", "center_", "statistics_", "data_min_")


@dataclass(frozen=True)
class Column:
    """A column between two steps: of which feature, if of one; whether its values are still
    the record's own; whether what is missing in the record is missing here."""

    feature: int = -1
    untouched: bool = False
    gaps: bool = False


COMPUTED = Column()
Columns: TypeAlias = Sequence[Column] | None  # None: any number of computed ones


def named(model: Any) -> str:
    """What a message calls a step."""
    name = type(model).__name__
    if isinstance(model, FunctionTransformer):
        return f"{name}({getattr(model.func, '__name__', 'a function')})"
    return name


def unknown(model: Any, columns: Sequence[Column], clues: Clues) -> Columns:
    """Nobody knows what a step takes that isn't scikit-learn's own, or calls a function."""
    clues.needs_frame = True
    return lost(f"{named(model)} may take anything", columns, clues)


def lost(why: str, columns: Iterable[Column], clues: Clues) -> Columns:
    for column in columns:
        if column.untouched:
            clues.of[column.feature].append(Clue(None, why))
        if column.gaps:
            clues.missing[column.feature].append(None)
    return None


def note_gaps(columns: Iterable[Column], taken: bool | None, clues: Clues) -> None:
    for column in columns:
        if column.gaps:
            clues.missing[column.feature].append(taken)


def read_numbers(model: Any, columns: Sequence[Column], clues: Clues) -> list[Column]:
    """Note that ``model`` makes numbers of what it is given."""
    centres = next((getattr(model, name) for name in MEANS if hasattr(model, name)), None)
    known = np.ndim(centres) == 1 and len(centres) == len(columns)  # type: ignore[arg-type]
    for place, column in enumerate(columns):
        if column.untouched:
            example = plain(centres[place]) if known else None  # type: ignore[index]
            example = example if isinstance(example, float) and np.isfinite(example) else None
            clue = Clue(NUMERIC, f"{named(model)} takes numbers", example)
            clues.of[column.feature].append(clue)
    return [replace(column, untouched=False) for column in columns]
