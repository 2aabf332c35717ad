"""YARN's and the JobHistory server's REST pages, read as a job's watcher needs them."""

from dataclasses import dataclass, field, replace
from typing import Any

from howdah import http_client
from howdah.errors import ClusterError
from howdah.settings import Cluster

__all__ = [
    "COUNTERS",
    "UNFINISHED",
    "WAITING",
    "Application",
    "Attempt",
    "History",
    "Yarn",
    "history_id",
    "log_contents",
]

TIMEOUT = 20
HINT = "bin/cluster status; bin/cluster up"
WAITING = ("NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED")
UNFINISHED = (*WAITING, "RUNNING")
COUNTERS = "howdah"  # the group of counters that mr.job counts


@dataclass(frozen=True)
class Application:
    """A job's application as the ResourceManager tells it."""

    id: str
    state: str
    final_status: str
    progress: float
    diagnostics: str


@dataclass(frozen=True)
class Attempt:
    """A task attempt: where it ran, and how it ended; times are Unix seconds, None if unknown.

    ``kind`` is MAP or REDUCE; ``counters`` are those that Howdah's tasks count.
    """

    id: str
    kind: str
    state: str
    node: str
    container: str
    diagnostics: str
    started: float | None = None
    finished: float | None = None
    shuffled: float | None = None
    merged: float | None = None
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.node.partition(":")[0]


@dataclass(frozen=True)
class History:
    """When a job's application came to what, in Unix seconds, and its task attempts.

    It was submitted; its ApplicationMaster's container was launched, and that began to run; the
    MapReduce job started and finished; the application ended. None if nobody knows any longer.
    ``uber``: its tasks ran in its ApplicationMaster.
    """

    submitted: float | None
    launched: float | None
    master: float | None
    started: float | None
    finished: float | None
    ended: float | None
    uber: bool
    attempts: tuple[Attempt, ...]


def history_id(application_id: str) -> str:
    """The id of the MapReduce job that the application ran."""
    return application_id.replace("application_", "job_")


