"""All of Howdah's jobs on a cluster, as its daemons tell of them: what the exporter counts.

Job records are their users' own, so a job's pipeline and model are read from its application's
name. An application's end comes from the ResourceManager, what its tasks did from the
JobHistory server, and how far a running one is from its ApplicationMaster.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from howdah.hadoop.job_history import JobHistory, TaskAttempt
from howdah.hadoop.job_name import Kind, read_job_name
from howdah.hadoop.yarn import Yarn, in_states
from howdah.hadoop.yarn_states import (
    ENDED,
    UNFINISHED,
    WAITING,
    ApplicationState,
    AttemptState,
    FinalStatus,
)
from howdah.jobs.record import State
from howdah.settings import Cluster
from mr.stages import COUNTER_GROUP

__all__ = ["RUNS", "WAITS", "JobCollector", "JobWork", "ObservedJob", "TaskProgress"]

SECONDS_TO_ANSWER = 5
WAITS = "waiting"  # the state of a job whose application has no container yet
RUNS = State.RUNNING
# Any other one is a failure
ENDS = {FinalStatus.SUCCEEDED: State.DONE, FinalStatus.KILLED: State.CANCELLED}
SPECULATION = "Speculation: "  # begins why the slower one of two attempts was killed


class ObservedJob(NamedTuple):
    """A job as its application shows it; ``id`` is the application's.

    ``state`` is waiting, running, done, failed or cancelled; ``ended`` is in Unix seconds, 0 if
    it hasn't. ``seconds`` are those since its submission, or from there to its end;
    ``wait_seconds`` those of them that it had to wait for its first container; ``core_seconds``
    and ``memory_mb_seconds`` what its containers have been given.
    """

    id: str
    kind: Kind
    state: str
    ended: float
    seconds: float
    wait_seconds: float
    core_seconds: int
    memory_mb_seconds: int


@dataclass(frozen=True)
class TaskProgress:
    """How far a running job is: its map and reduce tasks, 0 to 1; ``records``, that they have
    scored or rejected."""

    maps: float = 0.0
    reduces: float = 0.0
    records: int = 0


@dataclass(frozen=True)
class JobWork:
    """What an ended job's tasks did: the counters of ``mr.job``, of tasks that succeeded, and how
    many attempts failed, were killed, or lost to another attempt at the same task."""

    counters: Mapping[str, int]
    failed: int = 0
    killed: int = 0
    speculative: int = 0


class JobCollector:
    """Asks the daemons for jobs; raises ClusterError where one doesn't answer as it should."""

    def __init__(self, cluster: Cluster) -> None:
        self._yarn = Yarn(cluster, timeout=SECONDS_TO_ANSWER)
        self._history = JobHistory(cluster, timeout=SECONDS_TO_ANSWER)

    def jobs(self, since: float) -> list[ObservedJob]:
        """The jobs that wait or run, and of those still known that ended at ``since`` (Unix
        seconds) or later."""
        self._yarn.check_started()
        these = "applicationTypes=MAPREDUCE&deSelects=resourceRequests,resourceInfo"
        begin = max(int(since * 1000), 1)  # 0 would let those through that are about to end
        found: dict[str, ObservedJob] = {}
        for query in (
            in_states(UNFINISHED),
            f"{in_states(ENDED)}&finishedTimeBegin={begin}",
        ):
            jobs = read_jobs(self._yarn.applications(f"{these}&{query}"))
            found |= {job.id: job for job in jobs}  # one may have ended in between
        return list(found.values())

    def progress(self, application_id: str) -> TaskProgress:
        """Ask the job's ApplicationMaster, through the ResourceManager's proxy."""
        return read_progress(*self._yarn.running_job(application_id))

    def check_history(self) -> None:
        """Raise ClusterError unless the JobHistory server answers."""
        self._history.check()

    def work(self, application_id: str) -> JobWork | None:
        """What the JobHistory server has of an ended job; None if it has nothing (yet)."""
        found = self._history.ended_job(application_id)
        if found is None:
            return None
        job, counters = found
        work = read_work(job, counters)
        if not work.killed or job["job"]["state"] != AttemptState.SUCCEEDED:
            return work
        lost = speculative_attempts(self._history.attempts(application_id) or [])
        return JobWork(work.counters, work.failed, work.killed - lost, lost)


def read_jobs(applications: Iterable[Mapping[str, Any]]) -> list[ObservedJob]:
    """Howdah's jobs among the ResourceManager's applications."""
    found = []
    for app in applications:
        if not (name := read_job_name(app["name"])):
            continue
        if app["state"] in WAITING:
            state = WAITS
        elif app["state"] == ApplicationState.RUNNING:
            state = RUNS
        else:
            state = ENDS.get(app["finalStatus"], State.FAILED)
        launched = app["launchTime"] or app["finishedTime"]  # it may end without having run
        seconds = app["elapsedTime"] / 1000
        found.append(
            ObservedJob(
                id=app["id"],
                kind=name.kind,
                state=state,
                ended=app["finishedTime"] / 1000,
                seconds=seconds,
                wait_seconds=(launched - app["startedTime"]) / 1000 if launched else seconds,
                core_seconds=app["vcoreSeconds"],
                memory_mb_seconds=app["memorySeconds"],
            )
        )
    return found


def read_progress(job: Mapping[str, Any], counters: Mapping[str, Any]) -> TaskProgress:
    """What an ApplicationMaster's two pages say."""
    stated, counted = job["job"], _totals(counters)
    return TaskProgress(
        maps=stated["mapProgress"] / 100,
        reduces=stated["reduceProgress"] / 100,
        records=counted.get("scored", 0) + counted.get("rejected", 0),
    )


def read_work(job: Mapping[str, Any], counters: Mapping[str, Any]) -> JobWork:
    """What the JobHistory server's two pages say; ``killed`` are those lost to others, too."""
    stated = job["job"]
    return JobWork(
        counters=_totals(counters),
        failed=stated["failedMapAttempts"] + stated["failedReduceAttempts"],
        killed=stated["killedMapAttempts"] + stated["killedReduceAttempts"],
    )


def speculative_attempts(attempts: Iterable[TaskAttempt]) -> int:
    """How many attempts lost to another one at the same task."""
    return sum(SPECULATION in attempt.diagnostics for attempt in attempts)


def _totals(told: Mapping[str, Any]) -> dict[str, int]:
    """What a job's tasks have counted, by name."""
    return {
        counter["name"]: counter["totalCounterValue"]
        for found in told.get("jobCounters", {}).get("counterGroup", [])
        if found["counterGroupName"] == COUNTER_GROUP
        for counter in found["counter"]
    }
