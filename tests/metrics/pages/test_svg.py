"""Plots and the words beside them: round axes, honest gaps, units, thresholds without colour."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from metrics.definition import Signal
from metrics.pages.svg import Mark, arc, lines_plot, spark, stroke
from metrics.pages.ticks import time_ticks, value_ticks
from metrics.reading import Level, Window, level_of, name_of, readings
from metrics.series import Line, Series
from metrics.units import format_value

NOON = 1_795_262_400  # Unix seconds
DISK = Signal("disk", "Disk", "x", "percentunit", "", "{{instance}} {{ device }}", 0.75, 0.9)
DAYS = Signal("days", "Days", "x", "d", "", warn=7, critical=2, low_is_bad=True)


def paths(drawing: str, kind: str) -> list[str]:
    """The shapes of one class in a plot, as SVG's path data."""
    (svg,) = re.findall(r"<svg.*</svg>", drawing, re.DOTALL)
    found = ElementTree.fromstring(svg).iter("path")
    return [path.get("d", "") for path in found if kind in path.get("class", "").split()]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.434, "percentunit", "43 %"),
        (0.0012, "percentunit", "0.12 %"),
        (0.000176, "percentunit", "0.018 %"),
        (1, "percentunit", "100 %"),
        (0, "bytes", "0 B"),
        (1536, "bytes", "1.5 KiB"),
        (3.4e12, "bytes", "3.09 TiB"),
        (41_250_000, "Bps", "41.2 MB/s"),
        (12_345, "ops", "12.3 k/s"),
        (0, "s", "0 s"),
        (0.0042, "s", "4.2 ms"),
        (119, "s", "119 s"),
        (200, "s", "3.33 min"),
        (31_536_000, "s", "365 d"),
        (0.5, "d", "12 h"),
        (4000, "none", "4,000"),
        (2_500_000, "short", "2.5 M"),
        (-0.5, "none", "-0.5"),
        (math.inf, "s", "∞"),
        (math.nan, "s", "no data"),
        (7, "a unit of Grafana's that is new", "7"),
    ],
)
def test_values_in_their_units(value: float, unit: str, text: str) -> None:
    """Three digits, a unit's own prefixes, and words for what is no number."""
    assert format_value(value, unit) == text


@pytest.mark.parametrize(
    ("low", "high", "unit", "ticks"),
    [
        (0, 0.43, "percentunit", [0, 0.25, 0.5, 0.75, 1]),
        (0, 0.043, "percentunit", [0, 0.02, 0.04, 0.06]),
        (0, 3, "none", [0, 1, 2, 3]),
        (0, 0, "none", [0, 1]),
        (0, 5000, "bytes", [0, 2048, 4096, 6144]),
        (0, 700, "s", [0, 300, 600, 900]),
        (-3, 9, "short", [-5, 0, 5, 10]),
    ],
)
def test_round_values_at_the_axis(low: float, high: float, unit: str, ticks: list[float]) -> None:
    """From 0 or below it to above the highest value, in steps that people count in."""
    assert value_ticks(low, high, unit) == pytest.approx(ticks)


@pytest.mark.parametrize("seconds", [10, 90, 3600, 86_400, 7 * 86_400, 400 * 86_400])
def test_round_times_at_the_axis(seconds: int) -> None:
    """A few of them, whatever the length, all within it and evenly apart."""
    times = [at for at, _ in time_ticks(NOON + 7, NOON + 7 + seconds)]
    assert 2 <= len(times) <= 9
    assert NOON + 7 <= times[0] < times[-1] <= NOON + 7 + seconds
    assert len({after - before for before, after in pairwise(times)}) == 1


def test_a_gap_is_a_gap() -> None:
    """Where values are missing or no numbers, no line pretends to know them; one alone is seen."""
    times = [NOON + 15 * place for place in (0, 1, 2, 7, 8, 9, 10)]
    values = [1, 2, math.nan, 3, math.nan, math.nan, 4]
    drawn = lines_plot([Line("", times, values)], "none", NOON, NOON + 150, 15, [])
    (line,) = paths(drawn, "line")
    strokes = line.split("M")[1:]
    assert [(stroke.count("L"), "h" in stroke) for stroke in strokes] == [
        (1, False),
        (0, True),
        (0, True),
    ]


def test_thresholds_within_the_plot() -> None:
    """Drawn where the axis reaches them, as a line of its own look."""
    marks = [Mark(0.75, "warning"), Mark(2, "critical")]
    line = Line("", [NOON, NOON + 15], [0.3, 0.4])
    drawn = lines_plot([line], "percentunit", NOON, NOON + 15, 15, marks)
    assert paths(drawn, "warning") == ["M0 50.0H1000"]
    assert not paths(drawn, "critical")


def test_lines_can_be_told_apart() -> None:
    """Sixteen lines differ in colour or in dashes, all of them."""
    assert len({stroke(Line("", (), (), place)) for place in range(16)}) == 16


def test_a_pointer_finds_the_values() -> None:
    """Time and values are in the drawing, and names can't break out of it."""
    lines = [Line("<b>&", [NOON], [1]), Line("b", [NOON], [2])]
    drawn = lines_plot(lines, "bytes", NOON - 60, NOON, 15, [])
    (svg,) = re.findall(r"<svg.*</svg>", drawn, re.DOTALL)
    (title,) = ElementTree.fromstring(svg).iter("title")
    assert title.text
    assert title.text.splitlines()[1:] == ["<b>& 1 B", "b 2 B"]


def test_a_flat_zero_is_drawn() -> None:
    """Nothing but zeros is a line at the bottom, in a plot, a spark and a gauge."""
    line = Line("", [NOON, NOON + 15], [0, 0])
    assert paths(lines_plot([line], "none", NOON, NOON + 15, 15, []), "line") == [
        "M0.0 200.0L1000.0 200.0"
    ]
    assert paths(spark(line, NOON, NOON + 15, 15), "line") == ["M0.0 48.0L1000.0 48.0"]
    assert not paths(arc(0, [], ""), "filled")


@pytest.mark.parametrize(
    ("signal", "value", "level"),
    [
        (DISK, 0.74, Level.WELL),
        (DISK, 0.75, Level.WARNING),
        (DISK, 0.9, Level.CRITICAL),
        (DISK, math.nan, Level.NEITHER),
        (DAYS, 7, Level.WELL),
        (DAYS, 6.9, Level.WARNING),
        (DAYS, 1.9, Level.CRITICAL),
        (DAYS, math.inf, Level.WELL),
        (Signal("busy", "", "x", "percentunit", ""), 1, Level.NEITHER),
    ],
)
def test_levels(signal: Signal, value: float, level: Level) -> None:
    """A value is held against thresholds from the side that is bad; without any it is neither."""
    assert level_of(signal, value) is level


def test_series_are_named_and_in_peoples_order() -> None:
    """Legends take labels; worker10 comes after worker2; a value of old is no verdict."""
    times = (NOON - 60.0, NOON - 45.0)
    found = [Series({"instance": name}, times, (1, 1)) for name in ("worker10", "worker2", "host")]
    read = list(readings(DISK, found, Window(NOON - 3600, NOON, 15)))
    assert [one.name for one in read] == ["host", "worker2", "worker10"]
    assert {(one.age, one.level) for one in read} == {(45, Level.NEITHER)}
    assert name_of(DISK, {"instance": "a", "device": "b"}) == "a b"
