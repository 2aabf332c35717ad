"""The columns between the steps of a fitted model, each tracked back to the feature it holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from howdah.models.interface.evidence import NUMERIC, Evidence, TypeEvidence
from howdah.models.interface.fitted_values import as_python

__all__ = [
    "COMPUTED",
    "TrackedColumn",
    "TrackedColumns",
    "as_array",
    "follow_unknown",
    "note_missing",
    "note_numbers",
    "note_type",
    "note_unknown",
    "step_name",
    "without_missing",
]

MEANS = ("mean_", "center_", "statistics_", "data_min_")


@dataclass(frozen=True)
class TrackedColumn:
    """A column between two steps: of which feature, if of one; whether its values are still
    the record's own (``untouched``), whole numbers still integers (``exact``), and what is
    missing in the record missing (``keeps_missing``); whether other columns have a say in its dtype
    (``merged``: of a boolean beside a float, an array makes a float)."""

    feature: int = -1
    untouched: bool = False
    exact: bool = False
    keeps_missing: bool = False
    merged: bool = False


COMPUTED = TrackedColumn()
TrackedColumns: TypeAlias = Sequence[TrackedColumn] | None  # None: any number of computed ones


def step_name(model: Any) -> str:
    """What a message calls a step."""
    name = type(model).__name__
    if isinstance(model, FunctionTransformer):
        return f"{name}({getattr(model.func, '__name__', 'a function')})"
    return name


def follow_unknown(
    model: Any, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    """Nobody knows what a step takes that isn't scikit-learn's own, or calls a function."""
    evidence.needs_frame = True
    return note_unknown(f"{step_name(model)} may take anything", columns, evidence)


def note_unknown(why: str, columns: Iterable[TrackedColumn], evidence: Evidence) -> TrackedColumns:
    """Note that nobody knows what becomes of ``columns``."""
    columns = list(columns)
    note_type(TypeEvidence(None, why), columns, evidence)
    note_missing(columns, None, evidence)
    return None


def note_type(found: TypeEvidence, columns: Iterable[TrackedColumn], evidence: Evidence) -> None:
    """Note what a step tells of all ``columns`` whose values or types are the record's."""
    for column in columns:
        if column.untouched or (column.exact and found.type is None):
            any_number = column.merged and found.type in ("integer", "number")
            found = replace(found, type=NUMERIC) if any_number else found
            evidence.types[column.feature].append(found)


def note_missing(columns: Iterable[TrackedColumn], taken: bool | None, evidence: Evidence) -> None:
    """Note whether a step takes missing values."""
    for column in columns:
        if column.keeps_missing:
            evidence.missing[column.feature].append(taken)


def without_missing(columns: Iterable[TrackedColumn]) -> list[TrackedColumn]:
    return [replace(column, keeps_missing=False) for column in columns]


def as_array(columns: Sequence[TrackedColumn]) -> list[TrackedColumn]:
    """The columns as those of one array."""
    return [replace(column, merged=column.merged or len(columns) > 1) for column in columns]


def note_numbers(
    model: Any, columns: Sequence[TrackedColumn], evidence: Evidence
) -> list[TrackedColumn]:
    """Note that ``model`` takes ``columns`` as numbers, 5 and 5.0 alike; return them as such."""
    centres = next((getattr(model, name) for name in MEANS if hasattr(model, name)), None)
    if np.ndim(centres) != 1 or len(centres) != len(columns):  # type: ignore[arg-type]
        centres = [None] * len(columns)
    for column, centre in zip(columns, centres, strict=True):  # type: ignore[arg-type]
        known = as_python(centre)
        example = known if isinstance(known, float) and np.isfinite(known) else None
        note_type(
            TypeEvidence(NUMERIC, f"{step_name(model)} takes numbers", example), [column], evidence
        )
    return [replace(column, untouched=False, exact=False) for column in columns]
