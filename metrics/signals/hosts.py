"""Signals of the machines, as prometheus-node-exporter tells them."""

from metrics.definition import Signal

__all__ = ["DISK_FREE", "DISK_USED", "LOAD", "MEMORY_PRESSURE", "SIGNALS", "SKEW", "time_to_full"]

YEAR = 365 * 86_400
DISK = 'fstype!~"tmpfs|ramfs|squashfs"'
DEVICES = 'device!~"lo|veth.*|docker.*|virbr.*"'
CORES = 'count by (instance) (node_cpu_seconds_total{mode="idle"})'
LOAD = f"node_load1 / on (instance) {CORES}"
DISK_FREE = f"node_filesystem_avail_bytes{{{DISK}}}"
DISK_USED = f"1 - {DISK_FREE} / node_filesystem_size_bytes{{{DISK}}}"
MEMORY_PRESSURE = "rate(node_pressure_memory_waiting_seconds_total[5m])"
# How far off a clock is from that of Prometheus' host, which notes when it asked
SKEW = "abs(node_time_seconds - timestamp(node_time_seconds))"


def time_to_full(free: str) -> str:
    """Seconds until nothing is left of ``free``, a selector, if it goes on as it did for 6 h.

    What is known of a shorter time counts as all that happened in 6 h: a cluster's first minutes
    would promise too much, or too little.
    """
    return f"clamp_max({free} / clamp_min(-delta({free}[6h]) / {6 * 3600}, 1), {YEAR})"


def _rate(what: str, selector: str = "") -> str:
    return f"sum by (instance) (rate({what}{selector}[1m]))"


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "cpu_busy",
        "CPU",
        '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))',
        "percentunit",
        "Share of a machine's processor time in use. Busy is what the cluster is for.",
        "{{instance}}",
    ),
    Signal(
        "load",
        "Load a core",
        LOAD,
        "short",
        "Processes that run or wait to, for each core. Above 1 they wait for each other.",
        "{{instance}}",
        warn=1.5,
        critical=2,
    ),
    Signal(
        "memory_used",
        "Memory",
        "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
        "percentunit",
        "Share of a machine's memory that can't be had without swapping.",
        "{{instance}}",
        warn=0.9,
        critical=0.97,
    ),
    Signal(
        "cpu_pressure",
        "CPU pressure",
        "rate(node_pressure_cpu_waiting_seconds_total[1m])",
        "percentunit",
        "Share of time in which something waited for a core.",
        "{{instance}}",
    ),
    Signal(
        "memory_pressure",
        "Memory pressure",
        MEMORY_PRESSURE,
        "percentunit",
        "Share of time in which something waited for memory: the machine swaps or reads its"
        " programs again.",
        "{{instance}}",
        warn=0.05,
        critical=0.1,
    ),
    Signal(
        "io_pressure",
        "Disk pressure",
        "rate(node_pressure_io_waiting_seconds_total[1m])",
        "percentunit",
        "Share of time in which something waited for a disk.",
        "{{instance}}",
    ),
    Signal(
        "killed_for_memory",
        "Killed for memory",
        "round(increase(node_vmstat_oom_kill[1h]))",
        "none",
        "Processes that the kernel has killed within an hour because a machine or a container had"
        " no memory left.",
        "{{instance}}",
        warn=1,
    ),
    Signal(
        "disk_used",
        "Disk space used",
        DISK_USED,
        "percentunit",
        "Share of a file system in use. A NodeManager takes no work above 90 %.",
        "{{instance}} {{mountpoint}}",
        warn=0.8,
        critical=0.9,
    ),
    Signal(
        "disk_time_to_full",
        "Disk full in",
        time_to_full(DISK_FREE),
        "s",
        "When a file system will be full if it goes on filling as in the last 6 hours; a year if"
        " it doesn't fill.",
        "{{instance}} {{mountpoint}}",
        warn=3 * 86_400,
        critical=86_400,
        low_is_bad=True,
    ),
    Signal(
        "disk_busy",
        "Disk busy",
        "max by (instance) (rate(node_disk_io_time_seconds_total[1m]))",
        "percentunit",
        "Share of time in which a machine's busiest disk had something to do.",
        "{{instance}}",
    ),
    Signal(
        "disk_read",
        "Read",
        _rate("node_disk_read_bytes_total", '{device!~"dm-.*|md.*"}'),
        "Bps",
        "What a machine reads from its disks.",
        "{{instance}}",
    ),
    Signal(
        "disk_written",
        "Written",
        _rate("node_disk_written_bytes_total", '{device!~"dm-.*|md.*"}'),
        "Bps",
        "What a machine writes to its disks.",
        "{{instance}}",
    ),
    Signal(
        "network_received",
        "Received",
        _rate("node_network_receive_bytes_total", f"{{{DEVICES}}}"),
        "Bps",
        "What a machine receives from the network.",
        "{{instance}}",
    ),
    Signal(
        "network_sent",
        "Sent",
        _rate("node_network_transmit_bytes_total", f"{{{DEVICES}}}"),
        "Bps",
        "What a machine sends to the network.",
        "{{instance}}",
    ),
    Signal(
        "clock_skew",
        "Clock off by",
        SKEW,
        "s",
        "How far a machine's clock is off from that of Prometheus' host.",
        "{{instance}}",
        warn=1,
        critical=2,
    ),
)
