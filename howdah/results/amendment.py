"""What a job has scored of the records that another one rejected, put in their places.

The records of an amending job are, in order, those rejected ones of the first that can be mended:
its input has as many. One that is scored now stands among the first job's scores where it
belongs; one that is rejected again stays rejected, in its old place.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from howdah.errors import IntegrityError
from howdah.jobs.record import Job
from howdah.results.finished_job import FinishedJob
from howdah.results.merge import RejectedRecord, merge_scores, read_rejected
from howdah.results.record_scores import score_readers
from howdah.results.rejected_file import is_mendable
from mr.records.tsv import escape_text
from mr.scoring.running_summary import example
from mr.summary import HIGHEST, Partial, empty, merge, rank

__all__ = ["Amended", "amend", "mendable_rejects", "weave_scores"]

BLOCK = 1 << 20


@dataclass(frozen=True)
class Amended:
    """The first job's rejected records, in order: those that are still ``rejected``, and of the
    others the lines of scores (``scored``, each with its place); ``partial``: the summary of all
    records, with the first job's parts."""

    rejected: list[RejectedRecord]
    scored: list[tuple[RejectedRecord, bytes]]
    partial: Partial


def amend(jobs: Sequence[FinishedJob], folder: Path, progress: Callable[[int], None]) -> Amended:
    """What the first of ``jobs`` has left rejected, and those behind it have scored, each of what
    the ones before it had left; ``folder`` is for files meanwhile."""
    first, *others = jobs
    rejected = list(read_rejected(first.job, first.partial, first.store))
    amended = Amended(rejected, [], first.partial)
    for job in others:
        amended = _amend(amended, job, first, folder, progress)
    return amended


def mendable_rejects(jobs: Sequence[FinishedJob]) -> list[RejectedRecord]:
    """The records that the last of ``jobs``, which amend each other, has left rejected and that
    can be mended, in the order of the first one's inputs."""
    with TemporaryDirectory() as folder:
        amended = amend(jobs, Path(folder), lambda _: None)
    return [reject for reject in amended.rejected if is_mendable(reject.row)]


def _amend(
    before: Amended,
    amending: FinishedJob,
    first: FinishedJob,
    folder: Path,
    progress: Callable[[int], None],
) -> Amended:
    mendable = [reject for reject in before.rejected if is_mendable(reject.row)]
    if len(mendable) != amending.job.records:
        raise IntegrityError(
            f"job {amending.job.id} has {amending.job.records} records, and job"
            f" {amending.job.amends} rejected {len(mendable)} that can be mended",
            hint="submit the mended records again, and report this",
        )
    scored: list[tuple[RejectedRecord, bytes]] = []
    again: dict[tuple[str, int], RejectedRecord] = {}
    path = folder / ".amending.tsv"
    merge_scores(amending.job, amending.partial, amending.store, path, progress)
    for reject, outcome in zip(mendable, _outcomes(amending, path), strict=True):
        if isinstance(outcome, RejectedRecord):
            again[reject.part, reject.number] = replace(reject, row=_again(reject, outcome))
        else:
            scored.append((reject, outcome))
    path.unlink()
    now_scored = {(reject.part, reject.number) for reject, _ in scored}
    return Amended(
        [
            again.get((reject.part, reject.number), reject)
            for reject in before.rejected
            if (reject.part, reject.number) not in now_scored
        ],
        sorted([*before.scored, *scored], key=lambda each: (each[0].part, each[0].number)),
        _merged(before.partial, mendable, scored, amending, first.job),
    )


def _outcomes(done: FinishedJob, scores: Path) -> Iterator[bytes | RejectedRecord]:
    """What became of each of a job's records, in order: its line in the file of ``scores``, or
    the record as it was rejected."""
    rejected = {
        (reject.part, reject.number): reject
        for reject in read_rejected(done.job, done.partial, done.store)
    }
    with scores.open("rb") as lines:
        lines.readline()
        for part, counts in sorted(done.partial["parts"].items()):
            for number in range(counts["scored"] + counts["rejected"]):
                yield rejected.get((part, number)) or lines.readline()


