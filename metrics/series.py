"""Values over time: as Prometheus answers them, and as a line of a plot."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Line", "Series"]


@dataclass(frozen=True)
class Line:
    """One series: a name, Unix seconds, a value for each; ``place`` is its colour's number."""

    name: str
    times: Sequence[float]
    values: Sequence[float]
    place: int = 0

    @property
    def points(self) -> list[tuple[float, float]]:
        """Time and value of those that are numbers."""
        points = zip(self.times, self.values, strict=True)
        return [(at, value) for at, value in points if math.isfinite(value)]


@dataclass(frozen=True)
class Series:
    """One series: its labels, its times in Unix seconds and a value for each."""

    labels: dict[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]
