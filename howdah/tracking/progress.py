"""Where a job stands: asked of YARN or of the local runner, written into its record."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from howdah.errors import ClusterError
from howdah.hadoop.store import LocalStore
from howdah.hadoop.yarn import Application, Yarn
from howdah.jobs.layout import LISTS, RUN_LOCK, RUN_LOG, SENT, SUBMIT_LOCK, SUCCESS, TASKS
from howdah.jobs.record import Job, Jobs
from howdah.jobs.store import store_of
from howdah.jobs.summary import read_summary
from howdah.settings import Settings

__all__ = ["Progress", "end", "follow", "observe"]

POLL_SECONDS = {"local": 0.05, "hadoop": 0.2}
END_OF_LOG = 1 << 16  # a task's last status is there, even if its model prints
STATUS = b"\nreporter:status:"
PATIENCE_SECONDS = 120  # a ResourceManager that restarts is back by then


@dataclass(frozen=True)
class Progress:
    """A job and how much of it is done, 0 to 1."""

    job: Job
    share: float
    note: str = ""


def observe(job: Job, settings: Settings) -> Progress:
    """Look once; a job that has ended gets its last state, with its counts checked."""
    jobs = Jobs(settings.state)
    job = jobs.read(job.id)
    if job.is_finished and (job.state != "done" or job.scored is not None):
        return Progress(job, 1.0)
    if job.state == "uploading":
        if jobs.is_held(job.id, SUBMIT_LOCK):
            return Progress(job, 0.0, "uploading")
        if jobs.is_held(job.id, RUN_LOCK):
            return Progress(job, 0.0, "launching")
        again = f"bin/submit --resume {job.run}" if job.run else "submit the same input again"
        return Progress(job, 0.0, f"its upload was cut off; {again}")
    if job.runner == "local":
        return _observe_local(job, jobs, settings)
    return _observe_hadoop(job, jobs, settings)


def follow(job: Job, settings: Settings, until: Callable[[Job], bool]) -> Iterator[Progress]:
    """Look again and again until the job is finished, or ``until`` says so."""
    silent_since = None
    while True:
        try:
            progress = observe(job, settings)
            silent_since = None
        except ClusterError:
            silent_since = silent_since or time.monotonic()
            if time.monotonic() - silent_since > PATIENCE_SECONDS:
                raise
            progress = Progress(job, 0.0, "the cluster doesn't answer; still asking")
        yield progress
        job = progress.job
        if job.is_finished or until(job):
            return
        time.sleep(POLL_SECONDS[job.runner])


def end(job: Job, settings: Settings) -> Job:
    """End a job that isn't finished, its application included."""
    jobs = Jobs(settings.state)
    if job.runner == "hadoop":
        application = Yarn(_cluster(settings)).application(job.id)
        if application and application.final_status == "UNDEFINED":
            Yarn(_cluster(settings)).kill(application.id)
    job = jobs.update(job, state="cancelled", finished=time.time())  # before a follower sees it end
    if job.process and jobs.is_held(job.id, RUN_LOCK):
        with suppress(ProcessLookupError):
            os.killpg(job.process, signal.SIGTERM)
    return job


def _observe_local(job: Job, jobs: Jobs, settings: Settings) -> Progress:
    if job.state == "done":
        return Progress(_count(job, jobs, settings), 1.0)
    if jobs.is_held(job.id, RUN_LOCK):
        if job.state == "launching":
            job = jobs.update(job, state="running", started=time.time())
        return Progress(job, _local_share(job, jobs))
    job = jobs.read(job.id)  # it may have ended since
    if not job.is_finished:
        killed = f"its process was killed, or could write no more; {RUN_LOG} ends where it stopped"
        return Progress(jobs.update(job, state="failed", error=killed, finished=time.time()), 1.0)
    return _observe_local(job, jobs, settings) if job.state == "done" else Progress(job, 1.0)


def _local_share(job: Job, jobs: Jobs) -> float:
    """How far the map tasks are, by the status lines that they write."""
    total = sum(source.bytes for source in job.inputs)
    if job.of_files:
        total = sum(LocalStore(jobs.folder(job.id)).sizes(LISTS).values())
    done = 0
    for path in jobs.folder(job.id).glob(f"{TASKS}/*/step/000/mapper/*/stderr"):
        try:
            with path.open("rb") as file:
                file.seek(max(path.stat().st_size - END_OF_LOG, 0))
                last = file.read().rpartition(STATUS)[2].partition(b", byte ")[2].split(b" ")[0]
        except FileNotFoundError:  # the job has just ended, and its tasks' files go
            continue
        done += int(last) if last.isdigit() else 0
    return min(done / max(total, 1), 0.99)


def _observe_hadoop(job: Job, jobs: Jobs, settings: Settings) -> Progress:
    if job.state == "done":
        return Progress(_count(job, jobs, settings), 1.0)
    launching = jobs.is_held(job.id, RUN_LOCK)
    yarn = Yarn(_cluster(settings))
    application = yarn.application(job.id)
    if application is None:
        return _without_application(job, jobs, settings, launching)
    if job.application != application.id:
        job = jobs.update(job, state="running", application=application.id, started=time.time())
    if application.final_status == "UNDEFINED":
        stages = yarn.stages(application) or application.state.lower()
        return Progress(job, application.progress / 100, stages)
    return Progress(_settle(job, application, jobs, settings), 1.0)


def _without_application(job: Job, jobs: Jobs, settings: Settings, launching: bool) -> Progress:
    """YARN knows nothing of the job: not yet, no longer, or it never got that far."""
    if launching and not job.application:
        return Progress(job, 0.0, "launching")
    store = store_of(job, settings)
    if SUCCESS in store.sizes("output"):
        store.remove(SENT)
        return Progress(_count(jobs.update(job, state="done"), jobs, settings), 1.0)
    job = jobs.read(job.id)
    if not job.is_finished:
        why = "YARN has forgotten its application" if job.application else (
            f"it was killed before YARN had it; {RUN_LOG} ends where it stopped")  # fmt: skip
        job = jobs.update(job, state="failed", error=why, finished=time.time())
    return Progress(job, 1.0)


def _settle(job: Job, application: Application, jobs: Jobs, settings: Settings) -> Job:
    store = store_of(job, settings)
    store.remove(SENT)
    if application.final_status == "KILLED":
        return jobs.update(job, state="cancelled", finished=time.time())
    succeeded = application.final_status == "SUCCEEDED"
    if succeeded and SUCCESS in store.sizes("output"):
        return _count(jobs.update(job, state="done"), jobs, settings)
    error = application.diagnostics.strip() or "the application left no _SUCCESS"
    return jobs.update(job, state="failed", error=error, finished=time.time())


def _count(job: Job, jobs: Jobs, settings: Settings) -> Job:
    jobs.mark(job.id, "noticed")
    summary = read_summary(job, store_of(job, settings))
    return jobs.update(
        job,
        scored=summary["scored"],
        rejected=sum(summary["rejected"].values()),
        finished=job.finished or time.time(),
    )


def _cluster(settings: Settings) -> Any:
    if settings.cluster is None:
        raise ClusterError("no cluster is configured", hint="bin/cluster up")
    return settings.cluster
