"""Whether Prometheus has what every panel and every alert asks it for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from howdah.errors import ClusterError
from metrics.prometheus import Prometheus
from metrics.signals import ALERTS, DASHBOARDS, SIGNALS

__all__ = ["Expression", "Gap", "expressions", "gaps"]

QUOTED_OR_COMPARISON = re.compile(r'("[^"]*"|\{[^}]*\})|(==|!=|>=|<=|>|<)')


@dataclass(frozen=True)
class Expression:
    """What is asked, and for which signal or alert; ``until`` is the signal's."""

    asked_for: str
    promql: str
    until: str = ""


@dataclass(frozen=True)
class Gap:
    """An expression without data, and why, as far as that is known."""

    expression: Expression
    reason: str


def expressions() -> Iterator[Expression]:
    """Those of all panels, then those of all alerts."""
    for name in dict.fromkeys(name for board in DASHBOARDS for name in board.signals):
        signal = SIGNALS[name]
        yield Expression(f"signal {name}", signal.expression, signal.until)
    for alert in ALERTS:
        yield Expression(f"alert {alert.name}", _answered(alert.expression))


def gaps(prometheus: Prometheus) -> list[Gap]:
    """Every expression that has no data now; raises ClusterError where Prometheus is down."""
    prometheus.now("vector(1)")
    return [
        Gap(expression, reason)
        for expression in expressions()
        if (reason := _reason(prometheus, expression))
    ]


def _reason(prometheus: Prometheus, expression: Expression) -> str:
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
