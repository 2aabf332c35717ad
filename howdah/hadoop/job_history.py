"""A client of the JobHistory server: what ended MapReduce jobs did, and their containers' logs."""

from dataclasses import dataclass, field, replace
from typing import Any

from howdah.errors import ClusterError
from howdah.hadoop.rest_api import TIMEOUT, RestApi
from howdah.hadoop.yarn import Yarn, mapreduce_id
from howdah.hadoop.yarn_states import AttemptState
from howdah.http_client import HttpClient
from howdah.settings import Cluster
from mr.stages import COUNTER_GROUP

__all__ = ["History", "JobHistory", "TaskAttempt", "log_contents"]


@dataclass(frozen=True)
class TaskAttempt:
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
    attempts: tuple[TaskAttempt, ...]


class JobHistory:
    """A client of one cluster's JobHistory server; raises ClusterError where it doesn't answer."""

    def __init__(self, cluster: Cluster, *, timeout: float = TIMEOUT) -> None:
        self._cluster = cluster
        self._timeout = timeout
        self._http = HttpClient(timeout)
        base = f"{cluster.historyserver_url}/ws/v1/history"
        self._server = RestApi("the JobHistory server", base, self._http)

    def check(self) -> None:
        """Raise ClusterError unless the server answers."""
        self._server.find("info")

    def ended_job(self, application_id: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What is known of an ended MapReduce job, and of its counters; None if it isn't (yet)."""
        path = f"mapreduce/jobs/{mapreduce_id(application_id)}"
        job, counters = self._server.find(path), self._server.find(f"{path}/counters")
        return None if job is None or counters is None else (job, counters)

    def failed_attempts(self, application_id: str) -> list[TaskAttempt] | None:
        """The failed attempts of a finished job, earliest first; None if it isn't known yet."""
        attempts = self.attempts(application_id)
        if attempts is None:
            return None
        failed = [attempt for attempt in attempts if attempt.state == AttemptState.FAILED]
        return sorted(failed, key=lambda attempt: attempt.started or 0)

    def attempts(self, application_id: str) -> list[TaskAttempt] | None:
        """Every task attempt, without its counters; None if the job isn't known yet."""
        found = self._attempts(application_id)
        return None if found is None else [attempt for _, attempt in found]

    def history(self, application_id: str) -> History | None:
        """What is known of a finished application; None if the server has no history yet."""
        job_id = mapreduce_id(application_id)
        job = self._jobs(job_id).get("job")
        attempts = self._attempts(application_id)
        if job is None or attempts is None:
            return None
        masters = self._jobs(f"{job_id}/jobattempts").get("jobAttempts", {})
        master = masters.get("jobAttempt", [{}])[-1]
        # forgotten sooner than the history
        application = Yarn(self._cluster, timeout=self._timeout).about(application_id)
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

    def log(self, node: str, container: str, name: str) -> str | None:
        """What a container wrote to its log ``name``; None while nobody has it.

        The NodeManager has it until YARN has collected it, then the history server.
        """
        path = f"containerlogs/{container}/{name}"
        manager = RestApi("the NodeManager", f"http://{node}/ws/v1/node", self._http)
        for api in (manager, self._server):
            try:
                response = api.ask(path, accept="text/plain")
            except ClusterError:  # the node may be gone, and the other place have the log
                continue
            contents = log_contents(response.text)
            if response.status_code == 200 and contents is not None:
                return contents
        return None

    def _attempts(self, application_id: str) -> list[tuple[str, TaskAttempt]] | None:
        """Every attempt after its task's path; None if the job isn't known yet."""
        job_id = mapreduce_id(application_id)
        tasks = self._jobs(f"{job_id}/tasks").get("tasks", {}).get("task")
        if tasks is None:
            return None
        found = []
        for path in (f"{job_id}/tasks/{task['id']}" for task in tasks):
            attempts = self._jobs(f"{path}/attempts").get("taskAttempts", {})
            found += [(path, _attempt(told)) for told in attempts.get("taskAttempt", [])]
        return found

    def _counters(self, attempt: str) -> dict[str, int]:
        told = self._jobs(f"{attempt}/counters").get("jobTaskAttemptCounters", {})
        return {
            counter["name"]: counter["value"]
            for group in told.get("taskAttemptCounterGroup", [])
            if group["counterGroupName"] == COUNTER_GROUP
            for counter in group["counter"]
        }

    def _jobs(self, path: str) -> dict[str, Any]:
        """What a page of a job's says; nothing while the server has none of it."""
        return self._server.find(f"mapreduce/jobs/{path}", strict=False) or {}


def _attempt(told: dict[str, Any]) -> TaskAttempt:
    return TaskAttempt(
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
