"""Plots of a dashboard's page: SVG for what is drawn, HTML for what is read.

A plot stretches to the width that it gets; its text doesn't. It answers a pointer without a
script: over a plot it shows the time and the values there. Lines are told apart by colour and by
dashes.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from metrics.pages.ticks import time_ticks, value_ticks
from metrics.series import Line
from metrics.units import format_value

__all__ = ["Mark", "arc", "lines_plot", "spark", "swatch"]

WIDTH, HEIGHT, SPARK_HEIGHT = 1000, 200, 48  # of a drawing, in units of its own
COLOURS = 8  # that the page's style has
SOLID = 4  # lines without dashes
DASHES = ("none", "7 4", "2 4", "10 3 2 3")
BANDS = 72  # places where a pointer finds values
MOST_SHOWN = 12  # lines that it tells of
DOT = "h3"
RADIUS = 82
EDGE = 0.03  # of the width, where a time would stick out


def stroke(line: Line) -> str:
    """Colour and dashes of a line, as attributes: no two of 16 lines have both."""
    dashes = DASHES[line.place // SOLID % len(DASHES)]
    return f'class="line s{line.place % COLOURS}" stroke-dasharray="{dashes}"'


@dataclass(frozen=True)
class Mark:
    """A threshold: the value from which a signal's level is ``word``."""

    value: float
    word: str


@dataclass(frozen=True)
class Frame:
    """From times and values to the units of a drawing; a pause over ``pause`` seconds is a gap."""

    start: float
    end: float
    low: float
    high: float
    pause: float
    height: int = HEIGHT

    def x(self, at: float) -> float:
        return (at - self.start) / (self.end - self.start) * WIDTH

    def y(self, value: float) -> float:
        return self.height - (value - self.low) / (self.high - self.low) * self.height

    def line(self, line: Line) -> str:
        paths = "".join(path for path, _ in self._unbroken(line))
        return f'<path {stroke(line)} d="{paths}"/>'

    def area(self, line: Line) -> str:
        zero = f"V{self.y(max(self.low, 0)):.1f}"
        paths = "".join(f"{path}{zero}H{x:.1f}Z" for path, x in self._unbroken(line))
        return f'<path class="area s{line.place % COLOURS}" d="{paths}"/>'

    def _unbroken(self, line: Line) -> Iterator[tuple[str, float]]:
        """Each part without a gap as a path, and where it begins; a value alone is a dot."""
        parts: list[list[tuple[float, float]]] = []
        before = -math.inf
        for at, value in line.points:
            if at - before > self.pause:
                parts.append([])
            parts[-1].append((self.x(at), self.y(value)))
            before = at
        for part in parts:
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in part)
            yield f"M{path}{DOT if len(part) == 1 else ''}", part[0][0]


def lines_plot(
    lines: Sequence[Line], unit: str, start: float, end: float, step: float, marks: Sequence[Mark]
) -> str:
    """Lines over time, with both axes; at least one has a value."""
    values = [value for line in lines for _, value in line.points]
    ticks = value_ticks(min(values), max(values), unit)
    times = time_ticks(start, end)
    frame = Frame(start, end, ticks[0], ticks[-1], 1.5 * step)
    grid = "".join(f"M0 {frame.y(tick):.1f}H{WIDTH}" for tick in ticks)
    grid += "".join(f"M{frame.x(at):.1f} 0V{HEIGHT}" for at, _ in times)
    shapes = [f'<path class="grid" d="{grid}"/>']
    shapes += [frame.area(line) for line in lines[:1] if len(lines) == 1]
    shapes += [
        f'<path class="mark {mark.word}" d="M0 {frame.y(mark.value):.1f}H{WIDTH}"/>'
        for mark in marks
        if frame.low < mark.value <= frame.high
    ]
    shapes += [frame.line(line) for line in lines]
    shapes += _bands(frame, lines, unit)
    heights = (
        f'<span style="bottom:{1 - frame.y(tick) / HEIGHT:.1%}">{format_value(tick, unit)}</span>'
        for tick in ticks
    )
    places = ((frame.x(at) / WIDTH, label) for at, label in times)
    labels = (
        f'<span style="left:{place:.1%}">{label}</span>'
        for place, label in places
        if EDGE < place < 1 - EDGE
    )
    return (
        f'<div class="plot"><div class="y">{"".join(heights)}</div>'
        f"{_svg('', WIDTH, HEIGHT, shapes)}"
        f'<div class="x">{"".join(labels)}</div></div>'
    )


