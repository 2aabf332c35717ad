"""What a field of a table, or a value of a record, can be read as."""

import math
from typing import Any

from mr.records.cells import MISSING

__all__ = ["BOOLEANS", "is_boolean", "is_missing", "is_number", "reads_as"]

BOOLEANS = frozenset(("True", "TRUE", "true", "False", "FALSE", "false"))  # as it reads them


def is_missing(value: Any) -> bool:
    """Whether a field, or a value of JSON, is none."""
    return value is None or (isinstance(value, str) and value in MISSING)


def is_boolean(value: Any) -> bool:
    """Whether it is true or false, and not a number that stands for it."""
    return isinstance(value, bool) or (isinstance(value, str) and value in BOOLEANS)


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
        return float("nan" if "_" in field else field)  # 1_000 is a number to float() alone
    except ValueError:
        return math.nan
