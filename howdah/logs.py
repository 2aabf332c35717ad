"""`bin/logs`: why a job failed, the first real error before everything else."""

import argparse
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from howdah.errors import ClusterError
from howdah.jobs import Job, Jobs
from howdah.launch import RUN_LOG, TASKS
from howdah.settings import Settings
from howdah.yarn import Attempt, Yarn
from mr.job import FAILED

__all__ = ["first_error", "parser", "run"]

LOG_POLL_SECONDS = 0.5
LOG_WAIT_SECONDS = 20  # logs are collected once the application has ended
TRACEBACK = "Traceback (most recent call last):"


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/logs",
        description="Show a job's first real error, then its logs.",
        epilog="example:\n  bin/logs 20260314-092653-58b1",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("job")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the first error and the logs."""
    jobs = Jobs(settings.state)
    job = jobs.read(args.job)
    if job.state == "failed":
        print(first_error(job, settings))
        print()
    log = jobs.folder(job.id) / RUN_LOG
    if log.exists():
        print(f"== {log}")
        print(log.read_text(errors="replace"))
    for failure in _failures(job, settings):
        print(f"== {failure.name} on {failure.host}: {failure.cause}")
        print(failure.log)
    return 0


def first_error(job: Job, settings: Settings) -> str:
    """What failed and where: the task's own traceback, if there is one."""
    failures = _failures(job, settings)
    for failure in failures:
        if TRACEBACK in failure.log:
            return _told(job, failure, failure.log[failure.log.rindex(TRACEBACK) :].strip())
    if failures:
        return _told(job, failures[0], failures[0].cause)
    return f"job {job.id} failed: {job.error}"


@dataclass(frozen=True)
class _Failure:
    """A failed task attempt: where it ran, the last that it said of itself, its stderr."""

    name: str
    host: str
    status: str
    cause: str
    log: str


def _told(job: Job, failure: _Failure, cause: str) -> str:
    trace, _, place = cause.partition(FAILED + ": ")
    where = place or f"host {failure.host}, {failure.status or 'before its first block'}"
    for source in job.inputs:
        where = where.replace(source.stored, source.name)
    return f"job {job.id} failed: {where.strip()}\n{trace.strip()}\n({failure.name})"


def _failures(job: Job, settings: Settings) -> list[_Failure]:
    if job.runner == "local":
        return _local_failures(Jobs(settings.state).folder(job.id), job.error)
    if settings.cluster is None:
        raise ClusterError(f"job {job.id} ran on a cluster, and none is configured now")
    yarn = Yarn(settings.cluster)
    if not job.application:
        return []
    return [
        _Failure(
            attempt.id, attempt.node, attempt.status, attempt.diagnostics, _stderr(yarn, attempt)
        )
        for attempt in _attempts(yarn, job)
    ]


def _local_failures(folder: Path, cause: str) -> list[_Failure]:
    failures = []
    for path in sorted((folder / TASKS).glob("*/step/*/*/*/stderr")):
        lines = path.read_text(errors="replace").splitlines()
        said = [line for line in lines if line.startswith("reporter:")]
        log = "\n".join(line for line in lines if not line.startswith("reporter:"))
        if any(line.startswith("reporter:counter:") for line in said):
            continue  # counters are a map task's last words when it has succeeded
        status = said[-1].removeprefix("reporter:status:") if said else ""
        name = "/".join(path.parts[-3:-1])
        failures.append(_Failure(name, socket.gethostname(), status, cause, log))
    return failures


def _attempts(yarn: Yarn, job: Job) -> list[Attempt]:
    """The failed attempts; the history server learns of a job a moment after its end."""
    history_id = job.application.replace("application_", "job_")
    deadline = time.monotonic() + LOG_WAIT_SECONDS
    while not yarn.is_in_history(history_id) and time.monotonic() < deadline:
        time.sleep(LOG_POLL_SECONDS)
    return yarn.failed_attempts(history_id)


def _stderr(yarn: Yarn, attempt: Attempt) -> str:
    """The attempt's stderr; while YARN collects logs, nobody may have it for a moment."""
    deadline = time.monotonic() + LOG_WAIT_SECONDS
    while (log := yarn.stderr(attempt)) is None and time.monotonic() < deadline:
        time.sleep(LOG_POLL_SECONDS)
    return log or ""
