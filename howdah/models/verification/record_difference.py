"""How a task's prediction of one record differs from the model's own, or from a known answer."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mr.models.manifest import Manifest

__all__ = ["digits_of", "find_difference", "find_known_difference", "is_score"]

ENOUGH = 1e-9  # of a score's size: what another order of additions may change


def find_difference(
    found: Mapping[str, str] | None,
    reason: str,
    expected: Mapping[str, Any],
    raised: str,
    manifest: Manifest,
    bound: float = 0.0,
) -> str | None:
    """In what a record differs: a task's cells or reason against the model's own, or its error.
    Scores may be apart by ``bound``, besides their rounding."""
    if found is None:
        unusable = raised or not all(map(_is_usable, expected.values()))
        text = ", ".join(f"{name} {value}" for name, value in expected.items())
        return None if unusable else f"Howdah rejects it ({reason}), the model says {text}"
    if raised:
        text = ", ".join(f"{name} {cell}" for name, cell in found.items())
        return f"Howdah says {text}, the model raises {raised}"
    for name, cell in found.items():
        if not _is_same(cell, expected[name], manifest.decimals, bound):
            return f"Howdah says {name} {cell}, the model {expected[name]}"
    return None


def is_score(name: str) -> bool:
    return name.startswith("score") or name == "distance"


def _is_usable(value: Any) -> bool:
    return not isinstance(value, np.floating) or bool(np.isfinite(value))


def _is_same(cell: str, value: Any, decimals: int, bound: float) -> bool:
    """Whether a written cell is what the model gave: the same text, or that number rounded."""
    if not isinstance(value, np.floating):
        return cell == str(value)
    close = 0.5 * 10.0**-decimals + ENOUGH * max(1.0, abs(float(value))) + bound
    return abs(float(cell) - float(value)) <= close


def find_known_difference(
    found: Mapping[str, str], known: Mapping[str, str], digits: Mapping[str, int]
) -> str | None:
    """In what a record's prediction differs from its known answers; an empty one isn't compared.

    ``digits``: behind the point, to which the answers of a column are compared.
    """
    for name, answer in known.items():
        cell = found[name]
        if not answer or cell == answer:
            continue
        if not _is_number(cell) or not _is_number(answer):
            return f"{name} is {cell}, and the known answer {answer}"
        close = max(0.5 * 10.0 ** -digits[name], 1e-6) * 1.001 + ENOUGH * abs(float(answer))
        if abs(float(cell) - float(answer)) > (close if is_score(name) else 0):
            return f"{name} is {cell}, and the known answer {answer}"
    return None


def digits_of(answers: Iterable[str], most: int) -> int:
    """The digits behind the point that the answers of a column are written with, but ``most`` at
    the most: in a column that has long ones, 0.5 is exact, and not rounded."""
    written = (most if "e" in one.lower() else len(one.partition(".")[2]) for one in answers)
    return min(most, max(written, default=0))


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
