"""hosts.yml: read, refused with a reason, and changed by one worker at a time."""

from pathlib import Path

import pytest
import yaml

from howdah.cluster.inventory import Host, add_worker, parse, read, remove_worker
from howdah.errors import UsageError
from tests.conftest import ROOT

ONE_LINE = """\
---
# The cellar
cluster:
  children:
    masters:
      hosts:
        host: {ansible_host: 10.0.0.10, ansible_connection: local}
    workers:
      hosts:
        # left rack
        worker1: {ansible_host: 10.0.0.11, storage_device: /dev/vdb}  # noisy
        # right rack
        worker2: {ansible_host: 10.0.0.12, storage_device: /dev/vdb, rack: right}

        # room for more
"""

NESTED = """\
cluster:
    children:
        workers:
            hosts:
                ada:
                    ansible_host: 10.0.0.11   # lent until May
                    storage_device: /dev/sdb

                bob:
                    # the loud one
                    ansible_host: 10.0.0.12
                    storage_device: /dev/sdc
        masters:
            hosts: {host: {ansible_host: 10.0.0.10}}"""


def shape(masters: str, workers: str) -> str:
    """A hosts.yml with these hosts, each group's as a mapping on one line."""
    return (
        f"cluster: {{children: {{masters: {{hosts: {masters}}}, workers: {{hosts: {workers}}}}}}}"
    )


HOST = "{host: {ansible_host: 10.0.0.10}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hosts.yml").write_text(ONE_LINE)
    return tmp_path


def test_hosts_in_the_files_order(folder: Path) -> None:
    """Names, addresses and variables are those of the file."""
    inventory = read(folder)
    assert inventory.masters == (
        Host("host", "10.0.0.10", ("masters",), {"ansible_connection": "local"}),
    )
    assert inventory.workers == (
        Host("worker1", "10.0.0.11", ("workers",), {"storage_device": "/dev/vdb"}),
        Host("worker2", "10.0.0.12", ("workers",), {"storage_device": "/dev/vdb", "rack": "right"}),
    )


@pytest.mark.parametrize("name", ["hadoop-setup/inventory/local", "tests/cluster"])
def test_this_machine_alone_needs_no_address(name: str) -> None:
    """One machine that is master and worker is on loopback."""
    host = Host("localhost", "127.0.0.1", ("masters", "workers"), {})
    assert read(ROOT / name).hosts == (host,)


@pytest.mark.parametrize("name", ["example", "vagrant"])
def test_inventories_that_come_with_howdah(name: str) -> None:
    """They have one host, and four workers with a disk each."""
    inventory = read(ROOT / "hadoop-setup" / "inventory" / name)
    assert [host.name for host in inventory.hosts] == ["host"] + [f"worker{n}" for n in range(1, 5)]
    assert all(host.variables.keys() == {"storage_device"} for host in inventory.workers)


