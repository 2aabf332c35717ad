"""The columns between the steps of a model, and what a step that reads them tells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from howdah.models.interface.categories import plain
from howdah.models.interface.clues import NUMERIC, Clue, Clues

__all__ = [
    "COMPUTED",
    "Column",
    "Columns",
    "as_array",
    "lost",
    "named",
    "note",
    "note_gaps",
    "read_numbers",
    "unknown",
    "without_gaps",
]

MEANS = ("mean_", "center_", "statistics_", "data_min_")


@dataclass(frozen=True)
class Column:
    """A column between two steps: of which feature, if of one; whether its values are still
    the record's own (``untouched``), whole numbers still integers (``exact``), and what is
    missing in the record missing (``gaps``); whether other columns have a say in its dtype
    (``merged``: of a boolean beside a float, an array makes a float)."""

    feature: int = -1
    untouched: bool = False
    exact: bool = False
    gaps: bool = False
    merged: bool = False


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
    """Note that nobody knows what becomes of ``columns``."""
    columns = list(columns)
    note(Clue(None, why), columns, clues)
    note_gaps(columns, None, clues)
    return None


def note(clue: Clue, columns: Iterable[Column], clues: Clues) -> None:
    """Note what a step tells of all ``columns`` whose values or types are the record's."""
    for column in columns:
        if column.untouched or (column.exact and clue.type is None):
            any_number = column.merged and clue.type in ("integer", "number")
            found = replace(clue, type=NUMERIC) if any_number else clue
            clues.of[column.feature].append(found)


def note_gaps(columns: Iterable[Column], taken: bool | None, clues: Clues) -> None:
    """Note whether a step takes missing values."""
    for column in columns:
        if column.gaps:
            clues.missing[column.feature].append(taken)


def without_gaps(columns: Iterable[Column]) -> list[Column]:
    return [replace(column, gaps=False) for column in columns]


def as_array(columns: Sequence[Column]) -> list[Column]:
    """The columns as those of one array."""
    return [replace(column, merged=column.merged or len(columns) > 1) for column in columns]


def read_numbers(model: Any, columns: Sequence[Column], clues: Clues) -> list[Column]:
    """Note that ``model`` takes ``columns`` as numbers, 5 and 5.0 alike; return them as such."""
    centres = next((getattr(model, name) for name in MEANS if hasattr(model, name)), None)
    if np.ndim(centres) != 1 or len(centres) != len(columns):  # type: ignore[arg-type]
        centres = [None] * len(columns)
    for column, centre in zip(columns, centres, strict=True):  # type: ignore[arg-type]
        known = plain(centre)
        example = known if isinstance(known, float) and np.isfinite(known) else None
        note(Clue(NUMERIC, f"{named(model)} takes numbers", example), [column], clues)
    return [replace(column, untouched=False, exact=False) for column in columns]
