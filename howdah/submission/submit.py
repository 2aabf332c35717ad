"""One job on its way: planned, recorded, stored, started, followed to its end.

`bin/submit` takes a job this way, and a run of a workflow each of its steps.
"""

import argparse
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from howdah.errors import ClusterError, JobError, RejectedError
from howdah.inputs.input_file import InputFile
from howdah.jobs.layout import KEEP, PREPARED, RUN_LOCK, SUBMIT_LOCK
from howdah.jobs.predictions import renamed
from howdah.jobs.record import Job, Jobs
from howdah.jobs.store import store_of
from howdah.jobs.summary import check_meaning
from howdah.models.job_models import link_models
from howdah.os_errors import naming, said_by_task
from howdah.settings import Settings
from howdah.submission.launcher import start
from howdah.submission.plan import make_plan, prepare, settle, takes_files
from howdah.submission.preflight import check_cluster
from howdah.submission.upload import store_inputs
from howdah.terminal.progress_bar import Bar
from howdah.tracking.describe import summary_of, tracking_url
from howdah.tracking.failures import failure_of
from howdah.tracking.progress import follow, observe
from mr.pipelines.registry import PIPELINES

__all__ = ["Told", "check_end", "follow_to_end", "submit", "summary_at_end", "was_cut_off"]


@dataclass(frozen=True)
class Told:
    """Who is told how a job gets on: ``named`` of its id as soon as it has one, ``say`` of
    what people may want to know; ``bars``: with bars of progress. ``stopped`` says whether to
    leave the job to itself."""

    named: Callable[[str], None]
    say: Callable[[str], None]
    bars: bool = True
    stopped: Callable[[], bool] = lambda: False


def submit(
    args: argparse.Namespace,
    sources: Sequence[InputFile],
    settings: Settings,
    told: Told,
    *,
    began: dict[str, float],
    run: str = "",
    step: str = "",
) -> Job:
    """Start a job, or find the unfinished one that has the same input; ``began`` are marks of what
    was before. A step of a run is the same as no other."""
    planned = make_plan(args, sources, settings)
    for line in renamed(planned["predicted"]):
        told.say(line)
    if run:
        of_run = {"run": run, "step": step, "identity": f"{planned['identity']} {run}/{step}"}
        planned |= of_run
    if planned["runner"] == "hadoop":
        check_cluster(sources, planned, settings)
    jobs = Jobs(settings.state)
    with jobs.lock("", SUBMIT_LOCK):
        job = _unfinished(planned["identity"], jobs, settings)
        attached = job is not None and not was_cut_off(job, jobs)
        if job is None:
            job = jobs.create(state="uploading", **planned)
        elif attached:
            told.say(f"{job.id} has the same input and isn't finished: following it")
        else:
            told.say(f"the upload of {job.id} was cut off: uploading again")
        upload_lock = None if attached else jobs.lock(job.id, SUBMIT_LOCK)
    told.named(job.id)
    if upload_lock is None:
        return _keep(job, jobs, settings) if args.keep_in_store else job
    for name, at in began.items():
        jobs.mark(job.id, name, at)
    jobs.mark(job.id, "planned")
    with upload_lock:
        return _store_and_start(job, sources, jobs, settings, told, keep=args.keep_in_store)


def _unfinished(identity: str, jobs: Jobs, settings: Settings) -> Job | None:
    for job in jobs.all():
        if identity and job.identity == identity and not job.is_finished:
            job = observe(job, settings).job
            if not job.is_finished:
                return job
    return None


def was_cut_off(job: Job, jobs: Jobs) -> bool:
    """Whether nobody is left who would store the job's input."""
    return job.state == "uploading" and not any(
        jobs.is_held(job.id, lock) for lock in (SUBMIT_LOCK, RUN_LOCK)
    )


def _keep(job: Job, jobs: Jobs, settings: Settings) -> Job:
    """Have the job's results stay in the store however old they are."""
    store = store_of(job, settings)
    with store.reaching():
        store.sink().open(KEEP).close()
    return jobs.update(job, kept=True)


def _store_and_start(
    job: Job,
    sources: Sequence[InputFile],
    jobs: Jobs,
    settings: Settings,
    told: Told,
    *,
    keep: bool,
) -> Job:
    store = store_of(job, settings)
    sizes = [source.size for source in sources]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    stays = job.runner == "local" or bool(sources[0].path)
    try:
        link_models(job, jobs.folder(job.id), settings)
        prepare(job, jobs.folder(job.id) / PREPARED)
        store.remove("input")  # of an upload that was cut off
        with (
            naming(jobs.folder(job.id)),
            store.reaching(),
            Bar("reading" if stays else "uploading", total, shown=told.bars) as bar,
        ):

            def progress(count: int) -> None:
                if told.stopped():
                    raise KeyboardInterrupt
                bar.add(count)

            stored = store_inputs(
                sources,
                store.sink(),
                links=jobs.folder(job.id) / "input" if job.runner == "local" else None,
                header=job.options["header"],
                whole=takes_files(PIPELINES[job.pipeline]),
                progress=progress,
            )
        options = settle(replace(job, inputs=stored), sources)
        if keep:
            _keep(job, jobs, settings)
    except BaseException:
        with suppress(ClusterError):  # what went wrong first is told
            store.remove("")
        jobs.remove(job.id)
        raise
    jobs.mark(job.id, "stored")
    job = jobs.update(job, inputs=stored, options=options)
    if job.is_finished:  # cancelled meanwhile
        jobs.clear(job.id)
        return job
    start(job, settings)
    job = jobs.read(job.id)
    return jobs.update(job, state="launching") if job.state == "uploading" else job


def follow_to_end(job: Job, settings: Settings, told: Told, *, detach: bool = False) -> Job:
    """Watch the job until it has ended, or, to ``detach``, until it runs."""

    def under_way(job: Job) -> bool:
        return told.stopped() or (detach and (bool(job.application) or job.runner == "local"))

    tracked = False
    with Bar("scoring", None, shown=told.bars) as bar:
        for progress in follow(job, settings, until=under_way):
            job = progress.job
            if not tracked and (url := tracking_url(job, settings)):
                tracked = True
                bar.clear()
                told.say(f"track it at {url}")
            bar.show(progress.share, progress.note)
    return job


def summary_at_end(job: Job, settings: Settings) -> dict[str, Any]:
    """The summary of a job that has ended; raises JobError unless it is done, ModelError if its
    model is why."""
    if job.state == "failed":
        error = failure_of(job, settings)
        uri = store_of(job, settings).uri
        if job.runner == "local" and (refused := said_by_task(error.message, uri)):
            refused.message = f"job {job.id} failed: {refused.message}"
            raise refused
        raise error
    if job.state == "cancelled":
        raise JobError(f"job {job.id} was cancelled")
    return summary_of(job, settings)


def check_end(job: Job, summary: dict[str, Any]) -> None:
    """Raise RejectedError if more of the job's records were rejected than may be, UsageError if
    what was counted means nothing."""
    rejected = (job.rejected or 0) / max(job.records, 1)
    if rejected > job.max_rejected:
        raise RejectedError(
            f"{job.rejected:,} of {job.records:,} records were rejected ({rejected:.1%}),"
            f" and --max-rejected is {job.max_rejected:.1%}",
            hint=f"bin/getresults {job.id}: rejected.tsv has each with its reason",
        )
    check_meaning(summary)
