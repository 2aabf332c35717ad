"""One job on its way: planned, recorded, stored, started, followed to its end.

`bin/submit` takes a job this way, and a run of a workflow each of its steps.
"""

import argparse
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from howdah.errors import ClusterError, JobError, RejectedError
from howdah.inputs.columnar import columnar_notes
from howdah.inputs.input_file import InputFile
from howdah.inputs.reading import read_as
from howdah.jobs.job_store import job_store
from howdah.jobs.job_summary import check_meaning, read_summary, readable_summary
from howdah.jobs.layout import INPUT, KEEP, PREPARED, RUN_LOCK, SUBMIT_LOCK, index_file
from howdah.jobs.marks import Mark
from howdah.jobs.pipeline_hooks import (
    options_from_stored,
    prepare_task_files,
    takes_files,
    text_watcher,
)
from howdah.jobs.predictions import renaming_notes
from howdah.jobs.record import Job, Jobs, State
from howdah.jobs.stored_input import Input
from howdah.models.job_models import link_models
from howdah.os_errors import disk_error_of_task, naming
from howdah.settings import Runner, Settings
from howdah.submission.amendment_plan import check_count
from howdah.submission.launcher import start
from howdah.submission.plan import make_plan
from howdah.submission.preflight import check_readiness
from howdah.submission.upload import store_inputs
from howdah.submission.validation import reading_of
from howdah.terminal.progress_bar import ProgressBar
from howdah.tracking.failures import failure_of
from howdah.tracking.job_description import error_of, tracking_url
from howdah.tracking.job_status import follow, refresh_status
from mr.pipelines.registry import PIPELINES
from mr.records.record_ends import quoting_delimiter

__all__ = [
    "Callbacks",
    "check_outcome",
    "final_summary",
    "submit",
    "upload_was_interrupted",
    "wait_for_end",
]


@dataclass(frozen=True)
class Callbacks:
    """What is called while a job is submitted and followed.

    ``on_id`` gets the job's id as soon as it has one, ``on_message`` each line for people.
    ``show_bars`` says whether to draw progress bars, ``is_stopped`` whether to leave the job to
    itself. ``on_stored`` gets the inputs once they are stored; if it raises, there is no job.
    """

    on_id: Callable[[str], None]
    on_message: Callable[[str], None]
    show_bars: bool = True
    is_stopped: Callable[[], bool] = lambda: False
    on_stored: Callable[[Sequence[Input]], None] = lambda stored: None


def submit(
    args: argparse.Namespace,
    sources: Sequence[InputFile],
    settings: Settings,
    callbacks: Callbacks,
    *,
    marks: dict[Mark, float],
    run: str = "",
    step: str = "",
    changes: Sequence[dict[str, Any]] = (),
) -> Job:
    """Start a job, or find the unfinished one that has the same input, model and options.

    ``marks`` are moments before this call, for the job's timeline. ``run`` and ``step`` say which
    step of a workflow's run the job is; it is then the same job only in that step. ``changes``:
    what has become another one on the run's way.
    """
    sources, notes = read_as(sources, reading_of(args, settings))
    planned = make_plan(args, sources, settings)
    for line in (*notes, *renaming_notes(planned["predicted"]), *columnar_notes(sources)):
        callbacks.on_message(line)
    if amends := planned.get("amends"):
        callbacks.on_message(f"amends {amends}: bin/getresults puts the results of both together")
    if run:
        planned["identity"] += f" {run}/{step}"
        planned |= {"run": run, "step": step, "changes": tuple(changes)}
    check_readiness(sources, planned, settings)
    jobs = Jobs(settings.state)
    with jobs.lock("", SUBMIT_LOCK):
        job = _unfinished(planned["identity"], jobs, settings)
        attached = job is not None and not upload_was_interrupted(job, jobs)
        if job is None:
            job = jobs.create(state=State.UPLOADING, **planned)
        elif attached:
            callbacks.on_message(f"{job.id} has the same input and isn't finished: following it")
        else:
            callbacks.on_message(f"the upload of {job.id} was cut off: uploading again")
        upload_lock = None if attached else jobs.lock(job.id, SUBMIT_LOCK)
    callbacks.on_id(job.id)
    if upload_lock is None:
        return _keep_in_store(job, jobs, settings) if args.keep_in_store else job
    for mark, at in marks.items():
        jobs.mark(job.id, mark, at)
    jobs.mark(job.id, Mark.PLANNED)
    with upload_lock:
        return _store_and_start(job, sources, jobs, settings, callbacks, keep=args.keep_in_store)


