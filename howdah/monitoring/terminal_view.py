"""The signals as a terminal shows them: sections with numbers and a table, as wide as it is."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from howdah.monitoring.snapshot import Snapshot, UnfinishedJob
from metrics.catalog import SIGNALS
from metrics.dashboards import SECTIONS, Section
from metrics.definition import Signal
from metrics.reading import Level, level_of, natural_order
from metrics.series import Series
from metrics.units import format_value

__all__ = ["draw", "worst"]

GAP, WIDE_GAP = 2, 3  # columns between those of a table, and between numbers
LONGEST_NAME = 40
BOLD, DIM, YELLOW, RED = "1", "2", "33", "31"
STYLES = {Level.WARNING: YELLOW, Level.CRITICAL: RED}


@dataclass(frozen=True)
class Cell:
    """A text and its style: a number of a terminal's escape sequences, or none.

    ``left``: the column that it heads is aligned so.
    """

    text: str
    style: str = ""
    left: bool = False


Line = list[Cell]


def draw(snapshot: Snapshot, columns: int, *, styled: bool) -> list[str]:
    """The snapshot as lines of up to ``columns`` characters, escape sequences not counted.

    Sections begin with an empty line.
    """
    told: list[Line] = list(_alerts(snapshot, columns))
    for section in SECTIONS:
        body = [
            *_numbers(section, snapshot.found, columns),
            *_table(_signal_rows(section, snapshot.found), columns),
        ]
        if section.title == "Jobs":
            body += _table(_job_rows(snapshot.running), columns)
        told += [[], [Cell(section.title.upper(), BOLD)], *(body or [[Cell("no data", DIM)]])]
    return [_written(line, styled) for line in told]


def worst(signal: Signal, found: Sequence[Series]) -> float:
    """What matters of several series' values: the highest, or where low is bad the lowest.

    NaN where there is none.
    """
    values = [one.values[-1] for one in found if not math.isnan(one.values[-1])]
    return (min if signal.low_is_bad else max)(values, default=math.nan)


def _written(line: Line, styled: bool) -> str:
    if not styled:
        return "".join(cell.text for cell in line).rstrip()
    return "".join(
        f"\033[{cell.style}m{cell.text}\033[m" if cell.style else cell.text for cell in line
    )


def _alerts(snapshot: Snapshot, columns: int) -> Iterator[Line]:
    """A line for each thing that somebody should look at."""
    told = [(Level.WARNING, snapshot.note)] if snapshot.note else []
    for one in snapshot.firing:
        level = Level.CRITICAL if one.severity == "critical" else Level.WARNING
        told.append((level, f"{one.summary}: {one.runbook}"))
    for level, text in told:
        text = f"{level.sign} {text}"
        yield [Cell(text if len(text) <= columns else f"{text[: columns - 1]}…", STYLES[level])]


def _value(signal: Signal, found: Sequence[Series]) -> Cell:
    value = worst(signal, found)
    if math.isnan(value):
        return Cell("")
    level = level_of(signal, value)
    sign = f"{level.sign} " if level in STYLES else ""
    return Cell(sign + format_value(value, signal.unit), STYLES.get(level, ""))


def _numbers(
    section: Section, found: Mapping[str, Sequence[Series]], columns: int
) -> Iterator[Line]:
    """Titles and values, as many beside each other as fit, in columns."""
    told = [
        (SIGNALS[name].title, value)
        for name in section.numbers
        if (value := _value(SIGNALS[name], found.get(name, ()))).text
    ]
    lengths = [len(title) + 1 + len(value.text) for title, value in told]
    for beside in range(len(told), 0, -1):
        widths = [max(lengths[place::beside]) for place in range(beside)]
        if sum(widths) + WIDE_GAP * (beside - 1) <= columns or beside == 1:
            break
    for first in range(0, len(told), beside if told else 1):
        line = []
        row = zip(widths, told[first : first + beside], strict=False)
        for width, (title, value) in row:
            room = width - len(title) - 1 - len(value.text) + WIDE_GAP
            line += [Cell(f"{title} ", DIM), value, Cell(" " * room)]
        yield line[:-1]


def _signal_rows(section: Section, found: Mapping[str, Sequence[Series]]) -> list[Line]:
    """The signals' titles, and a row for each name; columns without any value are left out."""
    known: dict[str, dict[str, list[Series]]] = {}
    for name in section.columns:
        for one in found.get(name, ()):
            row = "/".join(one.labels.get(label, "") for label in section.by)
            known.setdefault(row, {}).setdefault(name, []).append(one)
    names = [name for name in section.columns if any(name in row for row in known.values())]
    head = [Cell(section.corner, left=True)] + [Cell(SIGNALS[name].title, DIM) for name in names]
    rows = [
        [Cell(row)] + [_value(SIGNALS[name], known[row].get(name, ())) for name in names]
        for row in sorted(known, key=natural_order)
    ]
    return [head, *rows] if rows else []


def _job_rows(running: Sequence[UnfinishedJob]) -> list[Line]:
    head = [
        Cell("unfinished", left=True),
        Cell("state", DIM, left=True),
        Cell("done", DIM),
        Cell("for", DIM),
        Cell("cores", DIM),
        Cell("user", DIM, left=True),
        Cell("what", DIM, left=True),
    ]
    rows = [
        [
            Cell(job.id),
            Cell(job.state),
            Cell(format_value(job.share, "percentunit")),
            Cell(format_value(job.seconds, "s")),
            Cell(str(job.cores or "")),
            Cell(job.user),
            Cell(job.name[:LONGEST_NAME]),
        ]
        for job in running
    ]
    return [head, *rows] if rows else []


def _table(rows: Sequence[Line], columns: int) -> Iterator[Line]:
    """Rows in columns, of which those at the right give way where there is no room."""
    if not rows:
        return
    head, *body = rows
    widths = [
        max(_narrowest(title.text), *(len(row[place].text) for row in body))
        for place, title in enumerate(head)
    ]
    while sum(widths) + GAP * (len(widths) - 1) > columns and len(widths) > 1:
        widths.pop()
    fitting = list(zip(head, widths, strict=False))
    titles = [textwrap.wrap(cell.text, width) or [""] for cell, width in fitting]
    height = max(map(len, titles))
    above = [
        [Cell(([""] * (height - len(title)) + title)[line], DIM) for title in titles]
        for line in range(height)
    ]
    for row in above + body:
        line: Line = []
        for cell, (title, width) in zip(row, fitting, strict=False):
            text = cell.text[:width]
            room = Cell(" " * (width - len(text)))
            told = Cell(text, cell.style)
            line += [told, room] if title.left else [room, told]
            line.append(Cell(" " * GAP))
        yield line[:-1]


def _narrowest(title: str) -> int:
    """The width at which a title takes two lines."""
    words = title.split()
    splits = [
        max(len(" ".join(words[:place])), len(" ".join(words[place:])))
        for place in range(len(words) + 1)
    ]
    return min(splits)
