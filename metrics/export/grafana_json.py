"""A dashboard's definition as the JSON that Grafana takes."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from metrics.catalog import DASHBOARDS, SIGNALS
from metrics.definition import Dashboard, Panel, Signal

__all__ = ["DATA_SOURCE", "dashboard_json"]

DATA_SOURCE = {"type": "prometheus", "uid": "howdah-prometheus"}
SCHEMA_VERSION = 41
TYPES = {"stat": "stat", "gauge": "gauge", "graph": "timeseries", "table": "table"}
HEIGHTS = {"stat": 4, "gauge": 5, "graph": 8, "table": 8}
Json = dict[str, Any]


def dashboard_json(dashboard: Dashboard, resourcemanager_url: str = "") -> Json:
    """The dashboard, without an id or a version: Grafana gives those."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["howdah"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "timezone": "browser",
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "graphTooltip": 1,  # one crosshair for all plots
        "links": list(_links(dashboard, resourcemanager_url)),
        "panels": list(_panels(dashboard)),
        "templating": {"list": []},
        "annotations": {"list": []},
    }


def _links(dashboard: Dashboard, resourcemanager_url: str) -> Iterator[Json]:
    for other in DASHBOARDS:
        if other is not dashboard:
            yield _link(other.title, f"/d/{other.uid}", other.description)
    if resourcemanager_url:
        url = f"{resourcemanager_url}/cluster"
        yield _link("ResourceManager", url, "Every application") | {
            "icon": "external link",
            "targetBlank": True,
            "keepTime": False,
        }


def _link(title: str, url: str, tooltip: str) -> Json:
    return {
        "type": "link",
        "title": title,
        "url": url,
        "tooltip": tooltip,
        "icon": "dashboard",
        "tags": [],
        "asDropdown": False,
        "targetBlank": False,
        "includeVars": False,
        "keepTime": True,
    }


def _panels(dashboard: Dashboard) -> Iterator[Json]:
    y = number = 0
    for row in dashboard.rows:
        x, height = 0, max(HEIGHTS[panel.kind] for panel in row)
        for panel in row:
            number += 1
            place = {"x": x, "y": y, "w": panel.width, "h": height}
            yield _panel(panel) | {
                "id": number,
                "gridPos": place,
                "links": _more(panel, dashboard),
            }
            x += panel.width
        y += height


def _more(panel: Panel, dashboard: Dashboard) -> list[Json]:
    """A link to the dashboard of the panel's signals, from the overview."""
    if dashboard is not DASHBOARDS[0]:
        return []
    return [
        _link(other.title, f"/d/{other.uid}", other.description)
        for other in DASHBOARDS[1:]
        if panel.signals[0] in other.signals
    ][:1]


def _panel(panel: Panel) -> Json:
    signals = [SIGNALS[name] for name in panel.signals]
    several = len(signals) > 1
    described = {
        "type": TYPES[panel.kind],
        "title": panel.title,
        "description": "\n\n".join(
            f"**{signal.title}**: {signal.description}" if several else signal.description
            for signal in signals
        ),
        "datasource": DATA_SOURCE,
        "targets": [_target(panel, place, signal) for place, signal in enumerate(signals)],
        "fieldConfig": {
            "defaults": _defaults(panel),
            "overrides": list(_overrides(panel, signals)),
        },
        "options": OPTIONS[panel.kind] | _colour(panel, signals[0]),
    }
    return described | ({"transformations": _columns(signals)} if panel.kind == "table" else {})


def _target(panel: Panel, place: int, signal: Signal) -> Json:
    expression, legend = signal.expression, signal.legend
    if panel.kind == "table":  # its columns are the labels: none but the legend's
        expression = f"max by ({', '.join(_labels(signal))}) ({expression})"
    elif len(panel.signals) > 1 or not legend:
        legend = f"{signal.title} {legend}".strip()
    return {
        "refId": _reference(place),
        "datasource": DATA_SOURCE,
        "expr": expression,
        "legendFormat": legend,
        "format": "table" if panel.kind == "table" else "time_series",
        "instant": panel.kind != "graph",
        "range": panel.kind == "graph",
    }


