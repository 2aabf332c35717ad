"""What a job that counts has found: its tables and plots as files of the results."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mr.counting.tally import JobReport, ResultTable
from mr.records.tsv import escape_text

__all__ = ["write_report"]

SIZE = (6, 5)  # inches


def write_report(report: JobReport, folder: Path) -> dict[str, dict[str, str]]:
    """Write every table and plot of ``report`` to ``folder``; by table, which of its columns are
    numbers or integers."""
    if report.plots:
        from howdah.installer import ensure

        ensure("reports")
    for name, table in report.tables.items():
        _write(table, folder / name)
    for name, plot in report.plots.items():
        _draw(plot, folder / name)
    return {name: _types(table) for name, table in report.tables.items()}


def _types(table: ResultTable) -> dict[str, str]:
    """The types of the columns of cells; a row may begin with several columns as TSV."""
    width = min(map(len, table.rows), default=0)
    found = {}
    for place in range(-width, 0):
        kinds = {type(row[place]) for row in table.rows} - {type(None)}
        if kinds and kinds <= {int, float}:
            found[table.columns[place]] = "integer" if kinds == {int} else "number"
    return found


def _write(table: ResultTable, path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"\t".join(map(escape_text, table.columns)) + b"\n")
        for row in table.rows:
            file.write("\t".join(map(str, row)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _draw(plot: Callable[[Any], None], path: Path) -> None:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": path.name}):  # the same bytes each time
        figure = Figure(SIZE, layout="constrained")
        plot(figure.subplots())
        figure.savefig(path, metadata={"Date": None})
