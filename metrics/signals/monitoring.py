"""Signals of the watching itself, and of the Java machines of all daemons."""

from metrics.definition import Signal

__all__ = ["SIGNALS", "collecting", "heap_used"]

FIRING = 'ALERTS{alertstate="firing"}'


def heap_used(daemons: str) -> str:
    """The share of its heap that each of ``daemons`` (job names, a regular expression) uses."""
    by = "by (job, instance)"
    which = f'area="heap", job=~"{daemons}"'
    return (
        f"sum {by} (jvm_memory_used_bytes{{{which}}}) / sum {by} (jvm_memory_max_bytes{{{which}}})"
    )


def collecting(daemons: str) -> str:
    """The share of time that each of ``daemons`` spends collecting garbage."""
    rate = f'rate(jvm_gc_collection_seconds_sum{{job=~"{daemons}"}}[5m])'
    return f"sum by (job, instance) ({rate})"


def _java(kind: str, title: str, daemons: str) -> tuple[Signal, Signal]:
    return (
        Signal(
            f"{kind}_heap",
            f"{title} heaps",
            heap_used(daemons),
            "percentunit",
            "Share of a daemon's heap in use. It rises until garbage is collected; only if it stays"
            " high is the heap too small.",
            "{{job}} {{instance}}",
            warn=0.9,
            critical=0.97,
        ),
        Signal(
            f"{kind}_collecting",
            f"{title} garbage collection",
            collecting(daemons),
            "percentunit",
            "Share of time that a daemon spends collecting garbage; little else happens meanwhile.",
            "{{job}} {{instance}}",
            warn=0.05,
            critical=0.1,
        ),
    )


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "alerts_firing",
        "Alerts",
        f"count({FIRING}) or vector(0)",
        "none",
        "Alerts that fire now.",
        warn=1,
        critical=3,
    ),
    Signal(
        "alerts",
        "Firing",
        f"count by (alertname, severity, instance) ({FIRING})"
        ' or on () label_replace(vector(0), "alertname", "none", "", "")',
        "none",
        "Which alerts fire now, and where; none, if all is well.",
        "{{alertname}} {{severity}} {{instance}}",
        warn=1,
    ),
    Signal(
        "targets_down",
        "Targets down",
        "count(up == 0) or vector(0)",
        "none",
        "Daemons and exporters that don't answer Prometheus.",
        warn=1,
        critical=1,
    ),
    *_java("hdfs", "HDFS", "namenode|secondarynamenode|datanode"),
    *_java("yarn", "YARN", "resourcemanager|nodemanager|historyserver"),
)
