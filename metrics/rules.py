"""Prometheus' rules: the alerts, as the YAML that it reads, and whether it has them so."""

from collections.abc import Iterator
from typing import Any

from metrics.definition import Alert
from metrics.prometheus import Prometheus
from metrics.signals import ALERTS
from metrics.units import IN_SECONDS

__all__ = ["faults", "rules_yaml"]

GROUP = "howdah"


def rules_yaml() -> str:
    """The file of rules."""
    import yaml  # here, so that screens and checks start without it

    rules = [
        {
            "alert": alert.name,
            "expr": alert.expression,
            "for": alert.lasting,
            "labels": _labels(alert),
            "annotations": _annotations(alert),
        }
        for alert in ALERTS
    ]
    groups = {"groups": [{"name": GROUP, "rules": rules}]}
    written: str = yaml.safe_dump(groups, sort_keys=False, width=1000)
    return written


def faults(prometheus: Prometheus) -> Iterator[tuple[str, str]]:
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
        "severity": _labels(alert) == rule["labels"],
        "text": _annotations(alert) == rule["annotations"],
    }
    return [what for what, is_same in same.items() if not is_same]


def _labels(alert: Alert) -> dict[str, str]:
    return {"severity": alert.severity}


def _annotations(alert: Alert) -> dict[str, str]:
    return {"summary": alert.summary, "runbook": alert.runbook}
