"""Workers that come and go: ``bin/cluster add`` and ``remove``."""

from pathlib import Path
from typing import Any

from howdah.cluster.configuration import read_variables
from howdah.cluster.inventory import add_worker, read, remove_worker
from howdah.cluster.playbook import inventory_option, run_playbook
from howdah.errors import UsageError
from howdah.settings import SYSTEMD, Settings

__all__ = ["add", "remove"]


def add(name: str, address: str, inventory: Path) -> None:
    """Put a worker into the inventory, unless an earlier try has; ``up`` does the rest."""
    _check_many(inventory)
    for worker in read(inventory).workers:
        if worker.name == name and worker.address == address:
            return
    add_worker(inventory, name, address)


def remove(name: str, inventory: Path, settings: Settings) -> None:
    """Have a worker's blocks copied and its tasks ended, stop it, take it out of the inventory."""
    values = _check_many(inventory)
    names = [worker.name for worker in read(inventory).workers]
    if name not in names:
        raise UsageError(f"{name} is no worker of {inventory}", hint=f"one of {', '.join(names)}")
    if name == values["secondarynamenode_host"]:
        others = [other for other in names if other != name]
        raise UsageError(
            f"{name} keeps the second copy of HDFS's names",
            hint=f"set secondarynamenode_host to one of {', '.join(others)} in"
            f" {inventory}/group_vars/cluster.yml, run"
            f" bin/cluster up{inventory_option(inventory)}, then {settings.again}",
        )
    copies = values["hadoop_replication"]
    if len(names) <= copies:
        raise UsageError(
            f"HDFS keeps {copies} copies of every block, and only {len(names) - 1} workers would"
            " be left to hold them",
            hint="bin/cluster add another worker first, or lower hadoop_replication",
        )
    run_playbook("remove", inventory, settings, {"leaving": name})
    remove_worker(inventory, name)


def _check_many(inventory: Path) -> dict[str, Any]:
    """The settings of a cluster of many hosts; raises UsageError for that of one machine."""
    values = read_variables(inventory)
    if values["service_manager"] != SYSTEMD:
        raise UsageError(
            f"{inventory} is Hadoop on this machine alone",
            hint="for a cluster of several: cp -r hadoop-setup/inventory/example"
            " hadoop-setup/inventory/mine, and bin/cluster up --inventory mine",
        )
    return values
