"""``bin/cluster``: bring a Hadoop up, say how it is, take it down.

    bin/cluster up                        Hadoop on this machine alone, loopback only
    bin/cluster up --inventory lab        the hosts of hadoop-setup/inventory/lab
    bin/cluster status --json
    bin/cluster down                      stop it, keep its data
    bin/cluster down --purge              stop it, remove its data

``up`` and ``down`` run hadoop-setup's playbooks; ``status`` asks the daemons themselves.
Exit: 0 done, 2 usage, 6 something is down or can't be brought up.
"""

import argparse
import fcntl
import getpass
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from howdah.errors import ClusterError, UsageError
from howdah.settings import SETUP, Cluster, Settings, read_cluster

__all__ = ["Daemon", "Node", "Report", "ask", "parser", "run"]

SECONDS_TO_ANSWER = 5


@dataclass(frozen=True)
class Daemon:
    """One Hadoop process, asked over HTTP; ``problem`` is empty when it answers."""

    name: str
    address: str
    problem: str


@dataclass(frozen=True)
class Node:
    """One NodeManager as the ResourceManager sees it; ``state`` is YARN's word."""

    address: str
    state: str
    containers: int
    memory_mb: int
    vcores: int


@dataclass(frozen=True)
class Report:
    """How a cluster is now; sizes in bytes."""

    daemons: tuple[Daemon, ...]
    nodes: tuple[Node, ...]
    safe_mode: str
    capacity: int
    used: int
    remaining: int

    @property
    def problems(self) -> list[str]:
        """Everything that stops a job from running, the cause before what follows from it."""
        found = [f"{daemon.name} at {daemon.address}: {daemon.problem}"
                 for daemon in self.daemons if daemon.problem]  # fmt: skip
        if self.safe_mode:
            found.append(f"HDFS is in safe mode: {self.safe_mode}")
        answering = {daemon.name for daemon in self.daemons if not daemon.problem}
        if "namenode" in answering and "datanode" not in answering:
            found.append("HDFS has no DataNode")
        if "resourcemanager" in answering and not any(n.state == "RUNNING" for n in self.nodes):
            found.append("YARN has no running NodeManager")
        return found


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``bin/cluster``."""
    top = argparse.ArgumentParser(
        prog="bin/cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="up|down|status")
    for verb, says in (
        ("up", "install, configure and start Hadoop; again: start what isn't running"),
        ("down", "stop Hadoop and keep its data"),
        ("status", "say which daemons answer, and how HDFS and the nodes are"),
    ):
        command = verbs.add_parser(verb, help=says, description=says)
        command.add_argument(
            "--inventory",
            metavar="DIR",
            help="a folder, or a name in hadoop-setup/inventory (default: that in use, or local)",
        )
        command.add_argument("--json", action="store_true", help="the result as JSON")
        if verb == "down":
            command.add_argument(
                "--purge", action="store_true", help="remove its data and logs too"
            )
    return top


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what ``args`` say and return the exit status."""
    inventory = find_inventory(args.inventory, settings)
    if args.verb == "up":
        return up(inventory, settings, as_json=args.json)
    if args.verb == "down":
        return down(inventory, settings, purge=args.purge, as_json=args.json)
    return status(args.inventory, inventory, settings, as_json=args.json)


def find_inventory(given: str | None, settings: Settings) -> Path:
    """Return the inventory's folder: the one given, the one in use, or this machine alone."""
    if given is None:
        return settings.cluster.inventory if settings.cluster else SETUP / "inventory" / "local"
    for folder in (SETUP / "inventory" / given, Path(given)):
        if folder.is_dir():
            return folder.resolve()
    names = ", ".join(sorted(path.name for path in (SETUP / "inventory").iterdir()))
    raise UsageError(f"there is no inventory {given}", hint=f"one of {names}, or a folder")


