"""What is wrong with the machines of a cluster, judged by what was seen on each of them.

``bin/doctor`` gets here only for who installed the cluster: seeing takes ssh and root.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from howdah.cluster.ansible_display import Display
from howdah.cluster.configuration import read_variables
from howdah.cluster.inventory import Host, Inventory, read
from howdah.cluster.playbook import inventory_option, try_playbook
from howdah.diagnosis.check import Check, judge
from howdah.settings import Cluster, Settings

__all__ = ["Expected", "Machine", "Service", "check_machines", "check_nodes", "may_look"]

SECONDS_APART = 10
NEEDED_BYTES = 2 << 30
NEEDED_SHARE = 0.05
ON_MASTERS = {"namenode", "resourcemanager", "historyserver"}
ON_WORKERS = {"datanode", "nodemanager"}
WATCHING = {"prometheus", "alertmanager", "job_exporter"}  # on the master
EVERYWHERE = {"0.0.0.0", "::"}

Findings = Iterator[tuple[str, str]]  # what is wrong, and the command that mends it


@dataclass(frozen=True)
class Service:
    """A daemon's unit, and the addresses that something listens on at each of its ports."""

    state: str
    detail: str
    enabled: bool
    restarts: int
    heap_mb: int
    ports: Mapping[str, list[str]]
    loopback: bool = False


@dataclass(frozen=True)
class Machine:
    """What the role inspect saw on one host; ``clock`` is how many seconds it is at least ahead of
    the controller's, negative: behind."""

    clock: float
    name: str
    names: Mapping[str, list[str]]
    disks: Mapping[str, Mapping[str, Any]]
    data_disk_missing: bool
    memory_mb: int
    yarn_mb: int
    services: Mapping[str, Service]
    java: str
    hadoop: str
    environments: list[str]
    models: Mapping[str, str]
    firewall: bool


@dataclass(frozen=True)
class Expected:
    """What machines are judged by; ``models`` has the sha256 that each model's file may have.

    ``up`` is the command that installs everything again.
    """

    inventory: Inventory
    up: str
    java_versions: tuple[int, ...]
    release: str
    environment: str
    models: Mapping[str, set[str]]
    monitored: bool = False

    def on(self, host: Host, command: str) -> str:
        """``command`` as it is given on the controller."""
        return command if host in self.inventory.masters else f"ssh {host.name} {command}"


def may_look(settings: Settings, cluster: Cluster) -> bool:
    """Whether there are machines to look at, and the caller is who installed them."""
    return cluster.uses_systemd and os.access(settings.cluster_state, os.W_OK)


def check_nodes(
    settings: Settings, cluster: Cluster, models: Mapping[str, set[str]]
) -> Iterator[Check]:
    """Look at every host; ``models`` are the sha256 that each file of a model may have."""
    folder = Path(cluster.inventory)
    variables = {"inspect_model_files": sorted(models)}
    played = try_playbook("inspect", folder, settings, variables, Display(stream=None))
    for failure in played.failures:
        yield Check(failure.host, failure.reason, f"ssh {failure.host} true; bin/cluster status")
    seen = {host: machine_of(facts) for host, facts in played.answers.get("machines", {}).items()}
    if not seen:
        if not played.failures:
            yield Check("hosts", played.complaint, f"bin/cluster up{inventory_option(folder)}")
        return
    inventory = read(folder)
    master = inventory.masters[0].name
    expected = Expected(
        inventory=inventory,
        up=f"bin/cluster up{inventory_option(folder)}",
        java_versions=tuple(read_variables(folder)["hadoop_java_versions"]),
        release=seen.get(master, next(iter(seen.values()))).hadoop,
        environment=Path(cluster.python).parent.parent.name,
        models=models,
        monitored=bool(cluster.prometheus_url),
    )
    yield from check_machines(seen, expected)


def machine_of(facts: dict[str, Any]) -> Machine:
    services = {name: Service(**service) for name, service in facts["services"].items()}
    return Machine(**(facts | {"services": services}))


def check_machines(seen: Mapping[str, Machine], expected: Expected) -> Iterator[Check]:
    """Judge all machines, one concern after the other: what is wrong, or that nothing is."""
    for host in sorted(seen):
        if not seen[host].hadoop:
            yield Check("hosts", f"{host} has no Hadoop", expected.up)
    seen = {host: machine for host, machine in seen.items() if machine.hadoop}
    if not seen:
        return
    machines = seen.values()
    free = min((disk["free"], host, path) for host, machine in seen.items()
               for path, disk in machine.disks.items())  # fmt: skip
    concerns = (
        ("names", names, "every host knows every host's address"),
        ("clocks", clock, f"at most {max(abs(each.clock) for each in machines):.0f} s apart"),
        ("disks", disks, f"at least {free[0] / 2**30:.1f} GiB free ({free[1]}, {free[2]})"),
        ("memory", memory, "every host has more than its daemons and tasks may take"),
        ("services", services, f"{sum(len(each.services) for each in machines)} run"),
        ("ports", ports, "every daemon listens where it should"),
        ("Java", java, ", ".join(sorted({each.java for each in machines}))),
        ("Hadoop", hadoop, expected.release),
        ("task Python", python, f"{expected.environment} on every worker"),
        ("model copies", models, f"{sum(len(each.models) for each in machines)}, none altered"),
        ("firewall", firewall, "every host drops what no rule lets in"),
    )
    for name, concern, well in concerns:
        found = (
            finding
            for host in expected.inventory.hosts
            if host.name in seen
            for finding in concern(host, seen[host.name], expected)
        )
        yield from judge(name, found, f"{len(seen)} hosts: {well}")


