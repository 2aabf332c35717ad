"""A job's summary as people and programs read it, with places in the inputs instead of in parts."""

import json
from collections.abc import Iterator
from typing import Any

from howdah.errors import IntegrityError, UsageError
from howdah.hadoop.store import Store
from howdah.jobs.layout import SUCCESS
from howdah.jobs.record import Input, Job
from mr.counting.tally import JobReport, Tally
from mr.pipelines.registry import PIPELINES
from mr.records.split import BOM
from mr.summary import Partial, finish, finish_counts, merge

__all__ = ["check_meaning", "places_of", "read_summary", "readable_summary", "tally_of"]


def readable_summary(job: Job, partial: Partial, report: JobReport | None = None) -> dict[str, Any]:
    """The content of summary.json; ``report``: what a pipeline that counts makes of it, if that
    is known already."""
    if PIPELINES[job.pipeline].tally:
        tally = tally_of(job)
        report = report or tally.conclude(partial)
        summary = finish_counts(partial, report.summary, tally.outcome)
    else:
        summary = finish(partial, job.decimals)
    examples = list(_examples(summary))
    parts = places_of(job, partial) if examples else {}
    for entry in examples:
        source, base = parts[entry.pop("part")]
        entry |= {"file": source.name, "offset": base + entry["offset"]}
    return summary


def check_meaning(summary: dict[str, Any]) -> None:
    """Raise UsageError if what was counted means nothing, and the summary says so."""
    if problem := summary.get("problem"):
        raise UsageError(problem, hint="submit it again; rejected.tsv and summary.json tell more")


def _examples(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The records that a summary shows, of one model or output, or of several."""
    for shown in ("highest", "lowest", "farthest"):
        yield from summary.get(shown, ())
    for inner in (*summary.get("models", {}).values(), *summary.get("outputs", {}).values()):
        yield from inner["highest"]
    for pair in summary.get("pairs", ()):
        yield from pair.get("most_different", ())


def tally_of(job: Job) -> Tally:
    """What a job's pipeline counts with."""
    tally = PIPELINES[job.pipeline].tally
    assert tally
    try:
        return tally()(job.options)
    except ValueError as error:  # of an older version
        raise UsageError(f"job {job.id}: {error}", hint="submit its input again") from None


def places_of(job: Job, partial: Partial) -> dict[str, tuple[Input, int]]:
    """For each part, in order: its input, and where in that (decompressed) it begins."""
    sources = {source.stored.split(".")[0]: source for source in job.inputs}
    found: dict[str, tuple[Input, int]] = {}
    position: dict[str, int] = {}
    for part in sorted(partial["parts"]):
        key = part.split("-")[0]
        source = sources[key]
        start = position.setdefault(key, len(BOM) if source.bom else 0)
        found[part] = source, start
        position[key] = start + partial["parts"][part]["bytes"]
    return found


def read_summary(job: Job, store: Store) -> Partial:
    """The job's merged summary; raises IntegrityError unless its counts meet the input's."""
    names = sorted(store.sizes("output"))
    if SUCCESS not in names:
        raise IntegrityError(
            f"job {job.id}: {store.uri}/output has no _SUCCESS", hint="submit the input again"
        )
    lines = [
        line
        for name in names
        if name.startswith("part-")
        for line in b"".join(store.read(f"output/{name}")).splitlines()
    ]
    try:
        partials = [json.loads(value) for _, _, value in (line.partition(b"\t") for line in lines)]
        summary = merge(partials)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"job {job.id}: its summary in {store.uri}/output is damaged: {error}",
            hint="submit the input again",
        ) from None
    counted = summary["scored"] + sum(summary["rejected"].values())
    if counted != job.records:
        raise IntegrityError(
            f"job {job.id}: its input has {job.records} records, and {counted} came out",
            hint=f"bin/logs {job.id}; submit the input again, and report this",
        )
    return summary
