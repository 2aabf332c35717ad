"""Why a job failed: its first real error, found in its logs."""

import re
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from howdah.errors import HowdahError, JobError, ModelError
from howdah.hadoop.job_history import JobHistory
from howdah.hadoop.yarn import Yarn
from howdah.jobs.job_store import cluster_of_job
from howdah.jobs.layout import TASKS
from howdah.jobs.record import Job, Jobs
from howdah.settings import Cluster, Runner, Settings
from mr.log_lines import AT, FAILED, FAULT

__all__ = ["AttemptFailure", "failure_of", "failures_of", "first_error", "memory_exceeded"]

EXITED = re.compile(r"subprocess failed with code (\d+)")  # as streaming says it of a task
# as the NodeManager says it of a container that it has ended
MEMORY = re.compile(r"Current usage: (\S+ \w+) of (\S+ \w+) physical memory used")
LOG_POLL_SECONDS = 0.5
LAST_WORDS = re.compile(r"^reporter:counter:howdah,input_bytes,", re.MULTILINE)  # of a success
LOG_WAIT_SECONDS = 20  # logs are collected once the application has ended
# at a line's beginning: what a model prints has something else there
TRACEBACK = re.compile(r"^Traceback \(most recent call last\):$", re.MULTILINE)
TIMER = re.compile(r"^Timeout \((.+)\)!$", re.MULTILINE)  # as faulthandler says it
PLACE = re.compile(f"^{AT}: (.*)$", re.MULTILINE)
FAULTY = re.compile(f"^{FAULT}: (.*)$", re.MULTILINE)
T = TypeVar("T")


@dataclass(frozen=True)
class AttemptFailure:
    """A failed task attempt: where it ran, what its runner says, and its stderr."""

    name: str
    host: str
    cause: str
    log: str


def failure_of(job: Job, settings: Settings) -> HowdahError:
    """What failed and where, with the task's own traceback if there is one: ModelError if that was
    the model's doing, else JobError."""
    return first_error(job, failures_of(job, settings))


def first_error(job: Job, failures: Sequence[AttemptFailure]) -> HowdahError:
    """The error that made the job fail, of all that its attempts' logs have."""
    for failure in failures:
        if found := FAULTY.search(failure.log):
            return _error(ModelError, job, failure, _trace(failure.log), found[1])
        if found := TIMER.search(failure.log):
            fault = f"model {job.model or ', '.join(job.models)} has not answered for {found[1]}"
            return _error(ModelError, job, failure, failure.log[found.start() :], fault)
    for failure in failures:
        if trace := _trace(failure.log):
            return _error(JobError, job, failure, trace)
    if failures:
        return _error(JobError, job, failures[0], failures[0].cause)
    return JobError(f"job {job.id} failed: {job.error}", hint=f"bin/logs {job.id}")


def _trace(log: str) -> str:
    """The last traceback, and what follows it."""
    found = [match.start() for match in TRACEBACK.finditer(log)]
    return log[found[-1] :].strip() if found else ""


def _error(
    kind: type[HowdahError], job: Job, failure: AttemptFailure, cause: str, fault: str = ""
) -> HowdahError:
    trace, _, rest = cause.partition(FAILED + ": ")
    place = rest.split("\n")[0]  # in an ApplicationMaster's container other lines may follow
    if not place:
        positions = PLACE.findall(failure.log)
        place = f"host {failure.host}, {positions[-1] if positions else 'before its first block'}"
    for source in job.inputs:
        place = place.replace(source.stored, source.name)
    told = (fault, place.strip(), trace.strip(), f"({failure.name})")
    message = f"job {job.id} failed: " + "\n".join(line for line in told if line)
    return kind(message, hint=f"bin/logs {job.id}", where=place.strip())


def failures_of(job: Job, settings: Settings) -> list[AttemptFailure]:
    """The job's failed task attempts, the one that tells most first."""
    if job.runner == Runner.LOCAL:
        return _local_failures(Jobs(settings.state).folder(job.id), job.error)
    cluster = cluster_of_job(job, settings)
    return _hadoop_failures(cluster, job.application) if job.application else []


def _local_failures(folder: Path, cause: str) -> list[AttemptFailure]:
    failures = []
    for path in sorted((folder / TASKS).glob("*/step/*/*/*/stderr")):
        log = path.read_text(errors="replace")
        if not LAST_WORDS.search(log):
            name = "/".join(path.parts[-3:-1])
            failures.append(AttemptFailure(name, socket.gethostname(), cause, log))
    # others may have been stopped because one failed: that one is named in the cause
    return sorted(failures, key=lambda failure: not cause.startswith(failure.name))


def _hadoop_failures(cluster: Cluster, application: str) -> list[AttemptFailure]:
    """The failed attempts; YARN collects histories and logs a moment after a job's end."""
    history = JobHistory(cluster)
    deadline = time.monotonic() + LOG_WAIT_SECONDS

    def wait_for(answer: Callable[[], T | None]) -> T | None:
        while (found := answer()) is None and time.monotonic() < deadline:
            time.sleep(LOG_POLL_SECONDS)
        return found

    attempts = wait_for(lambda: history.failed_attempts(application))
    if attempts is None:
        return _master_failures(cluster, history, application)
    return [
        AttemptFailure(
            attempt.id,
            attempt.node,
            _cause(attempt.diagnostics),
            wait_for(partial(history.log, attempt.node, attempt.container, "stderr")) or "",
        )
        for attempt in attempts
    ]


def _master_failures(
    cluster: Cluster, history: JobHistory, application: str
) -> list[AttemptFailure]:
    """What an ApplicationMaster tells that ended without a history.

    That may happen to one whose own JVM runs the task that fails: it then goes on to the reduce
    task, whose first report ends the JVM.
    """
    node, container = Yarn(cluster).master(application)
    told = history.log(node, container, "syslog") or ""
    why = EXITED.search(told)
    if why is None:
        return []
    log = history.log(node, container, "stderr") or ""
    return [AttemptFailure(container, node, _cause(why[0]), log)]


def memory_exceeded(diagnostics: str) -> str:
    """That a container has taken more memory than it was given; empty where YARN doesn't say so."""
    found = MEMORY.search(diagnostics)
    if not found:
        return ""
    return f"a task took {found[1]} of memory, and its container was given {found[2]}"


def _cause(diagnostics: str) -> str:
    """YARN's first line, unless it was for memory; an exit code above 128 is what a shell makes of
    a signal."""
    if exceeded := memory_exceeded(diagnostics):
        return exceeded
    line = diagnostics.split("\n")[0]
    code = EXITED.search(line)
    if code and int(code[1]) > 128:
        return f"killed by {signal.Signals(int(code[1]) - 128).name}"
    return line
