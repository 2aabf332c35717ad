"""Where a job stands: asked of YARN or of the local runner, written into its record."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from howdah.errors import ClusterError
from howdah.hadoop.store import LocalStore
from howdah.hadoop.yarn import Application, Yarn
from howdah.hadoop.yarn_states import FinalStatus
from howdah.jobs.job_store import job_store
from howdah.jobs.layout import LISTS, OUTPUT, RUN_LOCK, RUN_LOG, SENT, SUBMIT_LOCK, SUCCESS, TASKS
from howdah.jobs.marks import Mark
from howdah.jobs.record import Job, Jobs, State
from howdah.settings import Runner, Settings
from howdah.tracking.failures import memory_exceeded

__all__ = ["JobStatus", "cancel", "follow", "refresh_status"]

POLL_SECONDS = {Runner.LOCAL: 0.05, Runner.HADOOP: 0.2}
END_OF_LOG = 1 << 16  # a task's last status is there, even if its model prints
STATUS = b"\nreporter:status:"
PATIENCE_SECONDS = 120  # a ResourceManager that restarts is back by then


@dataclass(frozen=True)
class JobStatus:
    """A job and how much of it is done, 0 to 1."""

    job: Job
    share: float
    note: str = ""

    @property
    def records_per_second(self) -> float | None:
        """Since the job began to run; None until it has got anywhere."""
        if self.job.started is None or not self.share:
            return None
        seconds = (self.job.finished or time.time()) - self.job.started
        return self.job.records * self.share / seconds if seconds > 0 else None


def refresh_status(job: Job, settings: Settings, yarn: Yarn | None = None) -> JobStatus:
    """Ask once; a job that has ended gets its last state, with its counts checked.

    ``yarn``: a client whose connection is kept for the next time.
    """
    jobs = Jobs(settings.state)
    job = jobs.read(job.id)
    if job.is_finished and (job.state != State.DONE or job.scored is not None):
        return JobStatus(job, 1.0)
    if job.state == State.UPLOADING:
        if jobs.is_held(job.id, SUBMIT_LOCK):
            return JobStatus(job, 0.0, "uploading")
        if jobs.is_held(job.id, RUN_LOCK):
            return JobStatus(job, 0.0, "launching")
        again = f"bin/submit --resume {job.run}" if job.run else "submit the same input again"
        return JobStatus(job, 0.0, f"its upload was cut off; {again}")
    if job.runner == Runner.LOCAL:
        return _refresh_local(job, jobs, settings)
    return _refresh_hadoop(job, jobs, settings, yarn)


def follow(job: Job, settings: Settings, until: Callable[[Job], bool]) -> Iterator[JobStatus]:
    """Ask again and again until the job is finished, or ``until`` says so."""
    yarn = Yarn(settings.cluster) if settings.cluster else None
    silent_since = None
    while True:
        try:
            status = refresh_status(job, settings, yarn)
            silent_since = None
        except ClusterError:
            silent_since = silent_since or time.monotonic()
            if time.monotonic() - silent_since > PATIENCE_SECONDS:
                raise
            status = JobStatus(job, 0.0, "the cluster doesn't answer; still asking")
        yield status
        job = status.job
        if job.is_finished or until(job):
            return
        time.sleep(POLL_SECONDS[job.runner])


def cancel(job: Job, settings: Settings) -> Job:
    """End a job that isn't finished, its application included."""
    jobs = Jobs(settings.state)
    if job.runner == Runner.HADOOP:
        yarn = Yarn(settings.require_cluster())
        application = yarn.application(job.id)
        if application and application.final_status == FinalStatus.UNDEFINED:
            yarn.kill(application.id)
    # before a follower sees it end
    job = jobs.update(job, state=State.CANCELLED, finished=time.time())
    if job.process and jobs.is_held(job.id, RUN_LOCK):
        with suppress(ProcessLookupError):
            os.killpg(job.process, signal.SIGTERM)
    return job


def _refresh_local(job: Job, jobs: Jobs, settings: Settings) -> JobStatus:
    if job.state == State.DONE:
        return JobStatus(_count(job, jobs, settings), 1.0)
    if jobs.is_held(job.id, RUN_LOCK):
        if job.state == State.LAUNCHING:
            job = jobs.update(job, state=State.RUNNING, started=time.time())
        return JobStatus(job, _local_share(job, jobs))
    job = jobs.read(job.id)  # it may have ended since
    if not job.is_finished:
        killed = f"its process was killed, or could write no more; {RUN_LOG} ends where it stopped"
        job = jobs.update(job, state=State.FAILED, error=killed, finished=time.time())
        return JobStatus(job, 1.0)
    return _refresh_local(job, jobs, settings) if job.state == State.DONE else JobStatus(job, 1.0)


def _local_share(job: Job, jobs: Jobs) -> float:
    """How far the map tasks are, by the status lines that they write."""
    total = sum(source.stored_bytes for source in job.inputs)
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


def _refresh_hadoop(job: Job, jobs: Jobs, settings: Settings, yarn: Yarn | None) -> JobStatus:
    if job.state == State.DONE:
        return JobStatus(_count(job, jobs, settings), 1.0)
    launching = jobs.is_held(job.id, RUN_LOCK)
    yarn = yarn or Yarn(settings.require_cluster())
    application = yarn.application(job.id)
    if application is None:
        return _without_application(job, jobs, settings, launching)
    if job.application != application.id:
        job = jobs.update(job, state=State.RUNNING, application=application.id, started=time.time())
    if application.final_status == FinalStatus.UNDEFINED:
        stages = yarn.stages(application) or application.state.lower()
        return JobStatus(job, application.progress / 100, stages)
    return JobStatus(_settle(job, application, jobs, settings), 1.0)


def _without_application(job: Job, jobs: Jobs, settings: Settings, launching: bool) -> JobStatus:
    """YARN knows nothing of the job: not yet, no longer, or it never got that far."""
    if launching and not job.application:
        return JobStatus(job, 0.0, "launching")
    store = job_store(job, settings)
    if SUCCESS in store.sizes(OUTPUT):
        store.remove(SENT)
        return JobStatus(_count(jobs.update(job, state=State.DONE), jobs, settings), 1.0)
    job = jobs.read(job.id)
    if not job.is_finished:
        why = "YARN has forgotten its application" if job.application else (
            f"it was killed before YARN had it; {RUN_LOG} ends where it stopped")  # fmt: skip
        job = jobs.update(job, state=State.FAILED, error=why, finished=time.time())
    return JobStatus(job, 1.0)


def _settle(job: Job, application: Application, jobs: Jobs, settings: Settings) -> Job:
    store = job_store(job, settings)
    store.remove(SENT)
    if application.final_status == FinalStatus.KILLED:
        return jobs.update(job, state=State.CANCELLED, finished=time.time())
    succeeded = application.final_status == FinalStatus.SUCCEEDED
    if succeeded and SUCCESS in store.sizes(OUTPUT):
        return _count(jobs.update(job, state=State.DONE), jobs, settings)
    told = application.diagnostics.strip()
    error = memory_exceeded(told) or told or "the application left no _SUCCESS"
    return jobs.update(job, state=State.FAILED, error=error, finished=time.time())


def _count(job: Job, jobs: Jobs, settings: Settings) -> Job:
    from howdah.jobs.job_summary import read_summary  # here: NumPy takes long to import

    jobs.mark(job.id, Mark.NOTICED)
    summary = read_summary(job, settings)
    return jobs.update(
        job,
        scored=summary["scored"],
        rejected=sum(summary["rejected"].values()),
        finished=job.finished or time.time(),
    )
