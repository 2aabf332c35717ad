"""Finished jobs whose results the store still has."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from howdah.errors import IntegrityError, UsageError
from howdah.jobs.job_store import job_store
from howdah.jobs.layout import INPUT, OUTPUT
from howdah.jobs.record import Job, Jobs
from howdah.settings import Runner, Settings
from howdah.tracking.job_status import refresh_status

__all__ = ["StoredResults", "old_jobs", "removable_jobs", "remove_stored", "stored_results"]


@dataclass(frozen=True)
class StoredResults:
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


def stored_results(jobs: Jobs, settings: Settings) -> Iterator[StoredResults]:
    """What the store has of each, newest job first."""
    for job in _finished(jobs, settings):
        store = job_store(job, settings)
        sizes = [store.usage(folder) for folder in (OUTPUT, INPUT)]
        if any(sizes):
            yield StoredResults(
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


def old_jobs(jobs: Jobs, settings: Settings, age: float) -> list[Job]:
    """The finished jobs that ended more than ``age`` seconds ago and aren't to be kept."""
    ended = _finished(jobs, settings)
    return [job for job in ended if not job.kept and _age(job) > age]


def removable_jobs(names: Sequence[str], jobs: Jobs, settings: Settings) -> list[Job]:
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


def remove_stored(chosen: Sequence[Job], jobs: Jobs, settings: Settings) -> Iterator[Job]:
    """Remove what the store has of the jobs, and their records; each is given once it is gone."""
    stores = [job_store(job, settings) for job in chosen]  # or none is removed
    for job, store in zip(chosen, stores, strict=True):
        store.remove("")
        jobs.remove(job.id)
        yield job


def _finished(jobs: Jobs, settings: Settings) -> Iterator[Job]:
    """Jobs that have ended, those of a cluster that isn't configured now left out."""
    for job in jobs.all():
        if job.runner == Runner.LOCAL or settings.cluster:
            seen = _looked_at(job, jobs, settings)
            if seen.is_finished:
                yield seen


def _looked_at(job: Job, jobs: Jobs, settings: Settings) -> Job:
    if not job.is_finished:
        with suppress(IntegrityError):  # whatever its counts are, it has ended
            refresh_status(job, settings)
    return jobs.read(job.id)


def _age(job: Job) -> float:
    return time.time() - (job.finished or job.created)