class Yarn:
    """A client of one cluster's pages; raises ClusterError where nothing answers."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def tracking_url(self, application_id: str) -> str:
        return f"{self._cluster.resourcemanager_url}/cluster/app/{application_id}"

    def application(self, tag: str) -> Application | None:
        """The newest application that carries ``tag``."""
        applications = self._applications(f"applicationTags={tag}")
        if not applications:
            self._check_started()
            applications = self._applications(f"applicationTags={tag}")
        if not applications:
            return None
        newest = max(applications, key=lambda app: app["startedTime"])
        return Application(
            id=newest["id"],
            state=newest["state"],
            final_status=newest["finalStatus"],
            progress=newest["progress"],
            diagnostics=newest.get("diagnostics", ""),
        )

    def unfinished(self) -> set[str]:
        """The ids of all applications that haven't ended, and their tags."""
        self._check_started()
        applications = self._applications(f"states={','.join(UNFINISHED)}")
        tags = {tag for app in applications for tag in app.get("applicationTags", "").split(",")}
        return tags | {app["id"] for app in applications}

    def stages(self, application: Application) -> str:
        """How far its map and reduce tasks are; empty before there are any."""
        url = f"{self._cluster.resourcemanager_url}/proxy/{application.id}/ws/v1/mapreduce/jobs"
        response = _ask("GET", url, "The ResourceManager")
        if "json" not in response.headers.get("Content-Type", ""):
            return ""  # once the ApplicationMaster is gone, the proxy answers with a page
        try:
            found = (response.json().get("jobs") or {}).get("job") or []
        except ValueError:  # it was lost before it had answered
            return ""
        return ", ".join(
            f"map {job['mapProgress']:.0f} % ({job['mapsCompleted']} of {job['mapsTotal']} tasks),"
            f" reduce {job['reduceProgress']:.0f} %"
            for job in found
        )

    def kill(self, application_id: str) -> None:
        """End an application."""
        path = f"apps/{application_id}/state?user.name={self._cluster.user}"
        url = f"{self._cluster.resourcemanager_url}/ws/v1/cluster/{path}"
        response = _ask("PUT", url, "The ResourceManager", json={"state": "KILLED"})
        if not response.ok:
            raise ClusterError(
                f"YARN did not end {application_id}: {response.text[:300]}",
                hint="bin/cluster status",
            )

    def nodes(self) -> tuple[int, int]:
        """How many NodeManagers are active, and how many cores they offer."""
        metrics = self._resourcemanager("metrics")["clusterMetrics"]
        return metrics["activeNodes"], metrics["totalVirtualCores"]

    def largest_worker(self) -> tuple[str, int]:
        """The NodeManager that offers most memory, and how many MB that are."""
        found = self._resourcemanager("nodes?states=RUNNING")["nodes"] or {}
        offered = [
            (node["usedMemoryMB"] + node["availMemoryMB"], node["nodeHostName"])
            for node in found.get("node", [])
        ]
        memory_mb, host = max(offered, default=(0, "none"))
        return host, memory_mb

    def failed_attempts(self, application_id: str) -> list[Attempt] | None:
        """The failed attempts of a finished job, earliest first; None if it isn't known yet."""
        attempts = self._attempts(history_id(application_id))
        if attempts is None:
            return None
        failed = [attempt for _, attempt in attempts if attempt.state == "FAILED"]
        return sorted(failed, key=lambda attempt: attempt.started or 0)

    def history(self, application_id: str) -> History | None:
        """What is known of a finished application; None if the JobHistory server has none yet."""
        job_id = history_id(application_id)
        job = self._history(job_id).get("job")
        attempts = self._attempts(job_id)
        if job is None or attempts is None:
            return None
        masters = self._history(f"{job_id}/jobattempts").get("jobAttempts", {})
        master = masters.get("jobAttempt", [{}])[-1]
        # forgotten sooner than the history
        application = self._resourcemanager(f"apps/{application_id}").get("app", {})
        return History(
            submitted=_seconds(application.get("startedTime") or job.get("submitTime")),
            launched=_seconds(application.get("launchTime")),
            master=_seconds(master.get("startTime")),
            started=_seconds(job.get("startTime")),
            finished=_seconds(job.get("finishTime")),
            ended=_seconds(application.get("finishedTime")),
            uber=job.get("uberized", False),
            attempts=tuple(
                replace(attempt, counters=self._counters(f"{task}/attempts/{attempt.id}"))
                for task, attempt in attempts
            ),
        )

    def _attempts(self, job_id: str) -> list[tuple[str, Attempt]] | None:
        """Every attempt after its task's path; None if the job isn't known yet."""
        tasks = self._history(f"{job_id}/tasks").get("tasks", {}).get("task")
        if tasks is None:
            return None
        found = []
        for path in (f"{job_id}/tasks/{task['id']}" for task in tasks):
            attempts = self._history(f"{path}/attempts").get("taskAttempts", {})
            found += [(path, _attempt(told)) for told in attempts.get("taskAttempt", [])]
        return found

    def _counters(self, attempt: str) -> dict[str, int]:
        told = self._history(f"{attempt}/counters").get("jobTaskAttemptCounters", {})
        return {
            counter["name"]: counter["value"]
            for group in told.get("taskAttemptCounterGroup", [])
            if group["counterGroupName"] == COUNTERS
            for counter in group["counter"]
        }

    def master(self, application_id: str) -> tuple[str, str]:
        """The node and the container of the application's last ApplicationMaster."""
        told = self._resourcemanager(f"apps/{application_id}/appattempts")
        last = told["appAttempts"]["appAttempt"][-1]
        return last["nodeHttpAddress"], last["containerId"]

    def log(self, node: str, container: str, name: str) -> str | None:
        """What a container wrote to its log ``name``; None while nobody has it.

        The NodeManager has it until YARN has collected it, then the history server.
        """
        log = f"{container}/{name}"
        places = (
            f"http://{node}/ws/v1/node/containerlogs/{log}",
            f"{self._cluster.historyserver_url}/ws/v1/history/containerlogs/{log}",
        )
        for url in places:
            try:
                response = _ask("GET", url, "YARN", accept="text/plain")
            except ClusterError:  # the node may be gone, and the other place have the log
                continue
            contents = log_contents(response.text)
            if response.status_code == 200 and contents is not None:
                return contents
        return None

    def _applications(self, query: str) -> list[dict[str, Any]]:
        found = self._resourcemanager(f"apps?{query}")
        return (found.get("apps") or {}).get("app") or []

    def _check_started(self) -> None:
        """Raise ClusterError while the ResourceManager reads its applications back.

        It already answers then, and knows only some of them.
        """
        if self._resourcemanager("info")["clusterInfo"]["haState"] != "ACTIVE":
            raise ClusterError("The ResourceManager is starting", hint="bin/cluster status")

    def _resourcemanager(self, path: str) -> dict[str, Any]:
        url = f"{self._cluster.resourcemanager_url}/ws/v1/cluster/{path}"
        return _content(_ask("GET", url, "The ResourceManager"), "The ResourceManager")

    def _history(self, path: str) -> dict[str, Any]:
        base = self._cluster.historyserver_url
        url = f"{base}/ws/v1/history/mapreduce/jobs/{path}"
        response = _ask("GET", url, "The JobHistory server")
        return _content(response, "The JobHistory server") if response.status_code == 200 else {}


def _ask(method: str, url: str, who: str, **options: Any) -> Any:
    with http_client.asking(who, url, hint=HINT):
        return http_client.ask(url, method=method, timeout=TIMEOUT, **options)


def _content(response: Any, who: str) -> dict[str, Any]:
    """The answer as JSON; ClusterError if that is cut off."""
    with http_client.asking(who, response.url, hint=HINT):
        return dict(response.json())


def _attempt(told: dict[str, Any]) -> Attempt:
    return Attempt(
        id=told["id"],
        kind=told["type"],
        state=told["state"],
        node=told.get("nodeHttpAddress", ""),
        container=told.get("assignedContainerId", ""),
        diagnostics=told.get("diagnostics", ""),
        started=_seconds(told.get("startTime")),
        finished=_seconds(told.get("finishTime")),
        shuffled=_seconds(told.get("shuffleFinishTime")),
        merged=_seconds(told.get("mergeFinishTime")),
    )


def _seconds(milliseconds: int | None) -> float | None:
    """Hadoop's times, of which 0 and -1 are none."""
    return milliseconds / 1000 if milliseconds and milliseconds > 0 else None


def log_contents(page: str) -> str | None:
    """A log's own bytes out of the page that frames them; None if it frames none.

    The history server says with status 200, too, that it hasn't found a log (yet).
    """
    _, _, framed = page.partition("\nLogContents:\n")
    contents, end, _ = framed.rpartition("\nEnd of LogType:")
    return contents if end else None
