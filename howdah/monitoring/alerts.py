"""The alerts that fire, or have fired, as Prometheus knows them."""

from howdah.monitoring.prometheus import Prometheus
from metrics.firing import FiringAlert, last_firing
from metrics.series import Series

__all__ = ["EXPRESSION", "firing_between", "firing_now"]

EXPRESSION = 'ALERTS{alertstate="firing"}'


def firing_now(prometheus: Prometheus) -> list[FiringAlert]:
    """Those that fire, the critical ones first."""
    return _read(prometheus.now(EXPRESSION), 0)


def firing_between(
    prometheus: Prometheus, start: float, end: float, step: float
) -> list[FiringAlert] | None:
    """Those that fired from ``start`` to ``end``; None where Prometheus had no rules then."""
    if not prometheus.between("sum(prometheus_rule_group_rules) > 0", start, end, step):
        return None
    return _read(prometheus.between(EXPRESSION, start, end, step), 1.5 * step)


def _read(found: list[Series], pause: float) -> list[FiringAlert]:
    fired = [last_firing(series, pause) for series in found]
    return sorted(fired, key=lambda one: (one.severity != "critical", -one.end, one.summary))
