"""The panels of a dashboard's page, as HTML: what each kind makes of its signals' series."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from html import escape

from metrics.catalog import SIGNALS
from metrics.definition import Panel, Signal
from metrics.pages.svg import Mark, arc, lines_plot, spark, swatch
from metrics.reading import Level, Reading, Window, natural_order, readings
from metrics.series import Line, Series
from metrics.units import NO_VALUE, SHARES, format_value

__all__ = ["draw"]

DRAWN = 16  # lines of a plot
SMALL_PART = 0.4
HEADS = {"instance": "host", "alertname": "alert"}
Read = Mapping[str, Sequence[Reading]]  # by the signal's name


def draw(panel: Panel, found: Mapping[str, Sequence[Series]], window: Window) -> str:
    """One panel; ``found`` has the series of each signal by its name."""
    read = {name: list(readings(SIGNALS[name], found[name], window)) for name in panel.signals}
    body = KINDS[panel.kind](read) if _known(read) else _nothing(panel.signals)
    return (
        f'<section class="panel {panel.kind}" style="--width:{panel.width}">'
        f"<h2>{escape(panel.title)}</h2>{_about(panel)}{body}</section>"
    )


def _about(panel: Panel) -> str:
    """What the panel's signals mean and how they are computed, for who asks."""
    entries = "".join(
        f"<dt>{escape(signal.title)}</dt><dd>{escape(signal.description)}"
        f"<code>{escape(signal.expression)}</code></dd>"
        for signal in (SIGNALS[name] for name in panel.signals)
    )
    return f'<details><summary title="What is this?">?</summary><dl>{entries}</dl></details>'


def _nothing(names: Iterable[str]) -> str:
    """Said where there is no value, with what has to happen first, if that is known."""
    awaited = " and ".join(sorted({SIGNALS[name].until for name in names} - {""}))
    return f'<p class="nothing">{NO_VALUE}{f" until {escape(awaited)}" if awaited else ""}</p>'


def _known(read: Read) -> list[Reading]:
    """Those of all signals that have a value."""
    return [reading for of_one in read.values() for reading in of_one if reading.text != NO_VALUE]


def _verdict(reading: Reading) -> str:
    """Sign and word of the level, or how old the value is."""
    if reading.age:
        return f'<span class="verdict old">{format_value(reading.age, "s")} ago</span>'
    level = reading.level
    return f'<span class="verdict {level.word}">{level.sign} {level.word}</span>'


def _value(reading: Reading) -> str:
    """The value, after its level's sign unless it is well; with its age if it is old."""
    if reading.age:
        return (
            f'<b class="old">{reading.text} <small>{format_value(reading.age, "s")} ago</small></b>'
        )
    level = reading.level
    sign = "" if level in (Level.NEITHER, Level.WELL) else f"{level.sign} "
    return f'<b class="{level.word}" title="{level.word}">{sign}{reading.text}</b>'


def _rail(reading: Reading) -> str:
    """A bar as long as the value's share, with the thresholds on it."""
    share, marks = _share(reading)
    ticks = "".join(
        f'<i class="{mark.word}" style="left:{mark.value:.1%}"></i>'
        for mark in marks
        if 0 < mark.value < 1
    )
    bar = f'<span class="{reading.level.word}" style="width:{share:.1%}"></span>'
    return f'<span class="rail">{bar}{ticks}</span>'


def _stat(read: Read) -> str:
    """A number for each signal, or a list where it has several series."""
    tiles = []
    for name, of_one in read.items():
        caption = f"<h3>{escape(SIGNALS[name].title)}</h3>" if len(read) > 1 else ""
        body = "".join(map(_number, of_one)) if len(of_one) == 1 else _list(of_one)
        tiles.append(f'<div class="tile">{caption}{body or _nothing([name])}</div>')
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _number(reading: Reading) -> str:
    name = _name(reading.name) if reading.name else ""
    window = reading.window
    return (
        f'<p class="number {reading.level.word}">{_amount(reading.text)}{_verdict(reading)}</p>'
        f"{name}{spark(reading.line, window.start, window.end, window.step)}"
    )


def _amount(text: str) -> str:
    """A number, and its unit in small."""
    number, _, unit = text.partition(" ")
    return f"<b>{number}</b> <i>{unit}</i>" if number[-1:].isdigit() else f"<b>{text}</b>"


def _name(text: str) -> str:
    """A name that is cut behind a slash rather than within a word."""
    return f'<span class="name">{escape(text).replace("/", "/<wbr>")}</span>'


def _list(read: Sequence[Reading]) -> str:
    rows = "".join(f"<li>{_name(reading.name)}{_value(reading)}</li>" for reading in read)
    return f'<ul class="list">{rows}</ul>' if rows else ""


