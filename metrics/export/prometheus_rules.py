"""Prometheus' rules: the alerts, as the YAML that it reads, and whether it has them so."""

from metrics.catalog import ALERTS
from metrics.definition import Alert

__all__ = ["rules_yaml"]

GROUP = "howdah"


def rules_yaml() -> str:
    """The file of rules."""
    import yaml  # here, so that screens and checks start without it

    rules = [
        {
            "alert": alert.name,
            "expr": alert.expression,
            "for": alert.lasting,
            "labels": labels_of(alert),
            "annotations": annotations_of(alert),
        }
        for alert in ALERTS
    ]
    groups = {"groups": [{"name": GROUP, "rules": rules}]}
    written: str = yaml.safe_dump(groups, sort_keys=False, width=1000)
    return written


def labels_of(alert: Alert) -> dict[str, str]:
    return {"severity": alert.severity}


def annotations_of(alert: Alert) -> dict[str, str]:
    return {"summary": alert.summary, "runbook": alert.runbook}
