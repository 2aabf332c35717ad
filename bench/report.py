"""What a suite found: figures for programs, tables and a plot for people, kept in docs/."""

import shlex
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from bench.machine_noise import core_model
from bench.rounds import table
from howdah.errors import UsageError

__all__ = ["Bar", "Measurement", "SuiteReport", "compose", "write"]

LABELS, LENGTH, VALUES, HEIGHT = 190, 360, 150, 26  # pixels


@dataclass(frozen=True)
class Bar:
    """One thing that was measured, with a value a round."""

    label: str
    values: Sequence[float]


@dataclass(frozen=True)
class SuiteReport:
    """``figures`` by the names that --json gives them; ``text`` is Markdown; ``unit`` says what
    ``bars`` are."""

    figures: dict[str, float]
    text: str
    unit: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Measurement:
    """What is found of one thing: its figures, its row of the table if it has one, a note on how
    it was found, and its bars."""

    figures: dict[str, float]
    row: Sequence[str]
    note: str
    bars: Sequence[Bar]


def compose(head: Sequence[str], findings: Sequence[Measurement], unit: str) -> SuiteReport:
    """One report of several findings."""
    rows = [found.row for found in findings if found.row]
    notes = [f"- {found.note}" for found in findings]
    return SuiteReport(
        {name: value for found in findings for name, value in found.figures.items()},
        "\n\n".join([table(head, rows)] * bool(rows) + ["\n".join(notes)]),
        unit,
        [bar for found in findings for bar in found.bars],
    )


def write(report: SuiteReport, suite: str, docs: Path) -> None:
    """Put the report between the suite's marks in docs/performance.md, and its plot beside it."""
    page = docs / "performance.md"
    text = page.read_text()
    start, end = f"<!-- bench {suite} -->\n", f"<!-- end of bench {suite} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise UsageError(f"{page} has no place for {suite}", hint=f"lines {start}and {end} in it")
    command = shlex.join(["bin/bench", *sys.argv[2:]])
    made = f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, {core_model()}:"
    image = f"![{report.unit}](plots/{suite}.svg)"
    body = f"{made}\n\n{report.text}\n\n{image}\n"
    page.write_text(f"{before}{start}{body}{end}{after}")
    (docs / "plots").mkdir(exist_ok=True)
    (docs / "plots" / f"{suite}.svg").write_text(_plot(report.unit, report.bars))


def _plot(unit: str, bars: Sequence[Bar]) -> str:
    """An SVG bar a value: its median, with a line from the least to the most."""
    scale = LENGTH / max((max(bar.values) for bar in bars), default=1)
    width, height = LABELS + LENGTH + VALUES, HEIGHT * (len(bars) + 1) + 8
    shapes = [_text(LABELS, 18, escape(unit))]
    for place, bar in enumerate(bars, start=1):
        top, middle = place * HEIGHT, statistics.median(bar.values)
        low, high = (LABELS + scale * end for end in (min(bar.values), max(bar.values)))
        line = top + HEIGHT / 2
        shapes += [
            _text(LABELS - 8, line + 4, escape(bar.label), "end"),
            f'<rect x="{LABELS}" y="{top + 4}" width="{scale * middle:.1f}"'
            f' height="{HEIGHT - 8}" fill="#6a9fb5"/>',
            f'<path d="M{low:.1f} {line}H{high:.1f}" stroke="#222" stroke-width="2"/>',
            _text(max(high, LABELS) + 8, line + 4, f"{middle:.3g}"),
        ]
    style = 'font-family="sans-serif" font-size="13"'
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    background = '<rect width="100%" height="100%" fill="#fff"/>'
    lines = "\n".join([background, *shapes])
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{lines}\n</svg>\n'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{text}</text>'
