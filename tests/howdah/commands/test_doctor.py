"""What bin/doctor makes of what was seen on hosts and in HDFS."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from howdah.cluster.ansible_display import Display
from howdah.cluster.inventory import Host, Inventory
from howdah.cluster.playbook import try_playbook
from howdah.diagnosis.check import Check
from howdah.diagnosis.machines import Expected, Machine, Service, check_machines, machine_of
from howdah.models.hdfs_copies import HdfsCopy, permitted_sha256, read_hdfs_copies
from howdah.settings import Cluster, Settings, load
from tests.conftest import Howdah

GIB = 1 << 30
INVENTORY = Inventory(
    (
        Host("host", "10.0.0.10", ("masters",), {}),
        Host("anna", "10.0.0.11", ("workers",), {}),
    )
)
COPY = "/srv/howdah/nodemanager/local/filecache/12/model.joblib"
EXPECTED = Expected(
    inventory=INVENTORY,
    up="bin/cluster up --inventory mine",
    java_versions=(17, 21),
    release="hadoop-3.4.2-jars-cc72f476",
    environment="0123456789ab",
    models={"model.joblib": {"aa"}},
)


def service(address: str, port: str) -> Service:
    return Service("active", "running", True, 0, 512, {port: [address]})


HOST = Machine(
    clock=0.2,
    name="host",
    names={"host": ["10.0.0.10"], "anna": ["10.0.0.11"]},
    disks={"/": {"free": 6 * GIB, "size": 10 * GIB, "read_only": False}},
    data_disk_missing=False,
    memory_mb=4096,
    yarn_mb=0,
    services={
        "namenode": service("10.0.0.10", "9870"),
        "resourcemanager": service("10.0.0.10", "8088"),
        "historyserver": service("10.0.0.10", "19888"),
    },
    java="17.0.15",
    hadoop=EXPECTED.release,
    environments=[],
    models={},
    firewall=True,
)
ANNA = replace(
    HOST,
    name="anna",
    memory_mb=32_000,
    yarn_mb=25_000,
    services={
        "datanode": service("10.0.0.11", "9866"),
        "nodemanager": service("0.0.0.0", "13562"),
    },
    environments=["0123456789ab"],
    models={COPY: "aa"},
)


def bad(anna: Machine) -> list[Check]:
    return [check for check in check_machines({"host": HOST, "anna": anna}, EXPECTED) if check.fix]


def datanode(**changes: Any) -> Machine:
    return replace(
        ANNA, services=ANNA.services | {"datanode": replace(ANNA.services["datanode"], **changes)}
    )


def test_well_hosts_take_a_line_a_concern() -> None:
    """Not one for every host."""
    checks = list(check_machines({"host": HOST, "anna": ANNA}, EXPECTED))
    assert [check.fix for check in checks] == [""] * 11
    assert str(checks[2]) == "ok   disks             2 hosts: at least 6.0 GiB free (anna, /)"


def test_what_watches_is_missed_where_it_should_be() -> None:
    """Exporters of machines on every host, the rest on the first."""
    checks = check_machines({"host": HOST, "anna": ANNA}, replace(EXPECTED, monitored=True))
    assert [check.found for check in checks if check.fix] == [
        "host has no alertmanager",
        "host has no job_exporter",
        "host has no node_exporter",
        "host has no prometheus",
        "anna has no node_exporter",
    ]


def test_what_watches_may_listen_on_loopback_alone() -> None:
    """It is right there and wrong elsewhere."""
    prometheus = replace(service("127.0.0.1", "9090"), loopback=True)
    well = replace(HOST, services=HOST.services | {"prometheus": prometheus})
    open_to_all = replace(prometheus, ports={"9090": ["10.0.0.10"]})
    bad = replace(HOST, services=HOST.services | {"prometheus": open_to_all})
    found = [
        [
            check.found
            for check in check_machines({"host": host, "anna": ANNA}, EXPECTED)
            if check.fix
        ]
        for host in (well, bad)
    ]
    assert found == [
        [],
        ["host's prometheus doesn't listen on 127.0.0.1:9090, but on 10.0.0.10"],
    ]


@pytest.mark.parametrize(
    ("anna", "found", "fix"),
    [
        (
            replace(ANNA, names=ANNA.names | {"anna": ["127.0.1.1"]}),
            "on anna, anna is 127.0.1.1, not 10.0.0.11",
            "bin/cluster up",
        ),
        (replace(ANNA, names={"anna": ["10.0.0.11"]}), "on anna, host is nobody", "bin/cluster"),
        (replace(ANNA, clock=-42.4), "anna is 42 s behind", "ssh anna apt-get install systemd-"),
        (
            replace(ANNA, disks={"/srv": {"free": GIB, "size": 200 * GIB, "read_only": False}}),
            "anna has 1.0 GiB free on /srv",
            "ssh anna du -xhd2 /srv",
        ),
        (
            replace(ANNA, disks={"/": {"free": 6 * GIB, "size": 10 * GIB, "read_only": True}}),
            "anna can't write to /",
            "ssh anna dmesg",
        ),
        (replace(ANNA, data_disk_missing=True), "anna has its data disk not", "bin/cluster up"),
        (
            replace(ANNA, yarn_mb=31_500),
            "anna has 32000 MB; heaps take 1024 MB of it, and tasks 31500 MB",
            "lower *_heap_mb or hadoop_node_memory_mb",
        ),
        (
            replace(ANNA, services={"datanode": ANNA.services["datanode"]}),
            "anna has no nodemanager",
            "bin/cluster up",
        ),
        (
            datanode(state="failed", detail="failed", restarts=3),
            "anna's datanode is failed (failed, started again 3 times)",
            "bin/cluster up --inventory mine; ssh anna journalctl -n 20 -u howdah-datanode",
        ),
        (
            datanode(enabled=False),
            "anna's datanode won't start at the next boot",
            "ssh anna systemctl enable howdah-datanode",
        ),
        (
            datanode(ports={"9866": ["127.0.1.1"]}),
            "anna's datanode doesn't listen on 10.0.0.11:9866, but on 127.0.1.1",
            "ssh anna systemctl restart howdah-datanode",
        ),
        (replace(ANNA, java="11.0.2"), "anna has Java 11.0.2, not 17 or 21", "bin/cluster up"),
        (replace(ANNA, java=""), "anna has Java nowhere", "bin/cluster up"),
        (replace(ANNA, hadoop="hadoop-3.3.6"), "anna has hadoop-3.3.6, not hadoop-3.4.2", "bin/"),
        (replace(ANNA, environments=["old"]), "anna lacks 0123456789ab", "bin/cluster up"),
        (
            replace(ANNA, models={COPY: "ab"}),
            f"anna: {COPY} isn't what any model's manifest names",
            f"ssh anna rm -r {Path(COPY).parent}",
        ),
        (replace(ANNA, firewall=False), "anna lets everybody in", "bin/cluster up"),
    ],
)  # fmt: skip
def test_what_is_wrong_on_a_host_is_told_with_its_fix(anna: Machine, found: str, fix: str) -> None:
    """One finding, which names the host, and a command."""
    (check,) = bad(anna)
    assert check.found.startswith(found)
    assert check.fix.startswith(fix)


def test_a_command_for_the_host_itself_takes_no_ssh() -> None:
    """The controller is one of the machines."""
    checks = check_machines({"host": replace(HOST, clock=11)}, EXPECTED)
    assert [check.fix for check in checks if check.fix] == ["apt-get install systemd-timesyncd"]


def test_a_bare_host_is_told_once() -> None:
    """Not once for everything that it lacks."""
    (check,) = bad(replace(ANNA, hadoop="", java="", services={}, firewall=False))
    assert check == Check("hosts", "anna has no Hadoop", EXPECTED.up)


def test_a_host_that_was_not_seen_is_not_judged() -> None:
    """It is told as unreachable, once."""
    assert not [check for check in check_machines({"host": HOST}, EXPECTED) if check.fix]


def sum_of(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


MANIFEST = b'[files]\n"model.joblib" = "aa"\n'
DUE = {"model.joblib": "aa"}
GOOD = HdfsCopy(
    f"churn-2-{sum_of(MANIFEST)[:16]}", {"model.toml": sum_of(MANIFEST), "model.joblib": "aa"}, DUE
)


@pytest.mark.parametrize(
    ("files", "altered"),
    [
        ({}, []),
        ({"model.joblib": "ab"}, ["model.joblib"]),
        ({"model.toml": "ab"}, ["model.toml"]),
    ],
)
def test_a_model_in_hdfs_vouches_for_itself(files: dict[str, str], altered: list[str]) -> None:
    """Its folder is called after its manifest, which names its files."""
    assert replace(GOOD, files={**GOOD.files, **files}).altered == altered


def test_copies_may_be_of_any_model_here_or_in_hdfs(tmp_path: Path) -> None:
    """But of none that was altered."""
    (tmp_path / "models" / "churn").mkdir(parents=True)
    (tmp_path / "models" / "churn" / "model.toml").write_bytes(b'[files]\n"model.joblib" = "bb"\n')
    altered = replace(GOOD, files={**GOOD.files, "model.joblib": "cc"})
    settings = Settings(tmp_path, tmp_path / "state", None)
    assert permitted_sha256([GOOD, altered], settings)["model.joblib"] == {"aa", "bb"}


@pytest.fixture
def cluster(hadoop: Howdah) -> Cluster:
    """The real one, after a job: its model is in HDFS, and copies of it are with YARN."""
    (hadoop.cwd / "text.txt").write_text("you are kind\n")
    hadoop.submit("text.txt")
    cluster = load(os.environ | {"HOWDAH_STATE": str(hadoop.state)}).cluster
    assert cluster
    return cluster


@pytest.mark.hadoop
def test_an_altered_model_is_found_in_hdfs(hadoop: Howdah, cluster: Cluster) -> None:
    """bin/doctor names it, and with its fix the next job runs."""
    models = {model.folder.partition("-")[0]: model for model in read_hdfs_copies(cluster)}
    model = models["moderation"]  # that of the text below; earlier tests may have left others
    assert not model.altered
    path = f"/howdah/models/{model.folder}/model.toml"
    append = [cluster.hadoop_bin, "fs", "-appendToFile", str(hadoop.cwd / "text.txt"), path]
    subprocess.run(append, check=True)
    checks = json.loads(hadoop("doctor", "--json", exits=1).stdout)
    (check,) = [check for check in checks if check["fix"]]
    assert "model.toml isn't as its manifest says" in check["found"]
    subprocess.run(check["fix"].partition("  (")[0].split(), check=True)
    hadoop.submit("text.txt", "--splits", 1)
    hadoop("doctor")


@pytest.mark.hadoop
def test_inspection_sees_a_real_host_and_changes_nothing(hadoop: Howdah, cluster: Cluster) -> None:
    """Its daemons' ports, its Java and Hadoop, and every copy of a model, whole or altered."""
    settings = load(os.environ | {"HOWDAH_STATE": str(hadoop.state)})
    models = permitted_sha256(read_hdfs_copies(cluster), settings)

    def look() -> Machine:
        variables = {"inspect_model_files": sorted(models)}
        inventory = Path(cluster.inventory)
        played = try_playbook("inspect", inventory, settings, variables, Display(stream=None))
        assert not played.complaint
        assert played.changed == {"localhost": 0}
        return machine_of(played.answers["machines"]["localhost"])

    machine = look()
    assert machine.clock == 0
    assert machine.hadoop.startswith(f"hadoop-{cluster.hadoop_version}-")
    assert machine.java.split(".")[0] in ("17", "21")
    assert len(machine.services) == 5
    for service in machine.services.values():
        assert service.heap_mb
        assert all(addresses for addresses in service.ports.values())
    assert {Path(path).name for path in machine.models} == models.keys()
    assert all(sha256 in models[Path(path).name] for path, sha256 in machine.models.items())
    path = next(Path(path) for path in machine.models if path.endswith(".toml"))
    path.write_text("")
    try:
        assert look().models[str(path)] not in models["model.toml"]
    finally:
        shutil.rmtree(path.parent)  # as the fix says; YARN fetches it again
