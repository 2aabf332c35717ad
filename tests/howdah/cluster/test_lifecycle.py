"""Who may do what to a cluster, before anything is done."""

from dataclasses import replace
from pathlib import Path

import pytest

from howdah.answer import Answer
from howdah.cluster.configuration import read_cluster
from howdah.cluster.status_tables import print_addresses
from howdah.commands.cluster import parser, run
from howdah.errors import ClusterError, UsageError
from howdah.settings import SETUP, load

EXAMPLE = SETUP / "inventory" / "example"


@pytest.mark.parametrize("command", ["up", "down --purge", "add w 10.0.0.9", "remove worker2"])
def test_a_users_cluster_is_changed_by_its_keeper_alone(tmp_path: Path, command: str) -> None:
    """Who only finds the cluster in /etc/howdah neither ends it nor installs over it."""
    settings = load({"HOWDAH_STATE": str(tmp_path)})
    settings = replace(settings, cluster=read_cluster(EXAMPLE, settings.cluster_state))
    with pytest.raises(ClusterError, match="somebody else of this host installed the cluster"):
        run(parser().parse_args(command.split()), settings, Answer())
    assert not any(tmp_path.iterdir())


def test_who_installs_is_not_locked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logged in from outside admin_networks: told before the firewall is installed."""
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.7 50000 10.0.0.10 22")
    settings = load({"HOWDAH_STATE": str(tmp_path)})
    with pytest.raises(UsageError, match=r"logged in from 192\.0\.2\.7.*lock out"):
        run(parser().parse_args(["up", "--inventory", str(EXAMPLE)]), settings, Answer())


@pytest.mark.parametrize("command", ["add worker2 10.0.0.9", "remove localhost"])
def test_one_machine_has_no_workers_to_change(tmp_path: Path, command: str) -> None:
    """The inventory of this machine alone stays as it is."""
    settings = load({"HOWDAH_STATE": str(tmp_path)})
    with pytest.raises(UsageError, match="Hadoop on this machine alone"):
        run(parser().parse_args(command.split()), settings, Answer())


@pytest.mark.parametrize(
    ("inventory", "why"),
    [("local", "it is installed on several machines only"), ("example", "names none")],
)
def test_why_there_is_no_grafana(
    inventory: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On one machine, whatever its inventory names; on several, if theirs names no package."""
    cluster = read_cluster(SETUP / "inventory" / inventory, tmp_path, monitoring=True)
    print_addresses(cluster)
    *_, last = capsys.readouterr().out.splitlines()
    assert last.split()[:2] == ["Grafana", "none:"]
    assert why in last
