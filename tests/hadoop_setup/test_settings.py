"""Ansible, the tests' inventory and howdah.settings mean the same cluster."""

import getpass
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from howdah.cluster.configuration import read_cluster, read_variables
from howdah.settings import ROOT, SETUP, environment_digest, load, record_of_cluster

LOCAL = SETUP / "inventory" / "local"
TESTS = ROOT / "tests" / "cluster"


def as_ansible_reads(inventory: Path) -> dict[str, Any]:
    """Return the variables of the inventory's first host, as Ansible merges them."""
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "--list", "--inventory"]
    command += [str(inventory), "--playbook-dir", str(SETUP / "project")]
    listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    hosts: dict[str, dict[str, Any]] = json.loads(listed)["_meta"]["hostvars"]
    return next(iter(hosts.values()))


def test_settings_of_every_cluster_are_plain_literals() -> None:
    """Python reads them without Ansible's templates."""
    text = (SETUP / "project" / "group_vars" / "all.yml").read_text()
    assert "{{" not in text
    assert isinstance(yaml.safe_load(text), dict)


@pytest.mark.parametrize("inventory", [LOCAL, TESTS], ids=["local", "tests"])
def test_python_reads_what_ansible_reads(inventory: Path) -> None:
    """No value differs between the two readers, an inventory's own included."""
    ansible = as_ansible_reads(inventory)
    python = {name: value for name, value in read_variables(inventory).items()
              if "{{" not in str(value)}  # fmt: skip
    assert python == {name: ansible[name] for name in python}


def test_the_tests_cluster_shares_no_port_with_a_users() -> None:
    """Tests run beside a user's cluster, below the ports that the kernel hands out."""
    ports = [
        {name: value for name, value in read_variables(inventory).items() if name.endswith("_port")}
        for inventory in (LOCAL, TESTS)
    ]
    assert ports[0].keys() == ports[1].keys()
    assert not set(ports[0].values()) & set(ports[1].values())
    assert max(ports[1].values()) < 32768


def test_without_a_record_there_is_no_cluster(tmp_path: Path) -> None:
    """A fresh state folder means the local runner."""
    settings = load({"HOWDAH_STATE": str(tmp_path)})
    assert settings.state == tmp_path
    assert settings.cluster is None


def test_a_record_is_the_cluster_in_use(tmp_path: Path) -> None:
    """What ``up`` wrote is what every command reads; whoever reads it is its user."""
    cluster = read_cluster(TESTS, tmp_path / "cluster")
    (tmp_path / "cluster.json").write_text(record_of_cluster(cluster))
    read = load({"HOWDAH_STATE": str(tmp_path)}).cluster
    assert read == cluster
    assert read.user == getpass.getuser()
    assert cluster.fs_uri == "hdfs://127.0.0.1:28020"
    assert cluster.hadoop_bin == f"{tmp_path}/cluster/hadoop/bin/hadoop"


def test_a_cluster_of_many_hosts_has_folders_and_workers_of_its_own(tmp_path: Path) -> None:
    """The example names everything that differs from one machine."""
    cluster = read_cluster(SETUP / "inventory" / "example", tmp_path)
    assert cluster.service_manager == "systemd"
    assert cluster.webhdfs_url == "http://host:9870"
    assert cluster.secondary_url == "http://worker1:9868"
    assert cluster.workers == ("worker1", "worker2", "worker3", "worker4")
    assert cluster.python == f"/opt/howdah/python/{environment_digest()}/bin/python"


@pytest.mark.parametrize(
    ("inventory", "wanted", "url"),
    [
        ("local", None, ""),
        ("local", True, "http://127.0.0.1:9090"),
        ("example", None, "http://127.0.0.1:9090"),
    ],
)
def test_several_hosts_are_monitored_and_one_is_if_asked(
    tmp_path: Path, inventory: str, wanted: bool | None, url: str
) -> None:
    """Where nothing else is said."""
    cluster = read_cluster(SETUP / "inventory" / inventory, tmp_path, monitoring=wanted)
    assert cluster.prometheus_url == url
    assert cluster.grafana_url == ""


def test_an_older_record_is_still_a_cluster(tmp_path: Path) -> None:
    """A release that knows of more doesn't need it to have been recorded."""
    cluster = read_cluster(TESTS, tmp_path / "cluster")
    record = json.loads(record_of_cluster(cluster))
    del record["prometheus_url"]
    (tmp_path / "cluster.json").write_text(json.dumps(record))
    assert load({"HOWDAH_STATE": str(tmp_path)}).cluster == cluster


def test_a_torn_record_is_no_cluster(tmp_path: Path) -> None:
    """A record that can't be read doesn't stop every command."""
    (tmp_path / "cluster.json").write_text('{"inventory": ')
    assert load({"HOWDAH_STATE": str(tmp_path)}).cluster is None
