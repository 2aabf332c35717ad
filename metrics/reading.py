"""A signal's series as it is told: whose it is, its last value, and how good that is."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from metrics.definition import Signal
from metrics.series import Line, Series
from metrics.units import format_value

__all__ = ["Level", "Reading", "Window", "level_of", "name_of", "natural_order", "readings"]

NEVER = (math.nan, math.nan)
LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Level(Enum):
    """How good a value is, as a word and as a sign that needs no colour."""

    NEITHER = "", ""
    WELL = "well", "✓"
    WARNING = "warning", "▲"
    CRITICAL = "critical", "✖"

    def __init__(self, word: str, sign: str) -> None:
        self.word = word
        self.sign = sign


@dataclass(frozen=True)
class Window:
    """The time that a page shows, in Unix seconds, with a value each ``step`` seconds."""

    start: float
    end: float
    step: float


@dataclass(frozen=True)
class Reading:
    """One series of a signal within the window."""

    signal: Signal
    name: str
    line: Line
    window: Window

    @property
    def last(self) -> tuple[float, float]:
        """Time and value of the last one, which may be infinite; NaN if there was none."""
        points = zip(reversed(self.line.times), reversed(self.line.values), strict=True)
        return next(((at, value) for at, value in points if not math.isnan(value)), NEVER)

    @property
    def value(self) -> float:
        return self.last[1]

    @property
    def age(self) -> float:
        """Seconds from the last value to the window's end, 0 if it is from there."""
        age = self.window.end - self.last[0]
        return age if age > 1.5 * self.window.step else 0.0

    @property
    def level(self) -> Level:
        return Level.NEITHER if self.age else level_of(self.signal, self.value)

    @property
    def text(self) -> str:
        return format_value(self.value, self.signal.unit)


def level_of(signal: Signal, value: float) -> Level:
    """Hold ``value`` against the signal's thresholds."""
    if math.isnan(value) or not signal.judged:
        return Level.NEITHER
    for threshold, level in ((signal.critical, Level.CRITICAL), (signal.warn, Level.WARNING)):
        if threshold is None:
            continue
        if value < threshold if signal.low_is_bad else value >= threshold:
            return level
    return Level.WELL


def name_of(signal: Signal, labels: Mapping[str, str]) -> str:
    """The signal's legend with the series' own labels in it; "" where it has none."""
    return LABEL.sub(lambda found: labels.get(found[1], ""), signal.legend).strip()


def readings(signal: Signal, found: Sequence[Series], window: Window) -> Iterator[Reading]:
    """What each series tells, in the order of names."""
    named = ((name_of(signal, one.labels), one) for one in found)
    for name, one in sorted(named, key=lambda pair: natural_order(pair[0])):
        yield Reading(signal, name, Line(name, one.times, one.values), window)


def natural_order(name: str) -> list[tuple[int, str]]:
    """The order of people: worker2 before worker10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