def names(host: Host, machine: Machine, expected: Expected) -> Findings:
    right = {other.name: other.address for other in expected.inventory.hosts}
    wrong = [
        f"{name} is {', '.join(machine.names.get(name, [])) or 'nobody'}, not {address}"
        for name, address in (right | {machine.name: host.address}).items()
        if machine.names.get(name) != [address]
    ]
    if wrong:
        yield f"on {host.name}, {'; '.join(wrong)}", expected.up


def clock(host: Host, machine: Machine, expected: Expected) -> Findings:
    if abs(machine.clock) > SECONDS_APART:
        problem = f"{abs(machine.clock):.0f} s {'ahead' if machine.clock > 0 else 'behind'}"
        yield f"{host.name} is {problem}", expected.on(host, "apt-get install systemd-timesyncd")


def disks(host: Host, machine: Machine, expected: Expected) -> Findings:
    for path, disk in machine.disks.items():
        if disk["free"] < max(NEEDED_BYTES, NEEDED_SHARE * disk["size"]):
            problem = f"{host.name} has {disk['free'] / 2**30:.1f} GiB free on {path}"
            yield problem, expected.on(host, f"du -xhd2 {path}") + "  (what takes the rest)"
        if disk["read_only"]:
            problem = f"{host.name} can't write to {path}"
            yield problem, expected.on(host, "dmesg") + "  (may say what its disk has)"
    if machine.data_disk_missing:
        yield f"{host.name} has its data disk not mounted", expected.up


def memory(host: Host, machine: Machine, expected: Expected) -> Findings:
    heaps = sum(service.heap_mb for service in machine.services.values())
    if heaps + machine.yarn_mb > machine.memory_mb:
        yield (
            f"{host.name} has {machine.memory_mb} MB; heaps take {heaps} MB of it, and tasks"
            f" {machine.yarn_mb} MB",
            f"lower *_heap_mb or hadoop_node_memory_mb in the inventory, then {expected.up}",
        )


def services(host: Host, machine: Machine, expected: Expected) -> Findings:
    due = (ON_MASTERS if "masters" in host.groups else set()) | (
        ON_WORKERS if "workers" in host.groups else set()
    )
    if expected.monitored:
        due |= {"node_exporter"} | (WATCHING if "masters" in host.groups else set())
    for name in sorted(due - machine.services.keys()):
        yield f"{host.name} has no {name}", expected.up
    for name, service in machine.services.items():
        if service.state != "active":
            again = f", started again {service.restarts} times" if service.restarts else ""
            problem = f"{host.name}'s {name} is {service.state} ({service.detail}{again})"
            log = expected.on(host, f"journalctl -n 20 -u howdah-{name}")
            yield problem, f"{expected.up}; {log}  (why it ended)"
        elif not service.enabled:
            problem = f"{host.name}'s {name} won't start at the next boot"
            yield problem, expected.on(host, f"systemctl enable howdah-{name}")


def ports(host: Host, machine: Machine, expected: Expected) -> Findings:
    for name, service in machine.services.items():
        for port, addresses in service.ports.items():
            address = "127.0.0.1" if service.loopback else host.address
            if service.state == "active" and not {address, *EVERYWHERE} & set(addresses):
                where = f", but on {', '.join(addresses)}" if addresses else ""
                yield (
                    f"{host.name}'s {name} doesn't listen on {address}:{port}{where}",
                    expected.on(host, f"systemctl restart howdah-{name}"),
                )


def java(host: Host, machine: Machine, expected: Expected) -> Findings:
    if machine.java.split(".")[0] not in map(str, expected.java_versions):
        usable = " or ".join(map(str, expected.java_versions))
        yield f"{host.name} has Java {machine.java or 'nowhere'}, not {usable}", expected.up


def hadoop(host: Host, machine: Machine, expected: Expected) -> Findings:
    if machine.hadoop != expected.release:
        yield f"{host.name} has {machine.hadoop}, not {expected.release}", expected.up


def python(host: Host, machine: Machine, expected: Expected) -> Findings:
    if "workers" in host.groups and expected.environment not in machine.environments:
        yield f"{host.name} lacks {expected.environment}, which tasks run in", expected.up


def models(host: Host, machine: Machine, expected: Expected) -> Findings:
    for path, sha256 in machine.models.items():
        if sha256 not in expected.models[Path(path).name]:
            # YARN fetches a copy again that isn't there
            yield (
                f"{host.name}: {path} isn't what any model's manifest names",
                expected.on(host, f"rm -r {Path(path).parent}"),
            )


def firewall(host: Host, machine: Machine, expected: Expected) -> Findings:
    if not machine.firewall:
        yield f"{host.name} lets everybody in", expected.up
