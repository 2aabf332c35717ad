"""The alerts that fire or have fired, in the words of metrics.signals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from metrics.catalog import ALERTS
from metrics.series import Series

__all__ = ["FiringAlert", "last_firing"]

OWN = ("__name__", "alertname", "alertstate", "severity")
LABEL = re.compile(r"\{\{\s*\$labels\.(\w+)\s*\}\}")
VALUE = re.compile(r"\{\{[^}]*\}\}")


@dataclass(frozen=True)
class FiringAlert:
    """An alert that fired from ``start`` to ``end``, in Unix seconds, and before that, to have
    fired so many ``times``; ``runbook``: what to do."""

    name: str
    severity: str
    summary: str
    runbook: str
    start: float
    end: float
    times: int = 1


def last_firing(series: Series, pause: float) -> FiringAlert:
    """The last time without a pause longer than ``pause`` seconds."""
    labels = series.labels
    name = labels["alertname"]
    known = {alert.name: alert for alert in ALERTS}.get(name)
    others = ", ".join(f"{key} {labels[key]}" for key in labels if key not in OWN)
    starts = [at for before, at in pairwise((-inf, *series.times)) if at - before > pause]
    return FiringAlert(
        name=name,
        severity=labels.get("severity", ""),
        summary=_fill(known.summary, labels) if known else f"{name}: {others}".strip(": "),
        runbook=_fill(known.runbook, labels) if known else "",
        start=starts[-1],
        end=series.times[-1],
        times=len(starts),
    )


def _fill(text: str, labels: Mapping[str, str]) -> str:
    """Put labels where Prometheus's template names them; a value that was is no longer known."""
    return VALUE.sub("…", LABEL.sub(lambda found: labels.get(found[1], ""), text))