def test_host_in_two_groups() -> None:
    """What is said of a host in one group holds in the other."""
    inventory = parse(
        shape(HOST, "{host: , worker1: {ansible_host: 10.0.0.11}}"), Path("hosts.yml")
    )
    assert inventory.hosts[0] == Host("host", "10.0.0.10", ("masters", "workers"), {})
    assert [host.name for host in inventory.workers] == ["host", "worker1"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no host is among the masters"),
        ("cluster:\n  children: [\n", "hosts.yml, line 3: expected the node content"),
        ("cluster:\n  children: !secret x\n  c: \x00", "special characters are not allowed"),
        (shape("{}", "{worker1: {ansible_host: 10.0.0.11}}"), "no host is among the masters"),
        (shape(HOST, ""), "no host is among the workers"),
        (shape(HOST, "worker1"), "no host is among the workers"),
        (shape("{a: {ansible_host: 10.0.0.1}, b: {ansible_host: 10.0.0.2}}", HOST),
         "one master, and here are more: a, b"),
        (shape(HOST, "{worker1: }"), "line 1: worker1 has no address"),
        (shape(HOST, "{localhost: }"), "line 1: localhost has no address"),
        (shape(HOST, "{worker1: 10.0.0.11}"), "line 1: worker1 has no variables but 10.0.0.11"),
        (shape(HOST, "{worker1: {ansible_host: worker1}}"), "worker1, of worker1, isn't an IPv4"),
        (shape(HOST, "{worker1: {ansible_host: 10.11}}"), "10.11, of worker1, isn't an IPv4"),
        (shape(HOST, "{worker_1: {ansible_host: 10.0.0.11}}"),
         "Hadoop refuses the underscore in worker_1\n  try: call it worker-1"),
        (shape(HOST, "{worker1.lan: {ansible_host: 10.0.0.11}}"), "worker1.lan can't be the name"),
        (shape(HOST, "{-w: {ansible_host: 10.0.0.11}}"), "-w can't be the name"),
        (shape(HOST, "{Worker1: {ansible_host: 10.0.0.11}}"), "Worker1 can't be the name"),
        (shape(HOST, "{'11': {ansible_host: 10.0.0.11}}"), "11 can't be the name"),
        (shape(HOST, "{" + "w" * 64 + ": {ansible_host: 10.0.0.11}}"), "w can't be the name"),
        (shape(HOST, "{'worker[1:4]': {ansible_host: 10.0.0.11}}"), "can't be the name"),
        (shape(HOST, "{on: {ansible_host: 10.0.0.11}}"), "YAML doesn't take on for a name"),
        (shape(HOST, "{worker1: {ansible_host: 10.0.0.10}}"),
         "worker1 and host are both at 10.0.0.10"),
        (shape(HOST, "{host: {ansible_host: 10.0.0.11}}"),
         "ansible_host of host is 10.0.0.11, and was 10.0.0.10 before"),
        (ONE_LINE.replace("worker2:", "worker1:"),
         "line 13: worker1 is listed twice among the workers"),
        (ONE_LINE.replace("    workers:\n", "    workers:\n      vars: {storage_device: x}\n"),
         "line 9: vars of workers are outranked"),
    ],
)  # fmt: skip
def test_refused(text: str, what: str) -> None:
    """What would fail later is refused, with its place and its reason."""
    with pytest.raises(UsageError) as refusal:
        parse(text, Path("mine/hosts.yml"))
    assert str(refusal.value).startswith("mine/hosts.yml")
    assert what in str(refusal.value)


