"""The hosts of a cluster: read from the hosts.yml of an inventory's folder, checked, changed.

What is refused here would fail later and say less: Ansible takes any name and any address.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from howdah.cluster import hosts_file
from howdah.cluster.hosts_file import HostEntry
from howdah.errors import UsageError

__all__ = ["Host", "Inventory", "add_worker", "parse", "read", "remove_worker"]

NAME = re.compile(r"(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
EXAMPLE = "hadoop-setup/inventory/example/hosts.yml shows how to write it"


@dataclass(frozen=True)
class Host:
    """One machine; ``variables`` are what the file says of it besides its address."""

    name: str
    address: str
    groups: tuple[str, ...]
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Inventory:
    """All hosts in the file's order: one master, and at least one worker."""

    hosts: tuple[Host, ...]

    @property
    def masters(self) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if "masters" in host.groups)

    @property
    def workers(self) -> tuple[Host, ...]:
        return tuple(host for host in self.hosts if "workers" in host.groups)


def read(inventory: Path) -> Inventory:
    """Read and check the hosts of the folder ``inventory``."""
    path = inventory / "hosts.yml"
    return parse(hosts_file.read(path), path)


def add_worker(
    inventory: Path, name: str, address: str, variables: Mapping[str, Any] | None = None
) -> None:
    """List a worker below the others; variables that they all share are its own, too."""
    path = inventory / "hosts.yml"
    text = hosts_file.read(path)
    known = parse(text, path)
    if name in {host.name for host in known.hosts}:
        raise UsageError(f"{path} lists {name} already")
    check(str(path), name, address)
    others = [host.variables for host in known.workers]
    shared = {
        key: value
        for key, value in others[0].items()
        if all(key in other and other[key] == value for other in others)
    }
    values = {"ansible_host": address, **shared, **(variables or {})}
    changed = hosts_file.with_worker(text, path, name, values)
    parse(changed, path)
    hosts_file.write(path, changed)


def remove_worker(inventory: Path, name: str) -> None:
    """Take a worker off the list."""
    path = inventory / "hosts.yml"
    text = hosts_file.read(path)
    names = [host.name for host in parse(text, path).workers]
    if name not in names:
        raise UsageError(f"{path} lists no worker {name}", hint=f"one of {', '.join(names)}")
    if len(names) == 1:
        raise UsageError(f"{path}: {name} is the only worker, and a cluster has one at least")
    changed = hosts_file.without_worker(text, path, name)
    parse(changed, path)
    hosts_file.write(path, changed)


def parse(text: str, path: Path) -> Inventory:
    """Read and check the hosts in ``text``, the text of ``path``."""
    found: dict[str, list[HostEntry]] = {}
    for entry in hosts_file.find(text, path):
        found.setdefault(entry.name, []).append(entry)
    alone = found.keys() == {"localhost"}  # all its daemons are on loopback
    hosts: dict[str, Host] = {}  # by address
    for name, places in found.items():
        where = f"{path}, line {places[-1].first + 1}"
        groups = tuple(place.group for place in places)
        if len(set(groups)) < len(groups):
            raise UsageError(f"{where}: {name} is listed twice among the {groups[-1]}")
        variables = merge(places, path)
        address = variables.pop("ansible_host", "127.0.0.1" if alone else "")
        check(where, name, address)
        if address in hosts:
            raise UsageError(f"{where}: {name} and {hosts[address].name} are both at {address}")
        hosts[address] = Host(name, address, groups, variables)
    inventory = Inventory(tuple(hosts.values()))
    for group, members in (("masters", inventory.masters), ("workers", inventory.workers)):
        if not members:
            raise UsageError(f"{path}: no host is among the {group}", hint=EXAMPLE)
    if len(inventory.masters) > 1:
        names = ", ".join(host.name for host in inventory.masters)
        raise UsageError(f"{path}: a cluster has one master, and here are more: {names}")
    return inventory


def merge(places: list[HostEntry], path: Path) -> dict[str, Any]:
    """Return what is said of a host in all the groups that list it."""
    variables: dict[str, Any] = {}
    for place in places:
        for key, value in place.variables.items():
            if variables.setdefault(key, value) != value:
                raise UsageError(
                    f"{path}, line {place.first + 1}: {key} of {place.name} is {value},"
                    f" and was {variables[key]} before"
                )
    return variables


def check(where: str, name: str, address: object) -> None:
    """Refuse a name that doesn't work in URLs, and what daemons can't listen on."""
    if "_" in name:
        hint = f"call it {name.replace('_', '-').lower()}"
        raise UsageError(f"{where}: Hadoop refuses the underscore in {name}", hint=hint)
    if not NAME.fullmatch(name):
        hint = "up to 63 lower-case letters, digits and hyphens, such as worker1"
        raise UsageError(f"{where}: {name} can't be the name of a host", hint=hint)
    if not address:
        hint = f"{name}: {{ansible_host: 10.0.0.10}}, or where else the others reach it"
        raise UsageError(f"{where}: {name} has no address", hint=hint)
    try:
        ipaddress.IPv4Address(str(address))
    except ValueError:
        raise UsageError(f"{where}: {address}, of {name}, isn't an IPv4 address") from None