def _reference(place: int) -> str:
    return chr(ord("A") + place)


def _labels(signal: Signal) -> list[str]:
    return re.findall(r"\w+", signal.legend)


def _defaults(panel: Panel) -> Json:
    """Of a table nothing: they would hold for the columns of names, too."""
    return {"custom": {}} if panel.kind == "table" else _look(panel, SIGNALS[panel.signals[0]])


def _look(panel: Panel, signal: Signal) -> Json:
    """How a signal's values are written and coloured."""
    look: Json = {
        "unit": signal.unit,
        "noValue": "no data",
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": _steps(signal)},
        "color": {"mode": "palette-classic" if panel.kind == "graph" else "thresholds"},
        "custom": {},
    }
    if signal.unit == "none":
        look["decimals"] = 0
    if signal.unit == "percentunit" and panel.kind != "graph":
        look["max"] = 1
    if panel.kind == "graph":
        mode = "dashed" if signal.judged and len(panel.signals) == 1 else "off"
        look["custom"] = {"fillOpacity": 10, "thresholdsStyle": {"mode": mode}}
    if panel.kind == "table":
        bar = {"type": "gauge", "mode": "basic"} if signal.unit == "percentunit" else None
        look["custom"] = {"cellOptions": bar or {"type": "color-text" if signal.judged else "auto"}}
    return look


def _steps(signal: Signal) -> list[Json]:
    """From -∞ upwards: the colour from each value on."""
    limits = [(signal.warn, "yellow"), (signal.critical, "red")]
    known = [(value, colour) for value, colour in limits if value is not None]
    if not known:
        return [{"value": None, "color": "text"}]
    if not signal.low_is_bad:
        kept = [one for one in known if one == known[-1] or one[0] < known[-1][0]]
        return [{"value": None, "color": "green"}] + [
            {"value": value, "color": colour} for value, colour in kept
        ]
    colours = [colour for _, colour in reversed(known)] + ["green"]
    values = [None, *(value for value, _ in reversed(known))]
    return [
        {"value": value, "color": colour} for value, colour in zip(values, colours, strict=True)
    ]


def _overrides(panel: Panel, signals: Sequence[Signal]) -> Iterator[Json]:
    """What the look of each signal has instead of the panel's."""
    defaults = _defaults(panel)
    for place, signal in enumerate(signals):
        matcher = (
            {"id": "byName", "options": signal.title}
            if panel.kind == "table"
            else {"id": "byFrameRefID", "options": _reference(place)}
        )
        look = _look(panel, signal)
        properties = [
            {"id": f"custom.{key}" if key in look["custom"] else key, "value": value}
            for key, value in [*look.items(), *look["custom"].items()]
            if key != "custom" and defaults.get(key, defaults["custom"].get(key)) != value
        ]
        if properties:
            yield {"matcher": matcher, "properties": properties}


def _columns(signals: Sequence[Signal]) -> list[Json]:
    """One table of all, in the order of the definition."""
    values = [f"Value #{_reference(place)}" for place in range(len(signals))]
    if len(signals) == 1:
        values = ["Value"]
    names = [*_labels(signals[0]), *values]
    titles = dict(zip(values, (signal.title for signal in signals), strict=True))
    organized = {
        "excludeByName": {"Time": True},
        "indexByName": {name: place for place, name in enumerate(names)},
        "renameByName": {"instance": "host"} | titles,
    }
    return [{"id": "merge", "options": {}}, {"id": "organize", "options": organized}]


def _colour(panel: Panel, signal: Signal) -> Json:
    """A stat's colour says how well it is, if that can be said."""
    if panel.kind != "stat":
        return {}
    return {"colorMode": "background" if signal.judged else "value"}


REDUCE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
OPTIONS: dict[str, Json] = {
    "stat": {"graphMode": "none", "reduceOptions": REDUCE, "textMode": "auto"},
    "gauge": {"reduceOptions": REDUCE, "showThresholdLabels": False, "showThresholdMarkers": True},
    "graph": {
        "legend": {
            "showLegend": True,
            "displayMode": "list",
            "placement": "bottom",
            "calcs": ["lastNotNull", "max"],
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
}
