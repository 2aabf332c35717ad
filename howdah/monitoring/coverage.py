"""Whether Prometheus has what every panel and every alert asks it for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from howdah.errors import ClusterError
from howdah.monitoring.prometheus import Prometheus
from metrics.catalog import ALERTS, DASHBOARDS, SIGNALS
from metrics.definition import Alert
from metrics.export.prometheus_rules import GROUP, annotations_of, labels_of
from metrics.units import IN_SECONDS

__all__ = ["Query", "QueryWithoutData", "all_queries", "queries_without_data", "rule_faults"]

QUOTED_OR_COMPARISON = re.compile(r'("[^"]*"|\{[^}]*\})|(==|!=|>=|<=|>|<)')


@dataclass(frozen=True)
class Query:
    """What is asked, and for which signal or alert; ``until`` is the signal's."""

    asked_for: str
    promql: str
    until: str = ""


@dataclass(frozen=True)
class QueryWithoutData:
    """An expression without data, and why, as far as that is known."""

    expression: Query
    reason: str


def all_queries() -> Iterator[Query]:
    """Those of all panels, then those of all alerts."""
    for name in dict.fromkeys(name for board in DASHBOARDS for name in board.signals):
        signal = SIGNALS[name]
        yield Query(f"signal {name}", signal.expression, signal.until)
    for alert in ALERTS:
        yield Query(f"alert {alert.name}", _answered(alert.expression))


def queries_without_data(prometheus: Prometheus) -> list[QueryWithoutData]:
    """Every expression that has no data now; raises ClusterError where Prometheus is down."""
    prometheus.now("vector(1)")
    return [
        QueryWithoutData(expression, reason)
        for expression in all_queries()
        if (reason := _reason(prometheus, expression))
    ]


def _reason(prometheus: Prometheus, expression: Query) -> str:
    try:
        found = prometheus.now(expression.promql)
    except ClusterError as error:
        return error.message
    if found:
        return ""
    return f"no data until {expression.until}" if expression.until else "no data"


def _answered(condition: str) -> str:
    """``condition`` as what is 0 or 1: it has data whether it holds or not."""
    return QUOTED_OR_COMPARISON.sub(lambda found: found[1] or f"{found[2]} bool", condition)


def rule_faults(prometheus: Prometheus) -> Iterator[tuple[str, str]]:
    """Name of each rule that isn't there as it is here, or fails, and what is wrong with it."""
    loaded = {
        rule["name"]: rule
        for group in prometheus.rules()
        if group["name"] == GROUP
        for rule in group["rules"]
    }
    for alert in ALERTS:
        rule = loaded.pop(alert.name, None)
        if rule is None:
            yield alert.name, "not loaded"
        elif differing := _differing(alert, rule, prometheus):
            yield alert.name, f"loaded with another {', '.join(differing)}"
        elif rule["health"] == "err":
            yield alert.name, f"fails: {rule['lastError']}"
    for name in loaded:
        yield name, "loaded, and no longer defined"


def _differing(alert: Alert, rule: dict[str, Any], prometheus: Prometheus) -> list[str]:
    """What of ``rule`` isn't as the alert says; Prometheus writes expressions in its own way."""
    same = {
        "expression": prometheus.formatted(alert.expression) == prometheus.formatted(rule["query"]),
        "duration": int(alert.lasting[:-1]) * IN_SECONDS[alert.lasting[-1]] == rule["duration"],
        "severity": labels_of(alert) == rule["labels"],
        "text": annotations_of(alert) == rule["annotations"],
    }
    return [what for what, is_same in same.items() if not is_same]
