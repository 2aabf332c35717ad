"""Dashboards as Grafana takes them, held against the models that it generates of its schema."""

import enum
import json
import types
import typing
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard as schema
from grafana_foundation_sdk.models import units

from metrics.catalog import DASHBOARDS, SIGNALS
from metrics.definition import Dashboard
from metrics.export.grafana_json import dashboard_json

register_default_plugins()
UNITS = {value for name, value in vars(units).items() if not name.startswith("_")}
each_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda one: one.uid)


def lost(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """What is in ``ours`` and not in ``theirs``, which may have more."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            yield from lost(value, theirs.get(key, "nothing"), f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from lost(one, other, f"{path}[{place}]")
    elif ours != theirs:
        yield f"{path}: {ours} is {theirs} to Grafana"


def misfits(value: Any, hint: Any, path: str = "") -> Iterator[str]:
    """What isn't of the type that the schema says."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (Any, object):
        hint = type(value)
    if origin in (typing.Union, types.UnionType):
        own = [one for one in arguments if isinstance(one, type) and isinstance(value, one)]
        yield from min((list(misfits(value, one, path)) for one in own or arguments), key=len)
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{path}: {value} is not {hint}"
    elif origin in (list, dict):
        if not isinstance(value, origin):
            yield f"{path}: {value} is not {hint}"
            return
        held = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in held:
            yield from misfits(one, arguments[-1] if arguments else Any, f"{path}[{key}]")
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        if value not in [one.value for one in hint]:
            yield f"{path}: {value} is not {hint}"
    elif hint is float:
        if not isinstance(value, int | float):
            yield f"{path}: {value} is not {hint}"
    elif isinstance(value, dict) and hasattr(hint, "from_json"):  # as it was: Grafana reads it late
        read = hint.from_json(value)
        yield from misfits(read, hint, path)
        yield from lost(value, json.loads(JSONEncoder().encode(read)), path)
    elif not isinstance(value, hint):
        yield f"{path}: {value} is not {hint}"
    elif hasattr(value, "to_json"):
        for name, one in typing.get_type_hints(type(value)).items():
            yield from misfits(getattr(value, name), one, f"{path}.{name}")


@each_dashboard
def test_grafanas_schema_accepts_it(dashboard: Dashboard) -> None:
    """Every key is one that Grafana knows there, and every value of its type."""
    ours = dashboard_json(dashboard, "http://host:8088")
    read = schema.Dashboard.from_json(ours)
    assert list(misfits(read, schema.Dashboard)) == []
    assert list(lost(ours, json.loads(JSONEncoder().encode(read)))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["refresh"], 30),
        (["graphTooltip"], 3),
        (["panels", 0, "options", "colorMode"], "backgrond"),
        (["panels", 0, "gridPos", "w"], "4"),
        (["panels", 0, "targets", 0, "expression"], "up"),
        (["panels", 0, "fieldConfig", "defaults", "thresholds", "mode"], "relative"),
        (["panels", 0, "fieldConfig", "defaults", "units"], "s"),
    ],
)
def test_the_schema_refuses_mistakes(path: list[str | int], value: Any) -> None:
    """What the test above would find."""
    ours = dashboard_json(DASHBOARDS[0])
    place: Any = ours
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    read = schema.Dashboard.from_json(ours)
    back = json.loads(JSONEncoder().encode(read))
    assert [*misfits(read, schema.Dashboard), *lost(ours, back)]


@each_dashboard
def test_panels_do_not_overlap(dashboard: Dashboard) -> None:
    """Each has a number and a place of its own on 24 columns."""
    panels = dashboard_json(dashboard)["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )


def test_units_are_grafanas() -> None:
    """Those that its own list has."""
    assert {signal.unit for signal in SIGNALS.values()} <= UNITS


@each_dashboard
def test_links_lead_to_the_others_and_to_the_resourcemanager(dashboard: Dashboard) -> None:
    """In one order, without the page itself."""
    links = dashboard_json(dashboard, "http://host:8088")["links"]
    others = [f"/d/{other.uid}" for other in DASHBOARDS if other is not dashboard]
    assert [link["url"] for link in links] == [*others, "http://host:8088/cluster"]
    assert len(dashboard_json(dashboard)["links"]) == len(others)


def test_the_overview_leads_to_details() -> None:
    """A panel there has a link to the dashboard of its signal."""
    panels = {panel["title"]: panel for panel in dashboard_json(DASHBOARDS[0])["panels"]}
    assert [link["url"] for link in panels["CPU"]["links"]] == ["/d/howdah-hosts"]
    assert [link["url"] for link in panels["Blocks missing"]["links"]] == ["/d/howdah-hdfs"]
    assert panels["Alerts"]["links"] == []


def panel_of(uid: str, title: str) -> Any:
    (dashboard,) = (dashboard for dashboard in DASHBOARDS if dashboard.uid == uid)
    panels = dashboard_json(dashboard)["panels"]
    return next(panel for panel in panels if panel["title"] == title)


def test_thresholds_rise_to_red_or_from_it() -> None:
    """What is high, and what is low; and a number that is neither good nor bad has no colour."""

    def steps(uid: str, title: str) -> list[tuple[float | None, str]]:
        defaults = panel_of(uid, title)["fieldConfig"]["defaults"]
        return [(step["value"], step["color"]) for step in defaults["thresholds"]["steps"]]

    assert steps("howdah-hdfs", "HDFS used") == [(None, "green"), (0.75, "yellow"), (0.9, "red")]
    assert steps("howdah-hdfs", "Full in") == [(None, "red"), (86400, "yellow"), (259200, "green")]
    assert steps("howdah-hdfs", "DataNodes live") == [(None, "red"), (1, "green")]
    assert steps("howdah-hdfs", "DataNodes stale") == [(None, "green"), (1, "yellow")]
    assert steps("howdah-hdfs", "Blocks missing") == [(None, "green"), (1, "red")]
    assert steps("howdah-jobs", "Running") == [(None, "text")]


def test_a_table_has_a_column_for_each_signal() -> None:
    """Its targets have the same labels, so that rows meet, and columns have titles and looks."""
    panel = panel_of("howdah-hosts", "Disk space")
    assert [target["format"] for target in panel["targets"]] == ["table", "table"]
    for target in panel["targets"]:
        assert target["expr"].startswith("max by (instance, mountpoint) (")
    _, organize = panel["transformations"]
    renamed = organize["options"]["renameByName"]
    assert list(renamed.values()) == ["host", "Disk space used", "Disk full in"]
    overrides = panel["fieldConfig"]["overrides"]
    assert [one["matcher"]["options"] for one in overrides] == ["Disk space used", "Disk full in"]
    units = [{"id": "unit", "value": "percentunit"}, {"id": "unit", "value": "s"}]
    assert [one["properties"][0] for one in overrides] == units


def test_numbers_are_of_now_and_plots_of_the_whole_time() -> None:
    """An old value is not shown as today's."""
    for dashboard in DASHBOARDS:
        for panel in dashboard_json(dashboard)["panels"]:
            for target in panel["targets"]:
                assert target["instant"] is (panel["type"] != "timeseries")
                assert target["range"] is (panel["type"] == "timeseries")
