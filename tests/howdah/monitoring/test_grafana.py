"""What publishing leaves in Grafana, and what it refuses to touch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from howdah.__main__ import main
from howdah.errors import ClusterError, UsageError
from howdah.monitoring.grafana import Grafana, publish
from metrics.catalog import DASHBOARDS
from metrics.export.grafana_json import dashboard_json
from tests.metrics.grafana import GrafanaServer, grafana
from tests.metrics.serving import free_port, target

PROMETHEUS = "http://127.0.0.1:9090"
BOARDS = [dashboard_json(dashboard) for dashboard in DASHBOARDS]
ALL = ["folder", "data source", *(board["title"] for board in BOARDS)]


@pytest.fixture
def server() -> Iterator[GrafanaServer]:
    with grafana() as running:
        yield running


@pytest.fixture
def client(server: GrafanaServer) -> Grafana:
    return Grafana(server.url, server.user, server.password)


def published(client: Grafana, boards: list[dict[str, Any]] = BOARDS, **options: Any) -> Any:
    """What was done with each thing."""
    return dict(publish(client, boards, PROMETHEUS, **options))


def changed(board: dict[str, Any]) -> list[dict[str, Any]]:
    """The definitions of a later release."""
    return [board | {"description": "New."}, *BOARDS[1:]]


def test_into_an_empty_grafana(server: GrafanaServer, client: Grafana) -> None:
    """Everything is created, in one folder, under the definition's uids."""
    assert published(client) == dict.fromkeys(ALL, "created")
    assert {uid: folder["title"] for uid, folder in server.folders.items()} == {"howdah": "Howdah"}
    source = server.sources["howdah-prometheus"]
    assert (source["type"], source["url"]) == ("prometheus", PROMETHEUS)
    assert {uid: versions[-1]["folder"] for uid, versions in server.dashboards.items()} == {
        board["uid"]: "howdah" for board in BOARDS
    }
    assert server.newest("howdah-hdfs")["panels"] == dashboard_json(DASHBOARDS[2])["panels"]


@pytest.mark.parametrize("old", [False, True])
def test_a_second_time_changes_nothing(server: GrafanaServer, client: Grafana, old: bool) -> None:
    """Nothing is sent that Grafana would store, whichever way it lists versions."""
    server.old = old
    published(client)
    before = server.changes
    assert published(client) == dict.fromkeys(ALL, "unchanged")
    assert server.changes == before


def test_only_what_is_new_is_updated(server: GrafanaServer, client: Grafana) -> None:
    """One dashboard of a later release; the others keep their versions."""
    published(client)
    told = published(client, changed(BOARDS[0]))
    assert told == dict.fromkeys(ALL, "unchanged") | {"Overview": "updated"}
    assert server.newest("howdah-overview")["description"] == "New."
    assert [len(versions) for versions in server.dashboards.values()] == [2, 1, 1, 1, 1]


def test_an_edit_is_not_overwritten(server: GrafanaServer, client: Grafana) -> None:
    """It is named, with what can be done; nothing else is changed either."""
    published(client)
    server.edit("howdah-hosts", title="My hosts")
    before = server.changes
    with pytest.raises(
        UsageError, match="edited in Grafana since they were published: Hosts"
    ) as refused:
        published(client, changed(BOARDS[0]))
    assert "--overwrite" in str(refused.value)
    assert server.changes == before


def test_an_edit_is_replaced_when_asked(server: GrafanaServer, client: Grafana) -> None:
    """Its version stays in Grafana's history; then all is as published."""
    published(client)
    server.edit("howdah-hosts", title="My hosts")
    assert published(client, overwrite=True)["Hosts"] == "updated"
    titles = [version["data"]["title"] for version in server.dashboards["howdah-hosts"]]
    assert titles == ["Hosts", "My hosts", "Hosts"]
    assert published(client) == dict.fromkeys(ALL, "unchanged")


