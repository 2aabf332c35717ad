"""The lab itself: its hosts are fresh, break as they are told to, and leave nothing."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from howdah.errors import UsageError
from lab import cgroups
from lab.lab import Lab
from tests.conftest import ROOT

pytestmark = pytest.mark.lab

DISK = "/dev/loop[0-9]*"
SEEN_FROM = """\
import socket
with socket.create_server(("", 2222)) as server:
    print("listening", flush=True)
    print(server.accept()[1][0])
"""


def traces() -> dict[str, list[str]]:
    """What a lab could leave on this machine."""
    commands = {
        "links": "ip -brief link | cut -d' ' -f1",
        "namespaces": "ip netns list | cut -d' ' -f1",
        "rules": "if command -v nft > /dev/null; then nft list ruleset; fi",
        "loop devices": "losetup --list --noheadings --output=NAME,BACK-FILE",
        "mounts": "grep -v /pytest- /proc/mounts",  # other tests' disks come and go
        "cgroups": f"find /sys/fs/cgroup -path '*{cgroups.NAME}*'",
        "processes": f"ps -eo args | grep -F '[-]-directory={ROOT}/.howdah/lab/' || true",
        "forwarding": "cat /proc/sys/net/ipv4/ip_forward",
        "run": "ls /run; find /run/systemd/nspawn -name '*-host' -o -name '*-worker*'",
    }
    return {
        name: sorted(subprocess.getoutput(command).splitlines())
        for name, command in commands.items()
    }


@pytest.fixture(scope="module")
def before() -> dict[str, list[str]]:
    """What there was before the lab."""
    return traces()


@pytest.fixture(scope="module")
def lab(before: dict[str, list[str]]) -> Iterator[Lab]:
    """A host and one worker."""
    lab = Lab(ROOT)
    lab.up(workers=1)
    yield lab
    lab.down()


def test_hosts_are_bare(lab: Lab) -> None:
    """A fresh machine has ssh and python3, knows itself as 127.0.1.1 and lacks the rest."""
    for name in lab.names:
        assert lab.run(name, "hostname; systemctl is-system-running").stdout.split() == [
            name,
            "running",
        ]
        assert f"127.0.1.1\t{name}\n" in lab.run(name, "cat /etc/hosts").stdout
        assert lab.run(name, "python3 -m venv /tmp/venv", check=False).returncode
        assert lab.run(name, "command -v git java gcc curl", check=False).stdout == ""
    assert lab.run("worker1", f"blkid -p {DISK}", check=False).returncode == 2


def test_host_logs_in_to_its_workers(lab: Lab) -> None:
    """The host's root has a key that the workers know."""
    login = f"ssh -o StrictHostKeyChecking=accept-new {lab.addresses['worker1']} hostname"
    assert lab.run("host", login).stdout == "worker1\n"


def test_host_has_the_checkout(lab: Lab) -> None:
    """Uncommitted files come along, files that are gone go, and what the host made stays."""
    there = lab.host("host").root / "opt/src/howdah"
    probe = ROOT / "tests" / "lab" / "probe.txt"
    (there / ".howdah").mkdir()
    probe.write_text("here\n")
    try:
        lab.sync()
        assert lab.run("host", "cat tests/lab/probe.txt", cwd="/opt/src/howdah").stdout == "here\n"
    finally:
        probe.unlink()
    lab.sync()
    assert not (there / "tests/lab/probe.txt").exists()
    assert (there / ".howdah").exists()
    assert (there / "hadoop-setup/inventory/lab/hosts.yml").exists()