def up(inventory: Path, settings: Settings, *, as_json: bool) -> int:
    """Bring the cluster up, record that it is the one in use, print its addresses."""
    if any(character.isspace() for character in str(settings.state)):
        raise ClusterError(
            f"Hadoop can't live in a folder with spaces in its name: {settings.state}",
            hint="HOWDAH_STATE=/a/folder/without/them bin/cluster up",
        )
    changed = play("up", inventory, settings, {})
    cluster = read_cluster(inventory, settings.cluster_state, getpass.getuser())
    record = {"inventory": str(inventory), "user": cluster.user}
    unfinished = settings.cluster_record.with_suffix(".part")
    unfinished.write_text(json.dumps(record) + "\n")
    unfinished.replace(settings.cluster_record)
    if as_json:
        print(json.dumps({"changed": changed, **addresses(cluster)}))
    else:
        print("The cluster is up." if changed else "The cluster is up already; nothing changed.")
        print_addresses(cluster)
    return 0


def down(inventory: Path, settings: Settings, *, purge: bool, as_json: bool) -> int:
    """Stop the cluster; with ``purge`` remove everything but Hadoop's own files."""
    changed = False
    if settings.cluster_state.exists():
        changed = play("down", inventory, settings, {"purge": purge})
    settings.cluster_record.unlink(missing_ok=True)
    if as_json:
        print(json.dumps({"changed": changed}))
    elif changed:
        print(
            "The cluster is down" + (" and its data removed." if purge else "; its data is kept.")
        )
    else:
        print("No cluster was running.")
    return 0


def status(given: str | None, inventory: Path, settings: Settings, *, as_json: bool) -> int:
    """Print how the cluster is; 6 when something is down."""
    cluster = settings.cluster
    if given is not None:
        cluster = read_cluster(inventory, settings.cluster_state, getpass.getuser())
    if cluster is None:
        raise ClusterError("no cluster is configured", hint="bin/cluster up")
    report = ask(cluster)
    if as_json:
        print(json.dumps({"problems": report.problems, **addresses(cluster), **asdict(report)}))
    else:
        print_report(cluster, report)
    return ClusterError.exit_status if report.problems else 0


def addresses(cluster: Cluster) -> dict[str, str]:
    """Return the pages that a person opens, and what a program connects to."""
    return {
        "resourcemanager": cluster.resourcemanager_url,
        "namenode": cluster.webhdfs_url,
        "historyserver": cluster.historyserver_url,
        "hdfs": cluster.fs_uri,
    }


def print_addresses(cluster: Cluster) -> None:
    print(f"  ResourceManager  {cluster.resourcemanager_url}/cluster")
    print(f"  NameNode         {cluster.webhdfs_url}/dfshealth.html")
    print(f"  JobHistory       {cluster.historyserver_url}/jobhistory")


def print_report(cluster: Cluster, report: Report) -> None:
    for daemon in report.daemons:
        print(f"{daemon.name:<16} {daemon.address:<22} {daemon.problem or 'up'}")
    for node in report.nodes:
        print(
            f"node             {node.address:<22} {node.state}, {node.containers} containers,"
            f" {node.memory_mb} MB, {node.vcores} vcores"
        )
    if report.capacity:
        print(
            f"HDFS             {report.used / 2**30:.1f} GiB used,"
            f" {report.remaining / 2**30:.1f} GiB free of {report.capacity / 2**30:.1f} GiB"
        )
    for problem in report.problems:
        print(f"down: {problem}", file=sys.stderr)
    if report.problems:
        print(f"  try: bin/cluster up\n  logs: {cluster.logs_dir}", file=sys.stderr)


# --- asking the daemons


def ask(cluster: Cluster) -> Report:
    """Ask every daemon how it is; never raises for one that doesn't answer."""
    hdfs: dict[str, Any] = {}
    nodes: list[dict[str, Any]] = []
    daemons: list[Daemon] = []

    def reach(name: str, url: str, path: str) -> dict[str, Any]:
        answer, problem = get_json(url + path)
        daemons.append(Daemon(name, url.removeprefix("http://"), problem))
        return answer

    info = "/jmx?qry=Hadoop:service=NameNode,name=NameNodeInfo"
    for bean in reach("namenode", cluster.webhdfs_url, info).get("beans", []):
        hdfs = bean
    for node in json.loads(hdfs.get("LiveNodes", "{}")).values():
        reach("datanode", f"http://{node['infoAddr']}", "/jmx?qry=java.lang:type=Runtime")
    found = reach("resourcemanager", cluster.resourcemanager_url, "/ws/v1/cluster/nodes")
    nodes = (found.get("nodes") or {}).get("node", [])
    for node in nodes:
        if node["nodeHTTPAddress"]:
            reach("nodemanager", f"http://{node['nodeHTTPAddress']}", "/ws/v1/node/info")
    reach("historyserver", cluster.historyserver_url, "/ws/v1/history/info")
    return Report(
        daemons=tuple(daemons),
        nodes=tuple(
            Node(
                address=node["id"],
                state=node["state"],
                containers=node["numContainers"],
                memory_mb=node["usedMemoryMB"] + node["availMemoryMB"],
                vcores=node["usedVirtualCores"] + node["availableVirtualCores"],
            )
            for node in nodes
        ),
        safe_mode=hdfs.get("Safemode", ""),
        capacity=hdfs.get("Total", 0),
        used=hdfs.get("Used", 0),
        remaining=hdfs.get("Free", 0),
    )


