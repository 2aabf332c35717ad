"""What columns that a job adds are called beside those of the input."""

from collections.abc import Collection, Sequence

__all__ = ["distinct_names", "free_name"]

PREFIX = "predicted_"


def free_name(name: str, taken: Collection[str]) -> str:
    """``name``, with the smallest number from 2 on behind it if it is taken."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def distinct_names(new: Sequence[str], taken: Collection[str]) -> dict[str, str]:
    """What each ``new`` column is called: as it is or, where the input has such a column,
    ``predicted_`` and that, numbered if even this is taken."""
    used = {*taken, *new}
    called = {}
    for name in new:
        called[name] = free_name(PREFIX + name, used) if name in taken else name
        used.add(called[name])
    return called