def test_status_of_a_command_passes_through(lab: Lab) -> None:
    """``bin/lab ssh`` exits as the command on the host did."""
    command = [str(ROOT / "bin" / "lab"), "ssh", "worker1", "echo out; echo err >&2; exit 7"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")


def test_second_lab_is_refused(lab: Lab) -> None:
    """One machine has one lab."""
    with pytest.raises(UsageError, match="a lab is up already"):
        Lab(ROOT).up()


def test_killed_host_comes_back_with_its_disks_only(lab: Lab) -> None:
    """Files are there after a power cut, and what the kernel knew isn't."""
    lab.run(
        "worker1",
        f"mkfs.ext4 -q {DISK} && mkdir /srv/data &&"
        f" echo UUID=$(blkid -p -s UUID -o value {DISK}) /srv/data ext4 defaults,nofail 0 2"
        " >> /etc/fstab && mount /srv/data && echo kept > /srv/data/file",
    )
    lab.run("worker1", "ip route add 192.0.2.0/24 dev eth0")
    lab.kill("worker1")
    assert "off" in lab.status()
    lab.start("worker1")
    assert lab.run("worker1", "cat /srv/data/file").stdout == "kept\n"
    assert "192.0.2.0" not in lab.run("worker1", "ip route").stdout


def test_partitioned_host_runs_on_alone(lab: Lab) -> None:
    """Nobody reaches it until the partition is healed; it hasn't been switched off."""
    booted = lab.run("worker1", "stat -c %Z /proc/1").stdout
    lab.partition("worker1")
    assert "partitioned" in lab.status()
    login = f"ssh -o ConnectTimeout=3 {lab.addresses['worker1']} true"
    assert lab.run("host", login, check=False).returncode == 255
    lab.heal("worker1")
    assert lab.run("worker1", "stat -c %Z /proc/1").stdout == booted


def test_outsider_is_nobody_of_the_cluster(lab: Lab) -> None:
    """The outsider reaches a port that isn't guarded, from an address of its own."""
    address = lab.addresses["worker1"]
    with subprocess.Popen(
        [*lab.ssh("worker1"), "python3", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write(SEEN_FROM)
        server.stdin.close()
        assert server.stdout.readline() == "listening\n"
        call = f"import socket; socket.create_connection(('{address}', 2222), 5)"
        assert lab.outsider(f'python3 -c "{call}"').returncode == 0
        seen = server.stdout.readline().strip()
    assert seen.endswith(".99")
    assert seen not in lab.addresses.values()


@pytest.mark.parametrize(("data", "place"), [(False, "/"), (True, "/srv/data")])
def test_full_disk_is_full_until_it_is_emptied(lab: Lab, data: bool, place: str) -> None:
    """A user finds the space that was asked for, and all of it afterwards."""

    def free() -> int:
        return int(lab.run("worker1", f"df --output=avail -B1M {place} | tail -1").stdout)

    roomy = free()
    lab.fill("worker1", data=data, free_mb=50)
    assert 40 <= free() <= 51
    lab.fill("worker1", data=data, undo=True)
    assert free() > roomy - 10


@pytest.mark.skipif(not cgroups.supported(), reason="cgroups version 1 aren't here")
def test_limits_hold(lab: Lab) -> None:
    """The host has 4 GB, and a throttled worker its part of the cores."""
    read = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes"
    assert lab.run("host", read).stdout.strip() == str(4 * 1024**3)
    lab.throttle("worker1", 50)
    period, quota = (
        int(lab.run("worker1", f"cat /sys/fs/cgroup/cpu/cpu.cfs_{name}_us").stdout)
        for name in ("period", "quota")
    )
    assert quota == period * (os.cpu_count() or 1) // 2
    lab.throttle("worker1", 100)
    assert lab.run("worker1", "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us").stdout == "-1\n"


def test_down_leaves_nothing(lab: Lab, before: dict[str, list[str]]) -> None:
    """Whatever was on the machine before is, and nothing else."""
    lab.down()
    assert traces() == before
    kept = {path.name.split("-")[0] for path in Path(lab.folder).iterdir()}
    assert kept <= {"base", "packages"}


@pytest.mark.parametrize("step", ["making the disks", "starting"])
def test_down_after_a_killed_up_leaves_nothing(step: str) -> None:
    """An ``up`` that was killed half-way is taken down like any other."""
    before = traces()
    command = [str(ROOT / "bin" / "lab"), "up", "--workers", "1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as up:
        assert up.stderr
        assert any(step in line for line in up.stderr)
        up.send_signal(signal.SIGKILL)
    with pytest.raises(UsageError, match="half up"):
        Lab(ROOT).up()
    Lab(ROOT).down()
    assert traces() == before