def get_json(url: str) -> tuple[dict[str, Any], str]:
    """Return the answer and "", or {} and what is wrong."""
    import requests

    session = requests.Session()
    session.trust_env = False  # a proxy can't reach this machine's loopback
    try:
        response = session.get(
            url, headers={"Accept": "application/json"}, timeout=SECONDS_TO_ANSWER
        )
        response.raise_for_status()
        return dict(response.json()), ""
    except requests.ConnectionError:
        return {}, "does not answer"
    except requests.Timeout:
        return {}, f"has not answered for {SECONDS_TO_ANSWER} s"
    except (requests.HTTPError, ValueError) as error:
        return {}, f"answers wrongly: {error}"


# --- running a playbook


def play(name: str, inventory: Path, settings: Settings, variables: dict[str, Any]) -> bool:
    """Run a playbook of hadoop-setup; return whether it changed anything, raise if it failed."""
    import ansible_runner

    progress = Progress()
    state = settings.cluster_state
    with only_one(settings):
        result = ansible_runner.run(
            private_data_dir=str(SETUP),
            playbook=f"{name}.yml",
            inventory=str(inventory),
            extravars={"state_dir": str(state), **variables},
            envvars={
                "ANSIBLE_CONFIG": str(SETUP / "project" / "ansible.cfg"),
                "ANSIBLE_HOME": str(state / "ansible"),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "LC_ALL": "C.UTF-8",  # Ansible refuses a locale that isn't UTF-8
            },
            artifact_dir=str(state / "ansible" / "runs"),
            rotate_artifacts=5,
            suppress_env_files=True,  # or it would write into the checkout
            quiet=True,
            event_handler=progress,
        )
    progress.done()
    if result.status == "canceled":
        raise KeyboardInterrupt
    if result.status != "successful":
        again = f"bin/cluster {name}"
        if inventory != SETUP / "inventory" / "local":
            again += f" --inventory {inventory}"
        raise ClusterError(
            progress.failure
            or f"ansible-playbook ended with {result.status}; see {state}/ansible/runs",
            hint=f"{again}  (goes on from here, once that is mended)",
        )
    return progress.changed


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Hold the cluster's lock: a second up or down waits for the first."""
    settings.cluster_state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.state / "cluster.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


class Progress:
    """Ansible's events as one line on a terminal's stderr; keeps the last failure."""

    def __init__(self) -> None:
        self.changed = False
        self.failure = ""
        self.stream = sys.stderr if sys.stderr.isatty() else None

    def __call__(self, event: dict[str, Any]) -> bool:
        data = event.get("event_data", {})
        if event["event"] == "playbook_on_task_start":
            task = data["task"].split(" | ")[-1].split(" - ")[0]
            self.show(f"{data.get('role') or data['play']}: {task}")
        elif event["event"] in ("runner_on_failed", "runner_on_unreachable"):
            result = data.get("res", {})
            reason = result.get("stderr") or result.get("msg") or "no reason was given"
            self.failure = f"{data['host']}: {data['task']}\n  {reason.strip()}"
        elif event["event"] == "playbook_on_stats":
            self.changed = any(data["changed"].values())
        return False  # runner keeps no file of the event

    def show(self, line: str) -> None:
        if self.stream:
            width = os.get_terminal_size(self.stream.fileno()).columns or 80
            print(f"\r\033[K{line[: width - 1]}", end="", file=self.stream, flush=True)

    def done(self) -> None:
        self.show("")
