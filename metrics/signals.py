"""Every signal, dashboard and alert, once: Grafana, Prometheus, bin/top and the docs read them here.

Expressions are PromQL. A signal gives one series, or one for each value of the labels named in
its ``legend``. Units are Grafana's ids: ``percentunit`` (0 to 1), ``bytes``, ``Bps``, ``s``,
``short``, ``ops``, ``none``.
"""

from dataclasses import dataclass

__all__ = ["ALERTS", "DASHBOARDS", "SIGNALS", "Alert", "Dashboard", "Panel", "Signal"]


@dataclass(frozen=True)
class Signal:
    """One thing worth knowing.

    ``warn`` and ``critical`` are the values from which it is yellow and red (below which, where
    ``low_is_bad``); None: its value is neither good nor bad. ``legend``: "{{instance}}".
    """

    name: str
    title: str
    expression: str
    unit: str
    description: str
    legend: str = ""
    warn: float | None = None
    critical: float | None = None
    low_is_bad: bool = False


@dataclass(frozen=True)
class Panel:
    """Signals drawn in one frame: ``kind`` is "stat", "gauge", "graph" or "table"."""

    title: str
    kind: str
    signals: tuple[str, ...]
    width: int = 6  # of Grafana's 24 columns


@dataclass(frozen=True)
class Dashboard:
    """A page: ``uid`` is also the name of its file, and what links point at."""

    uid: str
    title: str
    description: str
    rows: tuple[tuple[Panel, ...], ...]


@dataclass(frozen=True)
class Alert:
    """Fires when ``expression`` has had a result for ``lasting``; ``runbook``: what to do, a line."""

    name: str
    expression: str
    lasting: str
    severity: str  # "warning" or "critical"
    summary: str
    runbook: str


SIGNALS: dict[str, Signal] = {
    signal.name: signal
    for signal in (
        Signal(
            "cpu_busy",
            "CPU",
            '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))',
            "percentunit",
            "Share of a machine's processor time in use. Busy is what the cluster is for.",
            "{{instance}}",
        ),
        Signal(
            "hdfs_used",
            "HDFS used",
            'sum(hadoop_namenode_capacityused{name="FSNamesystem"})'
            ' / sum(hadoop_namenode_capacitytotal{name="FSNamesystem"})',
            "percentunit",
            "Share of HDFS's space that its files take, all copies counted.",
            warn=0.75,
            critical=0.9,
        ),
    )
}

DASHBOARDS: tuple[Dashboard, ...] = (
    Dashboard(
        "howdah-overview",
        "Overview",
        "Is it well, is it busy, what runs, what is next?",
        ((Panel("CPU", "graph", ("cpu_busy",), 12), Panel("HDFS", "gauge", ("hdfs_used",))),),
    ),
)

ALERTS: tuple[Alert, ...] = (
    Alert(
        "TargetDown",
        "up == 0",
        "1m",
        "critical",
        "{{ $labels.job }} on {{ $labels.instance }} does not answer",
        "bin/doctor says what is wrong on {{ $labels.instance }}",
    ),
)
