"""`bin/results`: finished jobs whose results the store still has, and the removal of some."""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from howdah.errors import IntegrityError, UsageError
from howdah.jobs.record import Job, Jobs
from howdah.jobs.store import store_of
from howdah.settings import Settings
from howdah.tracking.progress import observe

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/results list
  bin/results rm 20260314-092653-58b1 20260314-101500-7c2e
  bin/results rm --older-than 7       all but those submitted with --keep-in-store

Removed are the job's folder in the store and its record, nothing else: no input that the job read
elsewhere, no fetched results. Everybody's results in HDFS go after 30 days (bin/janitor), except
those of jobs submitted with --keep-in-store.
"""
DAY = 86_400
AGES = ((DAY, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True)
class Stored:
    """What the store has of a job. ``age`` is in seconds since its end; sizes are bytes on disk,
    of all replicas."""

    job: str
    state: str
    age: float
    pipeline: str
    inputs: tuple[str, ...]
    output_bytes: int
    input_bytes: int
    kept: bool
    where: str


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/results",
        description="List the results that the store still has, or remove some.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="finished jobs, what they take and where")
    removal = actions.add_parser("rm", help="remove jobs with all that the store has of them")
    removal.add_argument("jobs", nargs="*", metavar="JOB")
    removal.add_argument("--older-than", type=float, metavar="DAYS", help="all that are not kept")
    for action in (listing, removal):
        action.add_argument("--json", action="store_true", help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """List or remove."""
    jobs = Jobs(settings.state)
    if args.action == "rm":
        return _remove(args, jobs, settings)
    found = list(_stored(jobs, settings))
    if args.json:
        print(json.dumps([asdict(stored) for stored in found], indent=1))
    else:
        for stored in found:
            _print_line(stored)
    return 0


def _stored(jobs: Jobs, settings: Settings) -> Iterator[Stored]:
    for job in _finished(jobs, settings):
        store = store_of(job, settings)
        sizes = [store.usage(folder) for folder in ("output", "input")]
        if any(sizes):
            yield Stored(
                job=job.id,
                state=job.state,
                age=round(_age(job)),
                pipeline=job.pipeline,
                inputs=tuple(job.names),
                output_bytes=sizes[0],
                input_bytes=sizes[1],
                kept=job.kept,
                where=store.uri,
            )


def _finished(jobs: Jobs, settings: Settings) -> Iterator[Job]:
    """Jobs that have ended, those of a cluster that isn't configured now left out."""
    for job in jobs.all():
        if job.runner == "local" or settings.cluster:
            seen = _looked_at(job, jobs, settings)
            if seen.is_finished:
                yield seen


def _looked_at(job: Job, jobs: Jobs, settings: Settings) -> Job:
    if not job.is_finished:
        with suppress(IntegrityError):  # whatever its counts are, it has ended
            observe(job, settings)
    return jobs.read(job.id)


def _age(job: Job) -> float:
    return time.time() - (job.finished or job.created)


def _print_line(stored: Stored) -> None:
    first, *others = stored.inputs or ("",)
    more = f" +{len(others)}" if others else ""
    kept = "  kept" if stored.kept else ""
    print(f"{stored.job}  {stored.state:<9} {_ago(stored.age):>7}  {stored.pipeline:<14}"
          f" {stored.output_bytes:>15,} + {stored.input_bytes:>15,} bytes"
          f"  {first}{more}  {stored.where}{kept}")  # fmt: skip


def _ago(seconds: float) -> str:
    for unit, name in AGES:
        if seconds >= unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def _remove(args: argparse.Namespace, jobs: Jobs, settings: Settings) -> int:
    if bool(args.jobs) == (args.older_than is not None):
        raise UsageError("rm takes jobs or --older-than DAYS", hint="bin/results rm -h")
    if args.jobs:
        chosen = _named(args.jobs, jobs, settings)
    else:
        ended = _finished(jobs, settings)
        chosen = [job for job in ended if not job.kept and _age(job) > args.older_than * DAY]
    stores = [store_of(job, settings) for job in chosen]  # or none is removed
    for job, store in zip(chosen, stores, strict=True):
        store.remove("")
        jobs.remove(job.id)
        if not args.json:
            print(f"removed {job.id}", flush=True)
    if args.json:
        print(json.dumps({"removed": [job.id for job in chosen]}))
    return 0


def _named(names: Sequence[str], jobs: Jobs, settings: Settings) -> list[Job]:
    """The jobs of these ids; UsageError for the first that can't be removed."""
    found = []
    for name in dict.fromkeys(names):
        job = _looked_at(jobs.read(name), jobs, settings)
        if not job.is_finished:
            raise UsageError(
                f"job {job.id} isn't finished: {job.state}; nothing was removed",
                hint=f"bin/cancel {job.id}",
            )
        found.append(job)
    return found
