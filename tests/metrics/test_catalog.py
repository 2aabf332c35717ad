"""The definitions among themselves, and as PromQL."""

import json
import re
from pathlib import Path

import pytest

from metrics.catalog import ALERTS, DASHBOARDS, SIGNALS
from metrics.definition import Dashboard, Panel, Signal
from metrics.signals import hdfs, hosts, jobs, monitoring, yarn
from tests.metrics.serving import promtool

PANELS = [panel for dashboard in DASHBOARDS for row in dashboard.rows for panel in row]
UNITS = {"percentunit", "bytes", "Bps", "s", "short", "ops", "none"}


def test_names_are_given_once() -> None:
    """A second signal of a name would hide the first."""
    parts = (monitoring, hosts, hdfs, yarn, jobs)
    assert sum(len(part.SIGNALS) for part in parts) == len(SIGNALS)


def test_panels_show_all_signals_and_no_others() -> None:
    """A signal that nobody sees is none."""
    assert {name for panel in PANELS for name in panel.signals} == set(SIGNALS)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_panels(panel: Panel) -> None:
    """Signals that share a frame share its unit, or, in a table, its rows."""
    assert panel.kind in ("stat", "gauge", "graph", "table")
    signals = [SIGNALS[name] for name in panel.signals]
    assert len({one.legend if panel.kind == "table" else one.unit for one in signals}) == 1


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_rows_fill_the_page(dashboard: Dashboard) -> None:
    """All 24 columns."""
    assert {sum(panel.width for panel in row) for row in dashboard.rows} == {24}


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=lambda signal: signal.name)
def test_signals(signal: Signal) -> None:
    """Each says in sentences what it is, in a known unit, and worse is beyond bad."""
    assert signal.unit in UNITS
    assert signal.description.endswith(".")
    if signal.warn is not None and signal.critical is not None:
        worse, bad = sorted((signal.warn, signal.critical), reverse=not signal.low_is_bad)
        assert (signal.critical, signal.warn) == (worse, bad)
    for label in re.findall(r"\w+", signal.legend):
        assert label not in ("job",) or "by (job" in signal.expression


def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    """promtool takes each for a rule."""
    rules = [
        {"record": f"signal:{name}", "expr": signal.expression} for name, signal in SIGNALS.items()
    ]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    done = promtool(tmp_path, "check", "rules", "rules.yml")
    assert f"{len(SIGNALS)} rules found" in done.stdout, done.stdout + done.stderr


def test_alerts_say_what_to_do() -> None:
    """Each has a line for it, and is told once."""
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)
    for alert in ALERTS:
        assert alert.severity in ("warning", "critical")
        assert alert.runbook
        assert "\n" not in alert.runbook + alert.summary


def test_busy_is_neither_good_nor_bad() -> None:
    """What the cluster is for has no threshold, on any dashboard."""
    for name in ("cpu_busy", "yarn_cores_used", "yarn_memory_used", "jobs_waiting", "queue_wait",
                 "containers_pending", "io_pressure", "cpu_pressure", "disk_busy"):  # fmt: skip
        assert (SIGNALS[name].warn, SIGNALS[name].critical) == (None, None)


def test_some_minutes_do_not_foretell_a_full_disk(tmp_path: Path) -> None:
    """Ten that fill a tenth count as all of six hours; six hours that fill are believed."""
    full = hosts.time_to_full("free")
    asked = [
        (100, 10, f"{full} > bool {48 * 3600}"),
        (600, 360, f"abs({full} / 3600 - 4) < bool 0.1"),
    ]
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": "free", "values": f"{size}e9-1e9x{minutes}"}],
            "promql_expr_test": [
                {
                    "expr": expression,
                    "eval_time": f"{minutes}m",
                    "exp_samples": [{"labels": "{}", "value": 1}],
                }
            ],
        }
        for size, minutes, expression in asked
    ]
    (tmp_path / "test.yml").write_text(json.dumps({"evaluation_interval": "1m", "tests": tests}))
    done = promtool(tmp_path, "test", "rules", "test.yml")
    assert done.returncode == 0, done.stdout + done.stderr
