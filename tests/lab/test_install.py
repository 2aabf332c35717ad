"""From bare hosts to a cluster: what is refused before anything is touched, and what is cut off."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from lab.cluster import CHECKOUT, Cluster

pytestmark = pytest.mark.lab

# What an install changes on a host
TRACES = """\
dpkg-query --show
find /etc -type f -exec sha256sum {} + | sort
ls -A /opt /srv /home
cat /proc/mounts
"""
UBUNTU = 'NAME="Ubuntu"\nID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n'
# The hosts of the lab have one clock; this is another one for whoever logs in.
AHEAD = "export LD_PRELOAD='/usr/$LIB/faketime/libfaketime.so.1' FAKETIME=+600s"
# A Python that believes to run on a machine of another kind
OTHER_PYTHON = "/usr/local/bin/python-i686"
OTHER_MACHINE = '#!/bin/sh\nexec setarch i686 /usr/bin/python3 "$@"\n'
CUT_AT = "Hadoop on every host: hadoop"

Workers = dict[str, dict[str, Any]]
Variant = Callable[[Callable[[Workers], None]], str]


@pytest.fixture
def variant(hosts: Cluster) -> Iterator[Variant]:
    """Copies the lab's inventory and changes its workers; gives the copy's name."""
    folder = hosts.inventories / "variant"

    def write(change: Callable[[Workers], None]) -> str:
        shutil.copytree(hosts.inventories / "lab", folder)
        path = folder / "hosts.yml"
        inventory = yaml.safe_load(path.read_text())
        change(inventory["cluster"]["children"]["workers"]["hosts"])
        path.write_text(yaml.safe_dump(inventory, sort_keys=False))
        return folder.name

    yield write
    shutil.rmtree(folder)


def refused(hosts: Cluster, inventory: str, exits: int) -> str:
    """What bin/cluster up says of an inventory that it refuses without changing any host."""
    before = traces(hosts)
    said = hosts(f"cluster up --inventory {inventory}", exits=exits).stderr
    assert traces(hosts) == before
    return said


def traces(hosts: Cluster) -> dict[str, str]:
    """What every host has."""
    return {name: hosts.lab.run(name, TRACES).stdout for name in hosts.lab.names}


def test_one_machine_installs_what_it_needs(hosts: Cluster) -> None:
    """As root, from nothing, with monitoring; no package's own service runs or will."""
    run = hosts.lab.run
    assert not run("host", "ls /usr/bin | grep -xE 'java|mvn|prometheus'", check=False).stdout
    command = f"HOWDAH_STATE=/root/alone {CHECKOUT}/bin/cluster"
    assert "  Prometheus  " in run("host", f"{command} up --monitoring", silence=900).stdout
    try:
        for service in ("prometheus", "prometheus-node-exporter", "prometheus-alertmanager"):
            asked = f"systemctl show -P ActiveState -P UnitFileState {service}"
            assert run("host", asked).stdout.split() == ["inactive", "masked"]
    finally:
        run("host", f"{command} down --purge; rm -r /root/alone", silence=900)


def put_underscore(workers: Workers) -> None:
    workers["worker_1"] = workers.pop("worker1")


def put_two_in_one_place(workers: Workers) -> None:
    workers["worker2"]["ansible_host"] = workers["worker1"]["ansible_host"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (put_underscore, "Hadoop refuses the underscore in worker_1"),
        (put_two_in_one_place, "worker2 and worker1 are both at 10.77.0.11"),
    ],
)
def test_impossible_inventory_is_refused(
    hosts: Cluster, variant: Variant, change: Callable[[Workers], None], says: str
) -> None:
    """What is wrong with a name or an address is told before any host is asked."""
    said = refused(hosts, variant(change), exits=2)
    assert says in said
    assert "variant/hosts.yml, line " in said
    assert not (hosts.root / CHECKOUT[1:] / ".howdah/cluster/known_hosts").exists()


