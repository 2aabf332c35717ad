"""All of Howdah's jobs on a cluster, as its daemons tell of them: what the exporter counts.

Job records are their users' own, so a job's pipeline and model are read from its application's
name. An application's end comes from the ResourceManager, what its tasks did from the
JobHistory server, and how far a running one is from its ApplicationMaster.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from howdah import http_client
from howdah.errors import ClusterError
from howdah.hadoop.job_name import Kind, read_job_name
from howdah.hadoop.yarn import COUNTERS, UNFINISHED, WAITING, history_id
from howdah.settings import Cluster

__all__ = ["Application", "Census", "Progress", "Work"]

SECONDS_TO_ANSWER = 5
ENDED = ("FINISHED", "FAILED", "KILLED")
ENDS = {"SUCCEEDED": "done", "KILLED": "cancelled"}  # any other one is a failure
SPECULATION = "Speculation: "  # begins why the slower one of two attempts was killed


class Application(NamedTuple):
    """A job's application.

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
class Progress:
    """How far a running job is: its map and reduce tasks, 0 to 1; ``records``, that they have
    scored or rejected."""

    maps: float = 0.0
    reduces: float = 0.0
    records: int = 0


@dataclass(frozen=True)
class Work:
    """What an ended job's tasks did: the counters of ``mr.job``, of tasks that succeeded, and how
    many attempts failed, were killed, or lost to another attempt at the same task."""

    counters: Mapping[str, int]
    failed: int = 0
    killed: int = 0
    speculative: int = 0


class Census:
    """A client of the daemons' pages; raises ClusterError where one doesn't answer as it should."""

    def __init__(self, cluster: Cluster) -> None:
        self._resourcemanager = cluster.resourcemanager_url
        self._historyserver = cluster.historyserver_url

    def applications(self, since: float) -> list[Application]:
        """The jobs that wait or run, and of those still known that ended at ``since`` (Unix
        seconds) or later."""
        who, base = "the ResourceManager", f"{self._resourcemanager}/ws/v1/cluster"
        info = _get(f"{base}/info", who)
        if not info or info["clusterInfo"]["haState"] != "ACTIVE":
            # it already answers then, and knows only some of its applications
            raise ClusterError("the ResourceManager is starting")
        apps = f"{base}/apps?applicationTypes=MAPREDUCE&deSelects=resourceRequests,resourceInfo"
        begin = max(int(since * 1000), 1)  # 0 would let those through that are about to end
        found: dict[str, Application] = {}
        for query in (
            f"states={','.join(UNFINISHED)}",
            f"states={','.join(ENDED)}&finishedTimeBegin={begin}",
        ):
            told = read_applications(_get(f"{apps}&{query}", who) or {"apps": None})
            found |= {app.id: app for app in told}  # one may have ended in between
        return list(found.values())

    def progress(self, application_id: str) -> Progress:
        """Ask the job's ApplicationMaster, through the ResourceManager's proxy."""
        base = f"{self._resourcemanager}/proxy/{application_id}/ws/v1/mapreduce/jobs"
        job_id = history_id(application_id)
        who = f"the ApplicationMaster of {application_id}"
        job, counters = (_get(f"{base}/{job_id}{page}", who) for page in ("", "/counters"))
        if job is None or counters is None:
            raise ClusterError(f"{who} doesn't know of it")
        return read_progress(job, counters)

    def check_history(self) -> None:
        """Raise ClusterError unless the JobHistory server answers."""
        _get(f"{self._historyserver}/ws/v1/history/info", "the JobHistory server")

    def work(self, application_id: str) -> Work | None:
        """What the JobHistory server has of an ended job; None if it has nothing (yet)."""
        jobs = f"{self._historyserver}/ws/v1/history/mapreduce/jobs"
        path = f"{jobs}/{history_id(application_id)}"
        who = "the JobHistory server"
        job = _get(path, who)
        counters = _get(f"{path}/counters", who)
        if job is None or counters is None:
            return None
        work = read_work(job, counters)
        if not work.killed or job["job"]["state"] != "SUCCEEDED":
            return work
        tasks = (_get(f"{path}/tasks", who) or {}).get("tasks", {}).get("task", [])
        pages = (_get(f"{path}/tasks/{task['id']}/attempts", who) or {} for task in tasks)
        lost = sum(map(speculative_attempts, pages))
        return Work(work.counters, work.failed, work.killed - lost, lost)


def read_applications(told: Mapping[str, Any]) -> list[Application]:
    """Howdah's jobs among the ResourceManager's applications."""
    found = []
    for app in (told["apps"] or {}).get("app", []):
        if not (name := read_job_name(app["name"])):
            continue
        if app["state"] in WAITING:
            state = "waiting"
        elif app["state"] == "RUNNING":
            state = "running"
        else:
            state = ENDS.get(app["finalStatus"], "failed")
        launched = app["launchTime"] or app["finishedTime"]  # it may end without having run
        seconds = app["elapsedTime"] / 1000
        found.append(
            Application(
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


def read_progress(job: Mapping[str, Any], counters: Mapping[str, Any]) -> Progress:
    """What an ApplicationMaster's two pages say."""
    stated, counted = job["job"], _totals(counters)
    return Progress(
        maps=stated["mapProgress"] / 100,
        reduces=stated["reduceProgress"] / 100,
        records=counted.get("scored", 0) + counted.get("rejected", 0),
    )


def read_work(job: Mapping[str, Any], counters: Mapping[str, Any]) -> Work:
    """What the JobHistory server's two pages say; ``killed`` are those lost to others, too."""
    stated = job["job"]
    return Work(
        counters=_totals(counters),
        failed=stated["failedMapAttempts"] + stated["failedReduceAttempts"],
        killed=stated["killedMapAttempts"] + stated["killedReduceAttempts"],
    )


def speculative_attempts(told: Mapping[str, Any]) -> int:
    """How many of a task's attempts lost to another one."""
    attempts = told.get("taskAttempts", {}).get("taskAttempt", [])
    return sum(SPECULATION in attempt.get("diagnostics", "") for attempt in attempts)


def _totals(told: Mapping[str, Any]) -> dict[str, int]:
    """What a job's tasks have counted, by name."""
    return {
        counter["name"]: counter["totalCounterValue"]
        for found in told.get("jobCounters", {}).get("counterGroup", [])
        if found["counterGroupName"] == COUNTERS
        for counter in found["counter"]
    }


def _get(url: str, who: str) -> dict[str, Any] | None:
    """A page's answer; None if the page isn't there."""
    with http_client.asking(who, url):
        response = http_client.ask(url, timeout=SECONDS_TO_ANSWER)
        if response.status_code == 404:
            return None
        response.raise_for_status()
        return dict(response.json())
