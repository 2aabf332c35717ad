"""Prometheus' rules: the alerts, as the YAML that it reads."""

from metrics.signals import ALERTS

__all__ = ["rules_yaml"]


def rules_yaml() -> str:
    """The file of rules."""
    import yaml  # here, so that screens and checks start without it

    rules = [
        {
            "alert": alert.name,
            "expr": alert.expression,
            "for": alert.lasting,
            "labels": {"severity": alert.severity},
            "annotations": {"summary": alert.summary, "runbook": alert.runbook},
        }
        for alert in ALERTS
    ]
    groups = {"groups": [{"name": "howdah", "rules": rules}]}
    written: str = yaml.safe_dump(groups, sort_keys=False, width=1000)
    return written
