"""Features that aren't keys of JSON's records, but stand within a key's value: in a nested object,
or in a list of numbers."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from howdah.errors import UsageError
from mr.models.manifest import Manifest
from mr.records.inner_values import InnerValue

__all__ = ["find_inner_features", "leaves", "lists_of_numbers"]

Keys = tuple[str, ...]
Record = Mapping[str, Any]
Lists = Mapping[Keys, Counter[int]]

NUMBERED = re.compile(r"\[([0-9]+)\]|[_.-]?([0-9]+)")
NAME_AND_NUMBER = re.compile(r"(.*?)([0-9]+)")


def find_inner_features(
    name: str, records: Sequence[Record], manifest: Manifest
) -> tuple[InnerValue, ...]:
    """Where the model's features are that no record of ``name`` has as a key of its own.

    Raises UsageError where it can't be told which of two values is meant.
    """
    found: dict[str, InnerValue] = {}
    keys = {key for record in records for key in record}
    for feature in manifest.features:
        nested = _nested(name, records, feature)
        if nested is not None and len(nested) > 1:
            found[feature] = InnerValue(feature, nested)
    left = [feature for feature in manifest.features if feature not in {*keys, *found}]
    if left:
        lists = lists_of_numbers(records)
        found |= _numbered(name, lists, left)
        if len(left) == len(manifest.features) and not found:
            found = _of_only_list(name, lists, manifest)
    return tuple(found[feature] for feature in manifest.features if feature in found)


def leaves(records: Sequence[Record]) -> Iterator[str]:
    """What features in nested objects would be called."""
    seen: dict[Keys, None] = {}
    for record in records:
        seen |= dict.fromkeys(keys for keys, _ in _values(record) if len(keys) > 1)
    return (".".join(keys) for keys in seen)


def lists_of_numbers(records: Sequence[Record]) -> Lists:
    """Where the records have lists of numbers, and how many of each length."""
    found: dict[Keys, Counter[int]] = {}
    for record in records:
        for keys, value in _values(record):
            if isinstance(value, list) and value and all(map(_may_be_number, value)):
                found.setdefault(keys, Counter())[len(value)] += 1
    return found


def _values(record: Record, above: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _values(value, (*above, key))
        else:
            yield (*above, key), value


def _may_be_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _nested(name: str, records: Sequence[Record], feature: str) -> Keys | None:
    """The keys that lead to a feature, if some record has it."""
    if "." not in feature:
        return None
    found = {keys: None for record in records for keys in _ways(record, feature)}
    if len(found) > 1:
        places = " and ".join(" → ".join(map(repr, keys)) for keys in found)
        raise UsageError(
            f"{name}: {feature} stands in two places, {places}",
            hint="rename one of the two: which one is meant can't be told",
        )
    return next(iter(found), None)


def _ways(record: Record, feature: str) -> Iterator[Keys]:
    """All ways to read a name as keys that are there, one within the other."""
    if feature in record:
        yield (feature,)
    for dot in (place for place, character in enumerate(feature) if character == "."):
        inside = record.get(feature[:dot])
        if isinstance(inside, dict):
            for keys in _ways(inside, feature[dot + 1 :]):
                yield (feature[:dot], *keys)


def _numbered(name: str, lists: Lists, features: Sequence[str]) -> dict[str, InnerValue]:
    """Features that are called as a list, with a number behind it."""
    numbers: dict[Keys, dict[str, int]] = {}
    owners: dict[str, str] = {}
    for keys in lists:
        called = ".".join(keys)
        for feature in features:
            match = NUMBERED.fullmatch(feature.removeprefix(called))
            if not (feature.startswith(called) and match):
                continue
            if feature in owners:
                raise UsageError(
                    f"{name}: {feature} may be of the list {owners[feature]} or of {called}",
                    hint="rename one of the two lists",
                )
            owners[feature] = called
            numbers.setdefault(keys, {})[feature] = int(match[1] or match[2])
    found: dict[str, InnerValue] = {}
    for keys, of_list in numbers.items():
        found |= _of_list(name, keys, lists[keys], of_list)
    return found


def _of_list(
    name: str, keys: Keys, lengths: Counter[int], numbers: Mapping[str, int]
) -> dict[str, InnerValue]:
    """The features that one list has, by their numbers, counted from 0 or from 1."""
    length, called = len(numbers), ".".join(keys)
    first = min(numbers.values())
    named = f"{next(iter(numbers))} and the like"
    if first > 1 or sorted(numbers.values()) != list(range(first, first + length)):
        raise UsageError(
            f"{name}: {called} is a list, and the model's features {named} aren't numbered"
            f" from 0 or 1 on without a gap",
            hint="a list is taken as a whole, a feature for each of its numbers",
        )
    if length not in lengths:
        seen = " or ".join(map(str, sorted(lengths)[:3]))
        raise UsageError(
            f"{name}: {called} is a list of {seen} numbers, and the model takes {length}, {named}",
            hint="are these the records that it was trained for?",
        )
    return {
        feature: InnerValue(feature, keys, number - first, length)
        for feature, number in numbers.items()
    }


def _of_only_list(name: str, lists: Lists, manifest: Manifest) -> dict[str, InnerValue]:
    """Features with nothing but numbers to tell them apart, of the only list with as many."""
    matches = [NAME_AND_NUMBER.fullmatch(feature) for feature in manifest.features]
    numbers = {match[0]: int(match[2]) for match in matches if match}
    prefixes = {match[1] for match in matches if match}
    fitting = [keys for keys, lengths in lists.items() if len(numbers) in lengths]
    if len(numbers) < len(manifest.features) or len(prefixes) > 1 or not fitting:
        return {}
    if len(fitting) > 1:
        called = " and ".join(".".join(keys) for keys in fitting)
        raise UsageError(
            f"{name}: {called} are lists of {len(numbers)} numbers, and which of them are the"
            f" features {', '.join(manifest.features)[:80]} can't be told",
            hint=f"name the features as one of the lists when the model is added, such as"
            f" {'.'.join(fitting[0])}_0",
        )
    return _of_list(name, fitting[0], lists[fitting[0]], numbers)
