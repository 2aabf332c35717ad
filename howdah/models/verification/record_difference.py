"""How a task's prediction of one record differs from the model's own, or from a known answer."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mr.models.manifest import Manifest

__all__ = ["find_difference", "find_known_difference", "is_score"]

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
    found: Mapping[str, str], known: Mapping[str, str], manifest: Manifest
) -> str | None:
    """In what a record's prediction differs from its known answer; an empty one isn't compared."""
    for name, answer in known.items():
        cell = found.get(name)
        if cell is None or not answer or cell == answer:
            continue
        try:
            digits = len(answer.partition(".")[2]) if "e" not in answer.lower() else 6
            close = max(0.5 * 10.0 ** -min(digits, manifest.decimals), 1e-6) * 1.001
            if abs(float(cell) - float(answer)) <= (close if name == "score" else 0):
                continue
        except ValueError:
            pass
        return f"{name} is {cell}, and the known answer {answer}"
    return None