def _unfinished(identity: str, jobs: Jobs, settings: Settings) -> Job | None:
    for job in jobs.all():
        if identity and job.identity == identity and not job.is_finished:
            job = refresh_status(job, settings).job
            if not job.is_finished:
                return job
    return None


def upload_was_interrupted(job: Job, jobs: Jobs) -> bool:
    """Whether nobody is left who would store the job's input."""
    return job.state == State.UPLOADING and not any(
        jobs.is_held(job.id, lock) for lock in (SUBMIT_LOCK, RUN_LOCK)
    )


def _keep_in_store(job: Job, jobs: Jobs, settings: Settings) -> Job:
    """Have the job's results stay in the store however old they are."""
    store = job_store(job, settings)
    with store.reaching():
        store.sink().open(KEEP).close()
    return jobs.update(job, kept=True)


def _store_and_start(
    job: Job,
    sources: Sequence[InputFile],
    jobs: Jobs,
    settings: Settings,
    callbacks: Callbacks,
    *,
    keep: bool,
) -> Job:
    store = job_store(job, settings)
    sizes = [source.size for source in sources]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    stays = job.runner == Runner.LOCAL or bool(sources[0].path)
    watcher = text_watcher(job)
    try:
        link_models(job, jobs.folder(job.id), settings)
        prepare_task_files(job, jobs.folder(job.id) / PREPARED)
        store.remove(INPUT)  # of an upload that was cut off
        with (
            naming(jobs.folder(job.id)),
            store.reaching(),
            ProgressBar(
                "reading" if stays else "uploading", total, shown=callbacks.show_bars
            ) as bar,
        ):

            def progress(count: int) -> None:
                if callbacks.is_stopped():
                    raise KeyboardInterrupt
                bar.add(count)

            stored = store_inputs(
                sources,
                store.sink(),
                links=jobs.folder(job.id) / INPUT if job.runner == Runner.LOCAL else None,
                header=job.options["header"],
                delimiter=quoting_delimiter(job.options),
                whole=takes_files(PIPELINES[job.pipeline]),
                watcher=watcher,
                index=lambda stored: jobs.folder(job.id) / index_file(stored),
                note=callbacks.on_message,
                progress=progress,
            )
        callbacks.on_stored(stored)
        check_count(job, stored, settings)
        options = options_from_stored(job, sources, stored, watcher)
        if keep:
            _keep_in_store(job, jobs, settings)
    except BaseException:
        with suppress(ClusterError):  # what went wrong first is told
            store.remove("")
        jobs.remove(job.id)
        raise
    jobs.mark(job.id, Mark.STORED)
    job = jobs.update(job, inputs=stored, options=options)
    if job.is_finished:  # cancelled meanwhile
        jobs.clear(job.id)
        return job
    start(job, settings)
    job = jobs.read(job.id)
    return jobs.update(job, state=State.LAUNCHING) if job.state == State.UPLOADING else job


def wait_for_end(
    job: Job, settings: Settings, callbacks: Callbacks, *, detach: bool = False
) -> Job:
    """Watch the job until it has ended, or, to ``detach``, until it runs."""

    def under_way(job: Job) -> bool:
        return callbacks.is_stopped() or (
            detach and (bool(job.application) or job.runner == Runner.LOCAL)
        )

    tracked = False
    with ProgressBar("scoring", None, shown=callbacks.show_bars) as bar:
        for progress in follow(job, settings, until=under_way):
            job = progress.job
            if not tracked and (url := tracking_url(job, settings)):
                tracked = True
                bar.clear()
                callbacks.on_message(f"track it at {url}")
            bar.show(progress.share, progress.note)
    return job


def final_summary(job: Job, settings: Settings) -> dict[str, Any]:
    """The summary of a job that has ended, as in summary.json; raises JobError unless it is done,
    ModelError if its model is why."""
    if job.state == State.FAILED:
        error = failure_of(job, settings)
        uri = job_store(job, settings).uri
        if job.runner == Runner.LOCAL and (refused := disk_error_of_task(error.message, uri)):
            refused.message = f"job {job.id} failed: {refused.message}"
            raise refused
        raise error
    if job.state == State.CANCELLED:
        raise JobError(f"job {job.id} was cancelled")
    return readable_summary(job, read_summary(job, settings))


def check_outcome(job: Job, summary: dict[str, Any]) -> None:
    """Raise RejectedError if more of the job's records were rejected than may be, UsageError if
    what was counted means nothing."""
    error = error_of(job)
    if isinstance(error, RejectedError):
        raise error
    check_meaning(summary)
