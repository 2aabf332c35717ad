"""What a job that counts has found: its tables and plots as files of the results."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from howdah.jobs.job_summary import places_of
from howdah.jobs.record import Job
from mr.counting.tally import JobReport, ResultTable
from mr.records.column_names import distinct_names
from mr.records.tsv import escape_text
from mr.summary import Partial

__all__ = ["write_report"]

SIZE = (6, 5)  # inches


def write_report(
    report: JobReport, folder: Path, job: Job, partial: Partial
) -> dict[str, dict[str, str]]:
    """Write every table and plot of ``report``, which ``job``'s summary came to, to ``folder``; by
    table, which of its columns are numbers or integers."""
    if report.plots:
        from howdah.installer import ensure

        ensure("reports")
    tables = {
        name: _placed(table, job, partial) if table.places else table
        for name, table in report.tables.items()
    }
    for name, table in tables.items():
        _write(table, folder / name)
    for name, plot in report.plots.items():
        _draw(plot, folder / name)
    return {name: _types(table) for name, table in tables.items()}


def _types(table: ResultTable) -> dict[str, str]:
    """The types of the columns of cells; a row may begin with several columns as TSV."""
    width = min(map(len, table.rows), default=0)
    found = {}
    for place in range(-width, 0):
        kinds = {type(row[place]) for row in table.rows} - {type(None)}
        if kinds and kinds <= {int, float}:
            found[table.columns[place]] = "integer" if kinds == {int} else "number"
    return found


def _placed(table: ResultTable, job: Job, partial: Partial) -> ResultTable:
    """The table with the file and the offset in it of each row's record, as its last columns."""
    parts = places_of(job, partial)
    rows = []
    for row, (part, offset) in zip(table.rows, table.places, strict=True):
        place = parts[part]
        name = escape_text(place.source.name).decode()
        rows.append((*row, name, place.offset + offset))
    added = distinct_names(("file", "offset"), table.columns)
    return ResultTable((*table.columns, *added.values()), rows)


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
