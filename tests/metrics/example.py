"""Five hosts over three hours: signals of every kind of panel, and values worth a look."""

import math
from random import Random

from metrics.definition import Alert, Dashboard, Panel, Signal

HOSTS = ("host", "worker1", "worker2", "worker3", "worker10")
SIGNALS = {
    signal.name: signal
    for signal in (
        Signal("busy", "CPU", "example_busy", "percentunit", "Processor time.", "{{instance}}"),
        Signal("load", "Load a core", "example_load", "none", "Waiting work.", "{{instance}}",
               warn=1.5, critical=2),
        Signal("disk", "Disk used", "example_disk", "percentunit", "Of /data.", "{{instance}}",
               warn=0.75, critical=0.9),
        Signal("days", "Days to full", "example_days", "d", "At this rate.", "{{instance}}",
               warn=7, critical=2, low_is_bad=True),
        Signal("read", "Read", "example_read", "Bps", "From disks.", "{{instance}}"),
        Signal("used", "HDFS used", "example_used", "percentunit", "All copies.",
               warn=0.75, critical=0.9),
        Signal("free", "HDFS free", "example_free", "bytes", "For new files."),
        Signal("missing", "Missing blocks", "example_missing", "none", "No copy is left.",
               warn=1, critical=1),
        Signal("rate", "Records a second", "example_rate", "ops", "Scored now."),
        Signal("wait", "Queue wait", "example_wait", "s", "The longest.", warn=120, critical=600),
        Signal("phase", "Seconds", "example_phase", "short", "In a phase.", "{{phase}}"),
        Signal("last", "Last job", "example_last", "s", "How long.", "{{pipeline}} {{model}}"),
        Signal("none", "Nothing", "example_none", "none", "It never is."),
    )
}  # fmt: skip
DASHBOARDS = (
    Dashboard("example-overview", "Overview", "Is it well, is it busy?", (
        (
            Panel("HDFS", "gauge", ("used",), 4),
            Panel("Blocks", "stat", ("missing",), 4),
            Panel("Records", "stat", ("rate",), 4),
            Panel("Waiting", "stat", ("wait",), 4),
            Panel("Space and more", "stat", ("free", "last", "none"), 8),
        ),
        (Panel("CPU", "graph", ("busy",), 12), Panel("Load a core", "graph", ("load",), 12)),
    )),
    Dashboard("example-hosts", "Hosts & disks", "Machine by machine <now>", (
        (
            Panel("Hosts", "table", ("busy", "load", "disk", "days", "read"), 16),
            Panel("Disks", "gauge", ("disk",), 8),
        ),
        (
            Panel("Phases", "graph", ("phase",), 8),
            Panel("Records", "graph", ("rate",), 5),
            Panel("Nothing", "graph", ("none",), 11),
        ),
        (
            Panel("In all", "table", ("used", "free", "missing", "none"), 8),
            Panel("Read", "graph", ("read",), 16),
        ),
    )),
)  # fmt: skip
ALERTS = (
    Alert("DiskFull", "example_disk > 0.9", "0s", "critical",
          "{{ $labels.instance }} has a full disk ({{ $value }})", "bin/janitor makes room"),
)  # fmt: skip
HOURS = 3
STEP = 15


def exposition(start: int, end: int) -> str:
    """The values each 15 s from ``start`` to ``end``, as OpenMetrics."""
    families: dict[str, list[str]] = {}
    for at in range(start, end + 1, STEP):
        for series, value in values((end - at) / 60).items():
            name = series.partition("{")[0]
            families.setdefault(name, [f"# TYPE {name} gauge"])
            families[name].append(f"{series} {value:.6g} {at}")
    return "\n".join([line for lines in families.values() for line in lines] + ["# EOF", ""])


def now() -> str:
    """The values that all ends with, as a target shows them."""
    return "".join(f"{series} {value}\n" for series, value in values(0).items())


def values(ago: float) -> dict[str, float]:
    """Each series' value so many minutes before the end; the same whenever that is."""
    scores = 20 < ago < 80 or ago < 12
    found = {
        _series("used"): 0.78 - 0.001 * ago,
        _series("free"): 3.1e12 + 1e9 * ago,
        _series("missing"): float(30 < ago < 36),
        _series("rate"): (41_250 + 3000 * math.sin(ago)) * scores,
        _series("wait"): max(0.0, 5 * (40 - ago)),
    }
    for number, host in enumerate(HOSTS):
        if host == "worker3" and 85 < ago < 100:  # it was down
            continue
        noise = Random(f"{host} {ago:.2f}").random()
        busy = (0.82 + 0.15 * noise if number else 0.2) if scores else 0.03 + 0.05 * noise
        found[_series("busy", host)] = busy
        found[_series("load", host)] = busy * (1.15 + (number == 2)) + 0.2 * noise
        found[_series("disk", host)] = 0.3 + 0.17 * number - 0.0006 * ago
        found[_series("days", host)] = math.inf if number == 1 else 64 / 2 ** (2 * number - 1)
        found[_series("read", host)] = (3e7 + 2e7 * noise) * (busy > 0.5) + 4e3 * noise
    for phase, share in (("load", 3), ("parse", 22), ("predict", 61), ("write", 14)):
        found[_series("phase", phase=phase)] = share * (HOURS * 60 - ago) / 7
    for model, seconds in (("moderation", 431.0), ("churn", 92.4)):
        found[_series("last", pipeline="text", model=model)] = seconds
    return found


def _series(name: str, host: str = "host", **labels: str) -> str:
    told = {"job": "example", "instance": host} | labels
    inner = ",".join(f'{key}="{value}"' for key, value in told.items())
    return f"example_{name}{{{inner}}}"
