"""ROOT files of events, reduced: those that pass the cuts, with the columns that are kept."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from mr.counting.tally import Counts, FileTally, InputPreview, JobReport, ResultTable
from mr.pipelines.root_reduce.selection import ABOVE, BELOW, NAN, READ, Histogram, Selection
from mr.records.tsv import escape_text
from mr.storage.whole_files import StoredFile, UnusableFile

__all__ = ["RootReduce"]

FORMATS = ("parquet", "root", "csv")
CHUNK = 1 << 20


class RootReduce(FileTally):
    """``reduced.parquet`` (or ``.root``, ``.csv``), the cut flow and a histogram.

    Options: ``selection`` (the content of its file), ``tree`` (instead of the selection's),
    ``format``; ``types`` of the columns that are kept, if the host could read one of the files.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._selection = Selection.of(options["selection"])
        self._tree = options["tree"] or self._selection.tree
        self._format = options["format"]
        self._types = options.get("types")
        self._counted = _nothing()

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What the selection's file states; the types of columns in the first file that can be
        read, which must have all that the selection needs."""
        if options["format"] not in FORMATS:
            raise ValueError(f"--format {options['format']}: it is one of {', '.join(FORMATS)}")
        stated = _stated(options["selection"])
        tally = RootReduce({**options, "selection": stated})
        for preview in previews:
            path = Path(preview.name)
            try:
                if path.is_file():
                    types = tally.types(StoredFile.of(path, path.name))
                    return {"selection": stated, "types": types}
            except UnusableFile as error:
                if error.reason != "damaged":
                    raise ValueError(f"{preview.name}: {error.reason}: {error.detail}") from None
        return {"selection": stated}

    def types(self, file: StoredFile) -> dict[str, str]:
        """Those of the columns that are kept, by name; UnusableFile as ``add_file``."""
        return _types(next(self._tables(file, _nothing())).schema)

    def add_file(self, file: StoredFile) -> None:
        """Write a part file of the events that pass, once all of the file has been read."""
        from mr.pipelines.root_reduce.output import write_parquet

        counted = _nothing()
        with TemporaryFile(dir=".") as part:  # beside the task: it may be large
            tables = self._tables(file, counted)
            schema = next(tables).schema
            if self._types not in (None, types := _types(schema)):
                raise UnusableFile("other types than the first file's", ", ".join(types.values()))
            write_parquet(tables, schema, part)
            counted["bytes"].update({"read": file.size, "written": part.tell()})
            part.seek(0)
            name = f"{file.name.split('.')[0]}.parquet"
            self.task.write_part(name, iter(partial(part.read, CHUNK), b""))
        for column, counts in counted.items():
            self._counted[column].update(counts)

    def _tables(self, file: StoredFile, counted: dict[str, Counter[str]]) -> Iterator[Any]:
        """What is kept of a file: first no events at all, then some at a time."""
        from mr.pipelines.root_reduce.events import Events
        from mr.pipelines.root_reduce.output import check_format, table_of
        from mr.pipelines.root_reduce.trees import read_events

        selection = self._selection
        chunks = read_events(file, self._tree, selection.branches)
        for number, branches in enumerate(chunks):
            events = Events(branches, selection.defined)
            try:
                self._cut(events, counted)
                table = table_of({name: events.column(name) for name in selection.keep})
                check_format(self._format, table.schema)
            except ValueError as error:
                raise UnusableFile("the selection doesn't fit", str(error)) from None
            if not number or len(table):
                yield table

    def _cut(self, events: Any, counted: dict[str, Counter[str]]) -> None:
        from mr.pipelines.root_reduce.arithmetic import flat

        counted["events"][READ] += len(events)
        for cut in self._selection.cuts:
            events.cut(cut.where)
            counted["events"][cut.name] += len(events)
        if histogram := self._selection.histogram:
            counted["histogram"].update(histogram.count(flat(events.evaluate(histogram.of))))

    def counts(self) -> Counts:
        """Events read and left by each cut; those of the histogram's bins; bytes."""
        return self._counted

    def combine_parts(self, parts: Sequence[Path], folder: Path) -> None:
        """Put the part files together, in the order of the inputs."""
        from mr.pipelines.root_reduce.output import merge

        merge(parts, folder / f"reduced.{self._format}", self._tree)

    def report(self, counts: Counts) -> JobReport:
        """The cut flow, the histogram, and how much is left."""
        events = counts.get("events", {})
        sizes = counts.get("bytes", {})
        flow = {name: events.get(name, 0) for name in self._selection.flow}
        left = list(flow.values())
        rows = [
            (escape_text(name).decode(), count, _share(count, left[0]), _share(count, before))
            for name, count, before in zip(flow, left, [left[0], *left], strict=False)
        ]
        report = JobReport(
            tables={
                "cutflow.tsv": ResultTable(("cut", "events", "of_all", "of_those_before"), rows)
            },
            summary={
                "cut_flow": flow,
                "events_kept": _share(left[-1], left[0]),
                "bytes_kept": _share(sizes.get("written", 0), sizes.get("read", 0)),
            },
        )
        histogram = self._selection.histogram
        return (
            _with_histogram(report, histogram, counts.get("histogram", {})) if histogram else report
        )


def _with_histogram(
    report: JobReport, histogram: Histogram, counts: Mapping[str, int]
) -> JobReport:
    bins = [counts.get(str(place), 0) for place in range(histogram.bins)]
    edges = histogram.edges
    rows = [
        (f"{low:.17g}", f"{high:.17g}", count)
        for low, high, count in zip(edges[:-1], edges[1:], bins, strict=True)
    ]
    outside = {name: counts.get(name, 0) for name in (BELOW, ABOVE, NAN)}

    def draw(axes: Any) -> None:
        axes.stairs(bins, edges)
        axes.set(xlabel=histogram.of.text, ylabel="entries")

    return JobReport(
        tables={**report.tables, "histogram.tsv": ResultTable(("from", "to", "count"), rows)},
        summary={**report.summary, "histogram": {"counts": bins, **outside}},
        plots={"histogram.svg": draw},
    )


def _nothing() -> dict[str, Counter[str]]:
    return {column: Counter() for column in ("events", "histogram", "bytes")}


def _types(schema: Any) -> dict[str, str]:
    return {field.name: str(field.type) for field in schema}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _stated(name: str) -> dict[str, Any]:
    """The content of a selection's file, checked."""
    if not name:
        raise ValueError("root-reduce needs --selection FILE, which has columns and cuts")
    try:
        stated = tomllib.loads(Path(name).read_text())
        Selection.of(stated)
    except OSError as error:
        raise ValueError(f"--selection {name}: {error.strerror}") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return stated
