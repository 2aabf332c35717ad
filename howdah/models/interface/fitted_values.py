"""What the values that a model was fitted with tell of a feature's type."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas

from howdah.models.interface.evidence import TypeEvidence

__all__ = ["as_python", "evidence_of_categories", "is_missing", "type_of_values"]

SHOWN = 5


def is_missing(value: Any) -> bool:
    return value is None or value is pandas.NA or value is pandas.NaT or value != value


def as_python(value: Any) -> Any:
    """A numpy scalar as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def type_of_values(values: Iterable[Any], dtype: np.dtype[Any]) -> str | None:
    """The type of all ``values``, none of them missing; None: of no type, or of several."""
    kinds = {type(as_python(value)) for value in values}
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


def evidence_of_categories(reader: str, categories: Any) -> TypeEvidence:
    """What the categories (n,) of a fitted encoder tell."""
    known = [as_python(value) for value in categories if not is_missing(value)]
    shown = ", ".join(map(str, known[:SHOWN])) + (", …" if len(known) > SHOWN else "")
    values = [value for value in categories if not is_missing(value)]
    kind = type_of_values(values, categories.dtype)
    if kind:
        return TypeEvidence(kind, f"{reader} knows it as {shown}", known[0])
    if not known:
        return TypeEvidence(None, f"{reader} knows only that it is missing")
    kinds = ", ".join(sorted({type(value).__name__ for value in values}))
    return TypeEvidence(None, f"{reader} knows it as {shown} ({kinds})")