def test_no_inventory(tmp_path: Path) -> None:
    """A folder without hosts.yml is no inventory."""
    with pytest.raises(UsageError, match=r"there is no .*hosts\.yml"):
        read(tmp_path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A file that isn't UTF-8 is named."""
    (tmp_path / "hosts.yml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(UsageError, match=r"hosts\.yml can't be read"):
        read(tmp_path)


def test_added_worker_is_one_line_more(folder: Path) -> None:
    """It comes below the last one, with what all workers share; the rest stays as it was."""
    add_worker(folder, "worker3", "10.0.0.13")
    added = "        worker3: {ansible_host: 10.0.0.13, storage_device: /dev/vdb}\n"
    head, tail = ONE_LINE.split("\n        # room")
    assert (folder / "hosts.yml").read_text() == f"{head}{added}\n        # room{tail}"
    assert [path.name for path in folder.iterdir()] == ["hosts.yml"]


def test_given_variables_outrank_shared_ones(folder: Path) -> None:
    """A worker may differ from the others."""
    add_worker(folder, "worker3", "10.0.0.13", {"storage_device": "/dev/nvme1n1", "note": "a: b"})
    variables = {"storage_device": "/dev/nvme1n1", "note": "a: b"}
    assert read(folder).workers[2] == Host("worker3", "10.0.0.13", ("workers",), variables)


def test_added_worker_is_written_as_the_others(folder: Path) -> None:
    """Where variables have lines of their own, with that indentation, so have the new ones."""
    (folder / "hosts.yml").write_text(NESTED)
    add_worker(folder, "cleo", "10.0.0.13", {"rack": 2})
    added = """\
                cleo:
                    ansible_host: 10.0.0.13
                    rack: 2
        masters:
"""
    assert (folder / "hosts.yml").read_text() == NESTED.replace("        masters:\n", added)


def test_added_at_the_end_of_a_file_without_a_last_line_end(folder: Path) -> None:
    """The last line is ended first."""
    (folder / "hosts.yml").write_text(ONE_LINE[: ONE_LINE.index("\n\n")])
    add_worker(folder, "worker3", "10.0.0.13")
    assert [host.name for host in read(folder).workers] == ["worker1", "worker2", "worker3"]


@pytest.mark.parametrize(
    ("name", "address", "what"),
    [
        ("worker1", "10.0.0.13", "lists worker1 already"),
        ("host", "10.0.0.13", "lists host already"),
        ("worker3", "10.0.0.11", "worker3 and worker1 are both at 10.0.0.11"),
        ("worker_3", "10.0.0.13", "refuses the underscore"),
        ("worker3", "ten", "isn't an IPv4 address"),
    ],
)
def test_not_added(folder: Path, name: str, address: str, what: str) -> None:
    """A worker that can't be is refused, and the file stays as it was."""
    with pytest.raises(UsageError, match=what):
        add_worker(folder, name, address)
    assert (folder / "hosts.yml").read_text() == ONE_LINE


def test_removed_worker_is_a_line_less(folder: Path) -> None:
    """Its line goes; all other lines stay, comments included."""
    remove_worker(folder, "worker1")
    kept = [line for line in ONE_LINE.splitlines() if "worker1" not in line]
    assert (folder / "hosts.yml").read_text().splitlines() == kept


@pytest.mark.parametrize(("name", "left"), [("ada", "bob"), ("bob", "ada")])
def test_removed_with_all_its_lines(folder: Path, name: str, left: str) -> None:
    """A host's variables go with it, and nobody else's."""
    (folder / "hosts.yml").write_text(NESTED)
    before = {host.name: host for host in read(folder).workers}
    remove_worker(folder, name)
    assert read(folder).workers == (before[left],)


def test_removed_from_every_group(folder: Path) -> None:
    """No group is left that still lists the host."""
    others = "    fast:\n      hosts:\n        worker1:\n        worker2:\n"
    (folder / "hosts.yml").write_text(ONE_LINE + others)
    remove_worker(folder, "worker2")
    assert "worker2" not in (folder / "hosts.yml").read_text()
    assert [host.groups for host in read(folder).workers] == [("workers", "fast")]


def test_added_and_removed_again_is_the_same_file(folder: Path) -> None:
    """Nothing is left of a worker that came and went."""
    for text in (ONE_LINE, NESTED):
        (folder / "hosts.yml").write_text(text)
        add_worker(folder, "worker9", "10.0.0.19")
        remove_worker(folder, "worker9")
        assert (folder / "hosts.yml").read_text() == text


@pytest.mark.parametrize(
    ("text", "name", "what"),
    [
        (ONE_LINE, "worker9", "lists no worker worker9\n  try: one of worker1, worker2"),
        (ONE_LINE, "host", "lists no worker host"),
        (shape(HOST, "{worker1: {ansible_host: 10.0.0.11}}"), "worker1", "is the only worker"),
    ],
)
def test_not_removed(folder: Path, text: str, name: str, what: str) -> None:
    """Who isn't a worker, and the last worker, stay."""
    (folder / "hosts.yml").write_text(text)
    with pytest.raises(UsageError) as refusal:
        remove_worker(folder, name)
    assert what in str(refusal.value)
    assert (folder / "hosts.yml").read_text() == text


FLOW = shape(HOST, "{worker1: {ansible_host: 10.0.0.11}, worker2: {ansible_host: 10.0.0.12}}")
ANCHOR = ONE_LINE.replace("worker1: {", "worker1: &first {").replace("rack: right", "twin: *first")


@pytest.mark.parametrize(
    ("text", "line"), [(FLOW, "line 1"), (ANCHOR, "line 11")], ids=["one line", "anchor"]
)
def test_left_to_an_editor(folder: Path, text: str, line: str) -> None:
    """Lines that can't go without changing other hosts are left alone, and named."""
    yaml.safe_load(text)
    (folder / "hosts.yml").write_text(text)
    with pytest.raises(UsageError, match=f"{line}: worker1 can't come or go.*\n.*with an editor"):
        remove_worker(folder, "worker1")
    assert (folder / "hosts.yml").read_text() == text


def test_not_added_to_a_line_that_holds_all(folder: Path) -> None:
    """A list that is one line is left to an editor, too."""
    (folder / "hosts.yml").write_text(FLOW)
    with pytest.raises(UsageError, match="line 1: worker3 can't come or go"):
        add_worker(folder, "worker3", "10.0.0.13")


def test_changed_file_stays_whose_and_what_it_was(folder: Path) -> None:
    """Mode and line ends survive; a link stays a link."""
    real = folder / "shared.yml~"
    (folder / "hosts.yml").rename(real)
    real.write_bytes(ONE_LINE.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    (folder / "hosts.yml").symlink_to(real)
    remove_worker(folder, "worker1")
    assert (folder / "hosts.yml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_bytes().count(b"\r\n") == ONE_LINE.count("\n") - 1
