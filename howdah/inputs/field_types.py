"""What a field of a table, or a value of a record, can be read as."""

import math
from typing import Any

from mr.records.cells import MISSING, NotReadable, as_number, boolean_of

__all__ = ["is_boolean", "is_missing", "is_number", "reads_as"]


def is_missing(value: Any) -> bool:
    """Whether a field, or a value of JSON, is none."""
    return value is None or (isinstance(value, str) and value in MISSING)


def is_boolean(value: Any) -> bool:
    """Whether it is true or false, and not a number that stands for it."""
    return boolean_of(value) is not None


def is_number(field: str) -> bool:
    """Whether it is a finite number."""
    return math.isfinite(_number(field))


def reads_as(field: str, kind: str) -> bool:
    """Whether a feature of that type may have it: text any, the others a number, a boolean, or
    what is missing."""
    if kind == "text" or is_missing(field) or is_boolean(field):
        return True
    return not math.isnan(_number(field))


def _number(field: str) -> float:
    try:
        return as_number(field)
    except NotReadable:
        return math.nan