def test_unreachable_host_is_named(hosts: Cluster, variant: Variant) -> None:
    """A host that doesn't answer stops the install of all."""

    def move(workers: Workers) -> None:
        workers["worker4"]["ansible_host"] = "10.77.0.77"

    complaint = complaints(refused(hosts, variant(move), exits=6))
    assert complaint.keys() == {"worker4"}
    assert "10.77.0.77" in complaint["worker4"]


@pytest.fixture
def unfit(hosts: Cluster) -> Iterator[None]:
    """Another system on worker1, data on worker2's disk, another clock, another architecture."""
    run, disk = hosts.lab.run, hosts.lab.host("worker2").device
    release = run("worker1", "cat /etc/os-release").stdout
    run("worker1", "cat > /etc/os-release", stdin=UBUNTU)
    run("worker2", f"mkfs.ext4 -q -L photos {disk}")
    run("worker3", "apt-get -qq update && apt-get -qq install -y --no-install-recommends faketime")
    login = run("worker3", "cat .bashrc").stdout
    run("worker3", "cat > .bashrc", stdin=f"{AHEAD}\n{login}")
    run("worker4", f"cat > {OTHER_PYTHON} && chmod +x {OTHER_PYTHON}", stdin=OTHER_MACHINE)
    yield
    run("worker1", "cat > /etc/os-release", stdin=release)
    run("worker2", f"wipefs --all {disk}")
    run("worker3", "cat > .bashrc", stdin=login)
    run("worker4", f"rm {OTHER_PYTHON}")


def test_unfit_hosts_are_told_at_once(hosts: Cluster, variant: Variant, unfit: None) -> None:
    """Everything that is wrong with any host comes in one run, in three lines a host."""

    def change(workers: Workers) -> None:
        workers["worker4"] |= {
            "ansible_python_interpreter": OTHER_PYTHON,
            "preflight_memory_mb": 9_000_000,
            "preflight_disk_gb": 9_000,
        }

    found = complaints(refused(hosts, variant(change), exits=6))
    assert found.keys() == {"worker1", "worker2", "worker3", "worker4"}
    assert "it runs Ubuntu 24.04; Howdah needs Debian" in found["worker1"]
    disk = hosts.lab.host("worker2").device
    assert f"{disk} holds data (ext4)" in found["worker2"]
    assert f"wipefs --all {disk}" in found["worker2"]
    clock = re.match(r"its clock is (\d+) s ahead of this machine's", found["worker3"])
    assert clock
    assert 30 < int(clock[1]) <= 600
    assert "it is i386; Howdah needs x86_64" in found["worker4"]
    assert "MB of memory, and needs 9000000 (preflight_memory_mb)" in found["worker4"]
    assert "and 9000 are needed (preflight_disk_gb)" in found["worker4"]


def complaints(said: str) -> dict[str, str]:
    """Why each host is refused: the third line of what is told of it."""
    found = re.findall(r"^(?:howdah: )?(\S+): preflight\n  .+\n  (.+)$", said, re.MULTILINE)
    return dict(found)


def test_install_goes_on_where_it_was_cut_off(hosts: Cluster) -> None:
    """Killed in the middle, then without one of its workers: the same command ends it well."""
    cut_off(hosts)
    hosts.lab.partition("worker2")
    try:
        said = hosts("cluster up --inventory lab", exits=6).stderr
    finally:
        hosts.lab.heal("worker2")
    assert "worker2: unreachable" in said
    assert "bin/cluster up --inventory lab" in said
    assert "A smoke job has scored" in hosts.up()
    hosts.await_wellness()


def cut_off(hosts: Cluster) -> None:
    """Kill an install once it has come to CUT_AT."""
    command = f"echo $$; exec {CHECKOUT}/bin/cluster up --inventory lab"
    with hosts.lab.follow("host", command) as install:
        assert install.stdout
        group = int(install.stdout.readline())
        assert any(line.strip() == CUT_AT for line in install.stdout)
        hosts.lab.run("host", f"kill -KILL -- -{group}")


def test_second_up_changes_nothing(cluster: Cluster) -> None:
    """On no host is anything changed, and the smoke job passes again."""
    told = json.loads(cluster("cluster up --json").stdout)
    assert told["changed"] == dict.fromkeys(cluster.lab.names, 0)
    assert told["smoke"]
