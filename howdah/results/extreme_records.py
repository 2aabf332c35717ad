"""The records with the highest and the lowest scores, whole, as files of the results.

They are found in the merged scores, line by line, so they are the same from every runner and split.
"""

import heapq
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from howdah.errors import UsageError
from howdah.jobs.job_summary import Place, places_of
from howdah.jobs.record import Job
from howdah.results.merge import RejectedRecord
from howdah.results.record_scores import score_readers
from howdah.results.tsv_table import TsvTable
from mr.records.column_names import free_name
from mr.records.tsv import escape_text
from mr.summary import Partial

__all__ = ["HIGHEST", "LOWEST", "MOST", "check_has_scores", "write_extremes"]

HIGHEST, LOWEST = "highest.tsv", "lowest.tsv"
MOST = 10_000
READ_BYTES = 1 << 20

Ranked = tuple[int, int, bytes]  # a score or its negative, minus the line's number, the line


def check_has_scores(job: Job) -> None:
    """UsageError for a job whose records have no scores of one model to rank them by."""
    kind = job.predicted.get("kind")
    if kind is None or job.predicted.get("models"):
        raise UsageError(f"job {job.id} hasn't scored its records with one model"
                         f" ({job.pipeline})", hint="leave --examples out")  # fmt: skip


def write_extremes(
    job: Job, partial: Partial, rejected: Sequence[RejectedRecord], scores: Path, count: int
) -> dict[str, dict[str, str]]:
    """Write the ``count`` highest and lowest records of ``scores``, the merged file, beside it; by
    file, which of its columns are numbers or integers.

    Ties are in input order. ``rejected`` are the job's records that aren't among the scores: by
    them the number of a line tells which record of its file it is.
    """
    readers = score_readers(job, list(partial["within"]))
    if not readers:
        raise UsageError(f"the model of job {job.id} gives no scores", hint="leave --examples out")
    highest, lowest = _rank(scores, readers, count)
    place_of = _places(job, partial, rejected)
    header = [free_name(name, job.columns) for name in ("file", "record")]
    outputs = [free_name("output", job.columns)] if "" not in readers else []
    for name, ranked in ((HIGHEST, highest), (LOWEST, lowest)):
        path = scores.with_name(name)
        with path.open("wb") as file:
            columns = (*outputs, *job.columns, *header)
            file.write(b"\t".join(map(escape_text, columns)) + b"\n")
            for output, entries in ranked.items():
                first = [escape_text(output)] if outputs else []
                for _, place, line in sorted(entries, reverse=True):
                    cells = [*first, line, *place_of(-place)]
                    file.write(b"\t".join(cells) + b"\n")
    return dict.fromkeys((HIGHEST, LOWEST), job.types | {header[1]: "integer"})


def _rank(
    scores: Path, readers: Mapping[str, Callable[[list[bytes]], int]], count: int
) -> tuple[dict[str, list[Ranked]], dict[str, list[Ranked]]]:
    """For each output, heaps of the highest and of the lowest lines."""
    highest: dict[str, list[Ranked]] = {output: [] for output in readers}
    lowest: dict[str, list[Ranked]] = {output: [] for output in readers}
    blocks = TsvTable(scores, {}).blocks(READ_BYTES)
    lines = (line for block in blocks for line in block.split(b"\n")[:-1])
    for number, line in enumerate(lines):
        cells = line.split(b"\t")
        for output, read in readers.items():
            score = read(cells)
            for heap, rank in ((highest[output], score), (lowest[output], -score)):
                if len(heap) < count:
                    heapq.heappush(heap, (rank, -number, line))
                elif rank > heap[0][0]:  # an equal score further down doesn't displace one
                    heapq.heapreplace(heap, (rank, -number, line))
    return highest, lowest


def _places(
    job: Job, partial: Partial, rejected: Sequence[RejectedRecord]
) -> Callable[[int], tuple[bytes, bytes]]:
    """What tells the file of a line of the scores, and the record of it, counted from 1."""
    numbers: dict[str, list[int]] = {}
    for reject in rejected:
        numbers.setdefault(reject.part, []).append(reject.number)
    starts, parts = [], []
    line, records = 0, dict[str, int]()
    for part, place in places_of(job, partial).items():
        source = place.source
        counts = partial["parts"][part]
        of_part = counts["scored"] + counts["rejected"]
        before = [number - place for place, number in enumerate(numbers.get(part, []))]
        starts.append(line)
        parts.append((_file_of(place), records.get(source.stored, 0), before))
        line += of_part - len(before)
        records[source.stored] = records.get(source.stored, 0) + of_part

    def place_of(number: int) -> tuple[bytes, bytes]:
        part = bisect_right(starts, number) - 1
        file_of, first, before = parts[part]
        own = number - starts[part]
        name, record = file_of(first + own + bisect_right(before, own))
        return escape_text(name), b"%d" % (record + 1)

    return place_of


def _file_of(place: Place) -> Callable[[int], tuple[str, int]]:
    """What tells the name of the file that has a record of the stored input, and which of the
    file's it is, both counted from 0."""
    if not place.files:
        return lambda record: (place.source.name, record)
    starts = [0, *accumulate(file.records for file in place.files)]

    def file_of(record: int) -> tuple[str, int]:
        file = bisect_right(starts, record) - 1
        return place.files[file].name, record - starts[file]

    return file_of