def _gauge(read: Read) -> str:
    """A half circle for one series; bars for several."""
    known = _known(read)
    if len(known) > 1:
        rows = "".join(
            f"<li>{_name(_title(one, read))}{_value(one)}{_rail(one)}</li>" for one in known
        )
        return f'<ul class="bars">{rows}</ul>'
    (reading,) = known
    share, marks = _share(reading)
    return (
        f'<div class="dial">{arc(share, marks, reading.level.word)}'
        f'<p class="number {reading.level.word}">{_amount(reading.text)}</p></div>'
        f'<p class="below">{_verdict(reading)}</p>'
    )


def _title(reading: Reading, read: Read) -> str:
    """What tells the series from the panel's others, or what it is, where it is alone."""
    if len(read) == 1 and reading.name:
        return reading.name
    return f"{reading.signal.title} {reading.name}".strip()


def _share(reading: Reading) -> tuple[float, list[Mark]]:
    """The value and the thresholds as shares of the unit's whole.

    Where a unit has none, or the thresholds are a small part of it, they give the scale.
    """
    marks = _marks(reading.signal)
    highest = max((mark.value for mark in marks), default=0.0)
    whole = SHARES.get(reading.signal.unit, 0.0)
    if not whole or 0 < highest < SMALL_PART * whole:
        whole = 1.25 * max(reading.value, highest) or 1.0
    share = 1.0 if math.isinf(whole) else min(max(reading.value / whole, 0.0), 1.0)
    return share, [Mark(mark.value / whole, mark.word) for mark in marks]


def _marks(signal: Signal) -> list[Mark]:
    found = ((signal.warn, Level.WARNING), (signal.critical, Level.CRITICAL))
    return [Mark(value, level.word) for value, level in found if value is not None]


def _graph(read: Read) -> str:
    """Lines, the highest first, and below them what each is, its last value and its highest."""
    known = [
        (reading, replace(reading.line, name=_title(reading, read), place=place))
        for place, reading in enumerate(_known(read))
        if reading.line.points
    ]
    if not known:
        return _nothing(read)
    known.sort(key=lambda one: _highest(one[1]), reverse=True)
    drawn, left_out = known[:DRAWN], len(known[DRAWN:])
    signal, window = drawn[0][0].signal, drawn[0][0].window
    marks = _marks(signal) if len(read) == 1 else []
    lines = [line for _, line in drawn]
    plot = lines_plot(lines, signal.unit, window.start, window.end, window.step, marks)
    notes = [f"{SIGNALS[name].title}: no data" for name, of_one in read.items() if not of_one]
    notes += [f"and {left_out} lower ones, not drawn"] if left_out else []
    return plot + _legend(drawn, notes)


def _legend(drawn: Sequence[tuple[Reading, Line]], notes: Sequence[str]) -> str:
    """What each line is, in columns as wide as the longest needs."""
    rows, longest = [], 0
    for reading, line in drawn:
        highest = f"max {format_value(_highest(line), reading.signal.unit)}"
        longest = max(longest, len(line.name + reading.text + highest))
        value = f"{_value(reading)}<small>{highest}</small>"
        rows.append(f"<li>{swatch(line)}{_name(line.name)}{value}</li>")
    rows += [f"<li><small>{escape(note)}</small></li>" for note in notes]
    return f'<ul class="legend" style="--longest:{longest}">{"".join(rows)}</ul>'


def _highest(line: Line) -> float:
    return max(value for _, value in line.points)


def _table(read: Read) -> str:
    """A row for each name and a column for each signal; a row for each signal without names."""
    cells = {(one.name, name): one for name, of_one in read.items() for one in of_one}
    names = sorted({name for name, _ in cells}, key=natural_order)
    if names == [""]:
        rows = "".join(
            f'<tr><th scope="row">{escape(SIGNALS[name].title)}</th>{_cell(cells.get(("", name)))}'
            for name in read
        )
        return f'<div class="scroll"><table>{rows}</table></div>'
    legend = next(SIGNALS[name].legend for name in read if SIGNALS[name].legend)
    corner = ", ".join(HEADS.get(label, label) for label in re.findall(r"\w+", legend))
    head = "".join(
        f'<th scope="col" title="{escape(SIGNALS[name].description)}">{escape(SIGNALS[name].title)}'
        for name in read
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(_cell(cells.get((name, signal))) for signal in read)
        for name in names
    )
    head = f'<tr><th scope="col">{escape(corner)}</th>{head}</tr>'
    return f'<div class="scroll"><table>{head}{rows}</table></div>'


def _cell(reading: Reading | None) -> str:
    if reading is None or reading.text == NO_VALUE:
        return '<td class="none">-</td>'
    return f"<td>{_value(reading)}{_rail(reading) if reading.signal.unit in SHARES else ''}</td>"


KINDS: dict[str, Callable[[Read], str]] = {
    "stat": _stat,
    "gauge": _gauge,
    "graph": _graph,
    "table": _table,
}
