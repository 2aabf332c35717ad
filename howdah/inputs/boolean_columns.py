"""Columns of numbers that a table has as booleans: True stands for 1, and False for 0."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from howdah.errors import UsageError
from howdah.inputs.field_types import is_boolean, is_missing

__all__ = ["find_booleans"]


def find_booleans(
    numbers: Collection[str], records: Mapping[str, Iterable[Mapping[str, Any]]]
) -> tuple[str, ...]:
    """Those of the columns ``numbers`` whose values are booleans in the first ``records`` of each
    input, by its name; UsageError where inputs differ."""
    written = {source: _written(numbers, each) for source, each in records.items()}
    found = []
    for name in numbers:
        are_booleans = {source: each[name] for source, each in written.items() if name in each}
        if all(are_booleans.values()) and are_booleans:
            found.append(name)
        elif any(are_booleans.values()):
            one = next(source for source, are in are_booleans.items() if are)
            other = next(source for source, are in are_booleans.items() if not are)
            raise UsageError(
                f"column {name} has True and False in {one}, and not only these in {other}",
                hint="write it in one way, or submit them one by one",
            )
    return tuple(found)


def _written(numbers: Collection[str], records: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    """Of each column that has values, whether all are booleans."""
    found: dict[str, bool] = {}
    for record in records:
        for name in numbers:
            if not is_missing(value := record.get(name)):
                found[name] = found.get(name, True) and is_boolean(value)
    return found
