"""What one field of a table holds, by its feature's type: as pandas reads it, or why it can't.

A missing value is NaN, whatever the type. Whole numbers and booleans are floats, 1.0 for true,
since a block is read as floats where it can be; only whole numbers that floats don't hold are ints.
"""

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXACT", "FLAG", "INTEGERS", "MISSING", "READERS", "WRITTEN", "NotReadable",
           "as_number", "boolean_of", "fits"]  # fmt: skip

# what pandas.read_csv takes for a missing value
MISSING = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"]
    + ["<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"]
)
FLAG = "flag"  # a number that the table writes as True and False
WRITTEN = "written"  # a text that is never missing, such as an id
EXACT = 2.0**53  # below it, floats hold all whole numbers
INTEGERS = range(-(2**63), 2**63)
NAN: Any = np.nan  # the very object that pandas has in columns of objects


class NotReadable(ValueError):
    """Carries what a field isn't."""


def as_number(value: Any) -> float:
    """A number; ``value`` is a text, or what JSON has."""
    if value is None or value == "":
        return np.nan
    try:
        if isinstance(value, str) and "_" in value:  # 1_000 is a number to float() alone
            raise ValueError
        return float(value)
    except (ValueError, TypeError, OverflowError):
        raise NotReadable("not a number") from None


def boolean_of(value: Any) -> bool | None:
    """A boolean, or what is written True or False in small or capital letters, as pandas takes it;
    None for all else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false") and value.isascii():
        return value.lower() == "true"
    return None


def as_flag(value: Any) -> float:
    """A number that is written True or False."""
    if value is None or value == "":
        return np.nan
    found = boolean_of(value)
    if found is None:
        raise NotReadable("not a boolean")
    return float(found)


def as_boolean(value: Any) -> float:
    """A boolean, which may also be written 1 or 0."""
    found = boolean_of(value)
    if found is not None:
        return float(found)
    try:
        number = as_number(value)
    except NotReadable:
        raise NotReadable("not a boolean") from None
    if number in (0, 1) or number != number:
        return number
    raise NotReadable("not a boolean")


def as_integer(value: Any) -> float | int:
    """A whole number of 64 bits: a float where that is exact."""
    try:
        if isinstance(value, bool):
            raise NotReadable
        number = as_number(value)
    except NotReadable:
        raise NotReadable("not a whole number") from None
    if number != number or (abs(number) < EXACT and number.is_integer()):
        return number + 0.0  # no minus zero
    exact = _exactly(value, number)
    if exact is None or exact not in INTEGERS:
        raise NotReadable("not a whole number")
    return exact


def as_text(value: Any) -> Any:
    """A text as it stands there; of JSON's numbers and booleans, what ``str`` makes of them."""
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return NAN
    if isinstance(value, (bool, int, float)):
        return str(value)
    raise NotReadable("not a text")


def as_written(value: Any) -> str:
    """Any field as scores.tsv has it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if type(value) in (int, float):
        return repr(value)
    import json

    return json.dumps(value, ensure_ascii=False)


READERS = {
    "number": as_number,
    FLAG: as_flag,
    "boolean": as_boolean,
    "integer": as_integer,
    "text": as_text,
    WRITTEN: as_written,
}


def fits(numbers: NDArray[np.float64], kind: str) -> bool:
    """Whether a feature of this ``kind`` can hold all of the ``numbers`` (n,), read as floats."""
    if kind == "number":
        return True
    known = numbers[~np.isnan(numbers)]
    if kind == "integer":
        return bool(np.all((np.abs(known) < EXACT) & (known == np.floor(known))))
    return kind == "boolean" and bool(np.all((known == 0) | (known == 1)))


def _exactly(value: Any, number: float) -> int | None:
    """The whole number that stands in ``value``, if there is one; floats hold ``number`` only."""
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or not np.isfinite(number):
        return None  # which number JSON had can't be told
    exact = Decimal(value.strip())
    return int(exact) if exact == exact.to_integral_value() else None