def test_a_dashboard_of_somebody_elses_making(server: GrafanaServer, client: Grafana) -> None:
    """One that was imported by hand under our uid is theirs."""
    server.dashboards["howdah-jobs"] = [
        {"version": 1, "message": "", "data": {"uid": "howdah-jobs"}, "folder": ""}
    ]
    with pytest.raises(UsageError, match="Jobs"):
        published(client)


def test_an_edit_in_the_very_moment(server: GrafanaServer, client: Grafana) -> None:
    """Grafana itself refuses what would replace a version that wasn't looked at."""
    published(client)
    steps = publish(client, changed(BOARDS[0]), PROMETHEUS)
    next(steps)  # has looked
    server.edit("howdah-overview", title="Mine")
    with pytest.raises(UsageError, match="changed by someone else"):
        list(steps)
    assert server.newest("howdah-overview")["title"] == "Mine"


def test_what_was_deleted_comes_back(server: GrafanaServer, client: Grafana) -> None:
    """And only that."""
    published(client)
    del server.dashboards["howdah-yarn"]
    assert published(client) == dict.fromkeys(ALL, "unchanged") | {"YARN": "created"}


def test_the_data_source_follows_prometheus(server: GrafanaServer, client: Grafana) -> None:
    """Its address is ours; what somebody has set besides stays."""
    published(client)
    source = server.sources["howdah-prometheus"]
    source |= {"url": "http://elsewhere:9090", "isDefault": True}
    source["jsonData"]["manageAlerts"] = False
    assert published(client)["data source"] == "updated"
    source = server.sources["howdah-prometheus"]
    assert (source["url"], source["isDefault"]) == (PROMETHEUS, True)
    assert source["jsonData"]["manageAlerts"] is False
    assert published(client)["data source"] == "unchanged"


def test_replies_without_a_body(server: GrafanaServer, client: Grafana) -> None:
    """204 is success, too."""
    server.silent = True
    assert published(client) == dict.fromkeys(ALL, "created")
    server.sources["howdah-prometheus"]["url"] = "http://elsewhere:9090"
    told = published(client, changed(BOARDS[0]))
    assert (told["data source"], told["Overview"]) == ("updated", "updated")


def test_a_wrong_password(server: GrafanaServer) -> None:
    """It is said whose, and nothing is changed."""
    with pytest.raises(ClusterError, match="does not take this password of admin"):
        published(Grafana(server.url, "admin", "guessed"))
    assert server.changes == 0


def test_grafana_is_down() -> None:
    """The address is named."""
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ClusterError, match=f"Grafana at {url} does not answer"):
        published(Grafana(url, "admin", "secret"))


def test_something_else_answers() -> None:
    """A page that isn't JSON is not taken for a reply without a body."""
    with (
        target("Welcome!") as address,
        pytest.raises(ClusterError, match=f"what answers at http://{address} isn't Grafana"),
    ):
        published(Grafana(f"http://{address}", "admin", "secret"))


def test_an_address_that_is_none() -> None:
    """Before anything is asked."""
    with pytest.raises(UsageError, match="isn't Grafana's address"):
        Grafana("grafana", "admin", "secret")


def test_the_command(
    server: GrafanaServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Says what was done; refuses edits with exit 2, and a missing file of the password."""
    secret = tmp_path / "password"
    secret.write_text(f"{server.password}\n")
    command = ["dashboards", "publish", "--grafana", server.url, "--prometheus", PROMETHEUS]
    assert main([*command, "--password-file", str(secret)]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{what}: created" for what in ALL]
    server.edit("howdah-hosts", title="My hosts")
    assert main([*command, "--password-file", str(secret)]) == 2
    assert "edited in Grafana" in capsys.readouterr().err
    assert main([*command, "--password-file", str(secret), "--overwrite"]) == 0
    secret.unlink()
    assert main([*command, "--password-file", str(secret)]) == 2
    assert "can't read the password" in capsys.readouterr().err
