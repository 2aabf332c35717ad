"""The alerts that fire or have fired, in the words of metrics.signals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from metrics.prometheus import Prometheus, Series
from metrics.signals import ALERTS

__all__ = ["Firing", "firing_between", "firing_now"]

EXPRESSION = 'ALERTS{alertstate="firing"}'
OWN = ("__name__", "alertname", "alertstate", "severity")
LABEL = re.compile(r"\{\{\s*\$labels\.(\w+)\s*\}\}")
VALUE = re.compile(r"\{\{[^}]*\}\}")


@dataclass(frozen=True)
class Firing:
    """An alert that fired from ``start`` to ``end``, in Unix seconds, and before that, to have
    fired so many ``times``; ``runbook``: what to do."""

    name: str
    severity: str
    summary: str
    runbook: str
    start: float
    end: float
    times: int = 1


def firing_now(prometheus: Prometheus) -> list[Firing]:
    """Those that fire, the critical ones first."""
    return _read(prometheus.now(EXPRESSION), 0)


def firing_between(
    prometheus: Prometheus, start: float, end: float, step: float
) -> list[Firing] | None:
    """Those that fired from ``start`` to ``end``; None where Prometheus had no rules then."""
    if not prometheus.between("sum(prometheus_rule_group_rules) > 0", start, end, step):
        return None
    return _read(prometheus.between(EXPRESSION, start, end, step), 1.5 * step)


def _read(found: list[Series], pause: float) -> list[Firing]:
    fired = [_firing(series, pause) for series in found]
    return sorted(fired, key=lambda one: (one.severity != "critical", -one.end, one.summary))


def _firing(series: Series, pause: float) -> Firing:
    """The last time without a pause longer than ``pause`` seconds."""
    labels = series.labels
    name = labels["alertname"]
    known = {alert.name: alert for alert in ALERTS}.get(name)
    others = ", ".join(f"{key} {labels[key]}" for key in labels if key not in OWN)
    starts = [at for before, at in pairwise((-inf, *series.times)) if at - before > pause]
    return Firing(
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