def spark(line: Line, start: float, end: float, step: float) -> str:
    """A line without axes, for below a number: from 0 to its highest value."""
    values = [value for _, value in line.points]
    if len(values) < 2:
        return ""
    low, high = min(0.0, *values), max(0.0, *values)
    frame = Frame(start, end, low, high if high > low else 1.0, 1.5 * step, SPARK_HEIGHT)
    return _svg("spark", WIDTH, SPARK_HEIGHT, [frame.area(line), frame.line(line)])


def arc(share: float, marks: Sequence[Mark], word: str) -> str:
    """A half circle filled up to ``share`` (0 to 1); the values of ``marks`` are shares, too."""
    share = min(max(share, 0.0), 1.0)
    round_to = f"A{RADIUS} {RADIUS} 0 0 1"
    shapes = [f'<path class="rail" d="M{_on_arc(0)}{round_to} {_on_arc(1)}"/>']
    if share:
        path = f"M{_on_arc(0)}{round_to} {_on_arc(share)}"
        shapes.append(f'<path class="filled {word}" d="{path}"/>')
    shapes += [
        f'<path class="mark {mark.word}"'
        f' d="M{_on_arc(mark.value, RADIUS - 13)}L{_on_arc(mark.value, RADIUS + 13)}"/>'
        for mark in marks
        if 0 < mark.value < 1
    ]
    return f'<svg class="arc" viewBox="0 0 200 112" aria-hidden="true">{"".join(shapes)}</svg>'


def swatch(line: Line) -> str:
    """A bit of the line, for a legend."""
    return f'<svg class="swatch" viewBox="0 0 24 8"><path {stroke(line)} d="M1 4H23"/></svg>'


def _svg(kind: str, width: int, height: int, shapes: Sequence[str]) -> str:
    """A drawing that fills the place it is given."""
    box = f'viewBox="0 0 {width} {height}" preserveAspectRatio="none"'
    return f'<svg class="{kind}" {box} aria-hidden="true">{"".join(shapes)}</svg>'


def _bands(frame: Frame, lines: Sequence[Line], unit: str) -> Iterator[str]:
    """Upright bands over the drawing, each with the time and the lines' values there."""
    values = [dict(line.points) for line in lines]
    times = sorted(set().union(*values))
    chosen = times[:: math.ceil(len(times) / BANDS)]
    width = WIDTH / max(len(chosen), 1)
    for at in chosen:
        texts = [
            f"{line.name} {format_value(known[at], unit)}".strip()
            for line, known in zip(lines, values, strict=True)
            if at in known
        ]
        texts[MOST_SHOWN:] = (
            [f"and {len(texts) - MOST_SHOWN} more"] if len(texts) > MOST_SHOWN else []
        )
        text = "\n".join([time.strftime("%-d %b %H:%M:%S", time.localtime(at)), *texts])
        left = min(max(frame.x(at) - width / 2, 0), WIDTH - width)
        yield (
            f'<rect x="{left:.1f}" y="0" width="{width:.1f}" height="{HEIGHT}">'
            f"<title>{escape(text)}</title></rect>"
        )


def _on_arc(share: float, radius: float = RADIUS) -> str:
    angle = math.pi * (1 - share)
    return f"{100 + radius * math.cos(angle):.1f} {98 - radius * math.sin(angle):.1f}"