def _again(before: RejectedRecord, now: RejectedRecord) -> bytes:
    """A record that was rejected again: why now, and as it is now, in its place of before."""
    _, *place, _ = before.row.split(b"\t")
    reason, *_, record = now.row.split(b"\t")
    return b"\t".join([reason, *place, record])


def _merged(
    before: Partial,
    mendable: Sequence[RejectedRecord],
    scored: Sequence[tuple[RejectedRecord, bytes]],
    amending: FinishedJob,
    job: Job,
) -> Partial:
    """The summary of all records: without those rejected ones that have been tried again, with
    what became of them."""
    reasons = sorted(before["rejected"], key=len, reverse=True)
    tried = Counter(_reason(reject.row, reasons) for reject in mendable)
    left: Counter[str] = Counter(before["rejected"])
    left.subtract(tried)
    own = dict(amending.partial) | {"parts": {}, "highest": []}
    own["within"] = {
        name: inner | {"highest": []} for name, inner in amending.partial["within"].items()
    }
    for output, read in score_readers(job, list(own["within"])).items():
        inner = own["within"][output] if output else own
        sign = -1 if own["kind"] == "outliers" else 1
        entries = [
            {"score": sign * read(line.removesuffix(b"\n").split(b"\t"))}
            | _example(reject, line, job)
            for reject, line in scored
        ]
        inner["highest"] = sorted(entries, key=rank)[:HIGHEST]
    rejected = {reason: count for reason, count in left.items() if count}
    return merge([empty(), dict(before) | {"rejected": rejected}, own])


def _reason(row: bytes, reasons: Sequence[str]) -> str:
    """The reason that a line of rejected.tsv was counted by, without its details."""
    text = row.partition(b"\t")[0]
    for reason in reasons:
        escaped = escape_text(reason)
        if text == escaped or text.startswith(escaped + b": "):
            return reason
    raise IntegrityError(f"no record was rejected for {text.decode()}", hint="report this")


def _example(reject: RejectedRecord, line: bytes, job: Job) -> dict[str, object]:
    """What a summary tells of a record: the columns of it that are the input's."""
    cells = line.removesuffix(b"\n").split(b"\t")
    kept = job.options.get("keep", job.options.get("columns", ["text"]))
    predicted = len(cells) - len(kept)
    own = cells[: len(kept)] if job.options.get("format") else cells[predicted:]
    return example(reject.part, reject.offset, b"\t".join(own))


def weave_scores(first: FinishedJob, amended: Amended, source: Path, path: Path) -> None:
    """Write the scores of ``source``, the first job's, to ``path``, with those of amended records
    among them where they belong.

    A record's number, less the number of rejected ones before it, is how many that the first job
    has scored come before it in its part.
    """
    scored_before: dict[tuple[str, int], int] = {}
    seen: Counter[str] = Counter()
    for reject in read_rejected(first.job, first.partial, first.store):
        scored_before[reject.part, reject.number] = reject.number - seen[reject.part]
        seen[reject.part] += 1
    inserts: dict[str, list[tuple[int, bytes]]] = {}
    for reject, line in amended.scored:
        place = scored_before[reject.part, reject.number]
        inserts.setdefault(reject.part, []).append((place, line))
    with source.open("rb") as lines, path.open("wb") as woven:
        woven.write(lines.readline())
        for part, counts in sorted(first.partial["parts"].items()):
            woven.writelines(_woven(lines, counts["scores_bytes"], inserts.get(part, [])))


def _woven(lines: IO[bytes], length: int, inserts: list[tuple[int, bytes]]) -> Iterator[bytes]:
    """The next ``length`` bytes of ``lines``, with each insert before the line of its number."""
    at = taken = 0
    while length > 0:
        block = lines.read(min(BLOCK, length))
        if not block.endswith(b"\n"):
            block += lines.readline()
        length -= len(block)
        end = at + block.count(b"\n")
        here = inserts[taken : bisect_left(inserts, end, taken, key=itemgetter(0))]
        taken += len(here)
        if here:
            own = [line + b"\n" for line in block.split(b"\n")[:-1]]
            written = at
            for place, line in here:
                yield from own[written - at : place - at]
                yield line
                written = place
            yield from own[written - at :]
        else:
            yield block
        at = end
    yield from (line for _, line in inserts[taken:])
