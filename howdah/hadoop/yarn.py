"""A client of YARN's ResourceManager and, through its proxy, of running ApplicationMasters."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from howdah.errors import ClusterError
from howdah.hadoop.rest_api import TIMEOUT, RestApi
from howdah.hadoop.yarn_states import UNFINISHED
from howdah.http_client import HttpClient
from howdah.settings import Cluster

__all__ = ["Application", "Yarn", "in_states", "mapreduce_id"]


@dataclass(frozen=True)
class Application:
    """A job's application as the ResourceManager tells it."""

    id: str
    state: str
    final_status: str
    progress: float
    diagnostics: str


def mapreduce_id(application_id: str) -> str:
    """The id of the MapReduce job that the application runs."""
    return application_id.replace("application_", "job_")


class Yarn:
    """A client of one cluster's ResourceManager; raises ClusterError where it doesn't answer."""

    def __init__(self, cluster: Cluster, *, timeout: float = TIMEOUT) -> None:
        self._cluster = cluster
        url, http = cluster.resourcemanager_url, HttpClient(timeout)
        self._resourcemanager = RestApi("the ResourceManager", f"{url}/ws/v1/cluster", http)
        self._masters = RestApi("the ResourceManager", f"{url}/proxy", http)

    def tracking_url(self, application_id: str) -> str:
        return f"{self._cluster.resourcemanager_url}/cluster/app/{application_id}"

    def application(self, tag: str) -> Application | None:
        """The newest application that carries ``tag``."""
        query = f"applicationTags={tag}"
        found = self.applications(query)
        if not found:
            self.check_started()
            found = self.applications(query)
        if not found:
            return None
        newest = max(found, key=lambda app: app["startedTime"])
        return Application(
            id=newest["id"],
            state=newest["state"],
            final_status=newest["finalStatus"],
            progress=newest["progress"],
            diagnostics=newest.get("diagnostics", ""),
        )

    def unfinished(self) -> set[str]:
        """The ids of all applications that haven't ended, and their tags."""
        self.check_started()
        found = self.applications(in_states(UNFINISHED))
        tags = {tag for app in found for tag in app.get("applicationTags", "").split(",")}
        return tags | {app["id"] for app in found}

    def applications(self, query: str) -> list[dict[str, Any]]:
        """The applications that a query of the ResourceManager's finds, in its own words."""
        found = self._resourcemanager.read(f"apps?{query}")
        return (found.get("apps") or {}).get("app") or []

    def about(self, application_id: str) -> dict[str, Any]:
        """All that the ResourceManager tells of an application; nothing if it has forgotten it."""
        found: dict[str, Any] = self._resourcemanager.read(f"apps/{application_id}").get("app", {})
        return found

    def check_started(self) -> None:
        """Raise ClusterError while the ResourceManager reads its applications back.

        It already answers then, and knows only some of them.
        """
        info = self._resourcemanager.read("info").get("clusterInfo", {})
        if info.get("haState") != "ACTIVE":
            raise ClusterError("the ResourceManager is starting", hint="bin/cluster status")

    def stages(self, application: Application) -> str:
        """How far its map and reduce tasks are; empty before there are any."""
        response = self._masters.ask(f"{application.id}/ws/v1/mapreduce/jobs")
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

    def running_job(self, application_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the ApplicationMaster says of its MapReduce job, and of the job's counters."""
        path = f"{application_id}/ws/v1/mapreduce/jobs/{mapreduce_id(application_id)}"
        job, counters = self._masters.find(path), self._masters.find(f"{path}/counters")
        if job is None or counters is None:
            raise ClusterError(f"the ApplicationMaster of {application_id} doesn't know of it")
        return job, counters

    def kill(self, application_id: str) -> None:
        """End an application."""
        path = f"apps/{application_id}/state?user.name={self._cluster.user}"
        response = self._resourcemanager.ask(path, method="PUT", json={"state": "KILLED"})
        if not response.ok:
            raise ClusterError(
                f"YARN did not end {application_id}: {response.text[:300]}",
                hint="bin/cluster status",
            )

    def nodes(self) -> tuple[int, int]:
        """How many NodeManagers are active, and how many cores they offer."""
        metrics = self._resourcemanager.read("metrics")["clusterMetrics"]
        return metrics["activeNodes"], metrics["totalVirtualCores"]

    def largest_worker(self) -> tuple[str, int]:
        """The NodeManager that offers most memory, and how many MB that are."""
        found = self._resourcemanager.read("nodes?states=RUNNING")["nodes"] or {}
        offered = [
            (node["usedMemoryMB"] + node["availMemoryMB"], node["nodeHostName"])
            for node in found.get("node", [])
        ]
        memory_mb, host = max(offered, default=(0, "none"))
        return host, memory_mb

    def master(self, application_id: str) -> tuple[str, str]:
        """The node and the container of the application's last ApplicationMaster."""
        told = self._resourcemanager.read(f"apps/{application_id}/appattempts")
        last = told["appAttempts"]["appAttempt"][-1]
        return last["nodeHttpAddress"], last["containerId"]


def in_states(states: Iterable[str]) -> str:
    """The query for the applications in one of these states."""
    return f"states={','.join(states)}"
