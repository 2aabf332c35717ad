"""YARN's and the JobHistory server's REST pages, read as a job's watcher needs them."""

import subprocess
from dataclasses import dataclass
from typing import Any

from howdah.errors import ClusterError
from howdah.settings import Cluster

__all__ = ["Application", "Attempt", "Yarn"]

TIMEOUT = 20


@dataclass(frozen=True)
class Application:
    """A job's application as the ResourceManager tells it."""

    id: str
    state: str
    final_status: str
    progress: float
    diagnostics: str

    @property
    def history_id(self) -> str:
        """The id of the MapReduce job that the application ran."""
        return self.id.replace("application_", "job_")


@dataclass(frozen=True)
class Attempt:
    """A failed task attempt; ``status`` is the last that the task said of itself."""

    id: str
    node: str
    container: str
    status: str
    diagnostics: str


class Yarn:
    """A client of one cluster's pages; raises ClusterError where nothing answers."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def tracking_url(self, application_id: str) -> str:
        return f"{self._cluster.resourcemanager_url}/cluster/app/{application_id}"

    def application(self, tag: str) -> Application | None:
        """The newest application that carries ``tag``."""
        found = self._resourcemanager(f"apps?applicationTags={tag}")
        applications = (found.get("apps") or {}).get("app") or []
        if not applications:
            return None
        newest = max(applications, key=lambda app: app["startedTime"])
        return Application(
            id=newest["id"],
            state=newest["state"],
            final_status=newest["finalStatus"],
            progress=newest["progress"],
            diagnostics=newest["diagnostics"],
        )

    def kill(self, application_id: str) -> None:
        """End an application; the REST way is closed on Howdah's clusters."""
        command = [
            str(self._cluster.hadoop_bin),
            "org.apache.hadoop.yarn.client.cli.ApplicationCLI",
        ]
        done = subprocess.run(
            [*command, "application", "-kill", application_id],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ClusterError(
                f"YARN did not end {application_id}: {done.stderr.strip()[-300:]}",
                hint="bin/cluster status",
            )

    def nodes(self) -> tuple[int, int]:
        """How many NodeManagers are active, and how many cores they offer."""
        metrics = self._resourcemanager("metrics")["clusterMetrics"]
        return metrics["activeNodes"], metrics["totalVirtualCores"]

    def counters(self, application: Application) -> dict[str, int]:
        """Howdah's own counters of a finished job."""
        counters = self._history(f"{application.history_id}/counters")
        groups = counters.get("jobCounters", {}).get("counterGroup", [])
        return {
            counter["name"]: counter["totalCounterValue"]
            for group in groups
            if group["counterGroupName"] == "howdah"
            for counter in group["counter"]
        }

    def is_in_history(self, history_id: str) -> bool:
        """Whether the history server knows the job."""
        return bool(self._history(history_id))

    def failed_attempts(self, history_id: str) -> list[Attempt]:
        """The failed attempts of a finished job, earliest first."""
        tasks = self._history(f"{history_id}/tasks").get("tasks", {}).get("task", [])
        found = []
        for task in tasks:
            url = f"{history_id}/tasks/{task['id']}/attempts"
            attempts = self._history(url).get("taskAttempts", {}).get("taskAttempt", [])
            found += [attempt for attempt in attempts if attempt["state"] == "FAILED"]
        found.sort(key=lambda attempt: attempt["startTime"])
        return [
            Attempt(
                id=attempt["id"],
                node=attempt["nodeHttpAddress"],
                container=attempt["assignedContainerId"],
                status=attempt["status"],
                diagnostics=attempt["diagnostics"],
            )
            for attempt in found
        ]

    def container_log(self, container: str, name: str = "stderr") -> str:
        """A container's log file; empty if the history server hasn't got it."""
        base = self._cluster.historyserver_url
        url = f"{base}/ws/v1/history/containers/{container}/logs/{name}"
        response = _get(url, "The JobHistory server")
        return response.text if response.status_code == 200 else ""

    def _resourcemanager(self, path: str) -> dict[str, Any]:
        url = f"{self._cluster.resourcemanager_url}/ws/v1/cluster/{path}"
        return _json(_get(url, "The ResourceManager"))

    def _history(self, path: str) -> dict[str, Any]:
        base = self._cluster.historyserver_url
        url = f"{base}/ws/v1/history/mapreduce/jobs/{path}"
        response = _get(url, "The JobHistory server")
        return _json(response) if response.status_code == 200 else {}


def _get(url: str, who: str) -> Any:
    import requests

    try:
        return requests.get(url, timeout=TIMEOUT, headers={"Accept": "application/json"})
    except requests.exceptions.RequestException:
        where = "/".join(url.split("/")[:3])
        raise ClusterError(
            f"{who} doesn't answer at {where}", hint="bin/cluster status; bin/cluster up"
        ) from None


def _json(response: Any) -> dict[str, Any]:
    answer: dict[str, Any] = response.json()
    return answer
