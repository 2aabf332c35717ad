"""Every signal, dashboard and alert, once: Grafana, Prometheus and bin/top take them from here.

Expressions are PromQL. A signal gives one series, or one for each value of the labels named in
its ``legend``. Units are Grafana's ids: ``percentunit`` (0 to 1), ``bytes``, ``Bps``, ``s``,
``short``, ``ops``, ``none``. What is unknown has no series: a 0 is a 0 that was seen.
"""

from metrics.alerts import ALERTS
from metrics.dashboards import DASHBOARDS
from metrics.definition import Signal
from metrics.signals import hdfs, hosts, jobs, monitoring, yarn

__all__ = ["ALERTS", "DASHBOARDS", "SIGNALS"]

SIGNALS: dict[str, Signal] = {
    signal.name: signal for part in (monitoring, hosts, hdfs, yarn, jobs) for signal in part.SIGNALS
}
