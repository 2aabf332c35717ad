"""The five dashboards: which signals stand where."""

from dataclasses import dataclass

from metrics.definition import Dashboard, Panel

__all__ = ["DASHBOARDS", "SECTIONS", "Section"]


def _stats(*signals: tuple[str, str], width: int) -> tuple[Panel, ...]:
    return tuple(Panel(title, "stat", (signal,), width) for title, signal in signals)


OVERVIEW = Dashboard(
    "howdah-overview",
    "Overview",
    "Is it well, is it busy, what runs, what is next?",
    (
        _stats(
            ("Alerts", "alerts_firing"),
            ("Targets down", "targets_down"),
            ("DataNodes dead", "datanodes_dead"),
            ("Blocks missing", "blocks_missing"),
            ("NodeManagers lost", "nodemanagers_lost"),
            ("NodeManagers unhealthy", "nodemanagers_unhealthy"),
            width=4,
        ),
        (
            Panel("CPU", "graph", ("cpu_busy",), 8),
            Panel("Load a core", "graph", ("load",), 8),
            Panel("YARN given out", "graph", ("yarn_cores_used", "yarn_memory_used"), 8),
        ),
        _stats(
            ("Jobs running", "jobs_running"),
            ("Records now", "records_now"),
            ("Maps done", "map_progress"),
            ("Reduces done", "reduce_progress"),
            ("Without progress", "without_progress"),
            ("Jobs failed in a day", "jobs_failed"),
            width=4,
        ),
        _stats(
            ("Jobs waiting", "jobs_waiting"),
            ("Longest wait", "queue_wait"),
            ("Containers waiting", "containers_pending"),
            ("HDFS full in", "hdfs_time_to_full"),
            width=4,
        )
        + (Panel("HDFS used", "gauge", ("hdfs_used",), 8),),
        (Panel("Alerts that fire", "table", ("alerts",), 24),),
    ),
)

HOSTS = Dashboard(
    "howdah-hosts",
    "Hosts",
    "How busy is each machine, and what will run out?",
    (
        (
            Panel(
                "Now",
                "table",
                ("load", "cpu_busy", "memory_used", "memory_pressure", "disk_busy", "clock_skew"),
                14,
            ),
            Panel("Disk space", "table", ("disk_used", "disk_time_to_full"), 10),
        ),
        (
            Panel("Load a core", "graph", ("load",), 8),
            Panel("CPU", "graph", ("cpu_busy",), 8),
            Panel("Memory", "graph", ("memory_used",), 8),
        ),
        (
            Panel("CPU pressure", "graph", ("cpu_pressure",), 8),
            Panel("Memory pressure", "graph", ("memory_pressure",), 8),
            Panel("Disk pressure", "graph", ("io_pressure",), 8),
        ),
        (
            Panel("Disk read", "graph", ("disk_read",), 6),
            Panel("Disk written", "graph", ("disk_written",), 6),
            Panel("Network received", "graph", ("network_received",), 6),
            Panel("Network sent", "graph", ("network_sent",), 6),
        ),
        (
            Panel("Disk space used", "graph", ("disk_used",), 12),
            Panel("Killed for memory in an hour", "graph", ("killed_for_memory",), 12),
        ),
    ),
)

HDFS = Dashboard(
    "howdah-hdfs",
    "HDFS",
    "Is every block there, and how long will the space last?",
    (
        _stats(
            ("Safe mode", "hdfs_safe_mode"),
            ("DataNodes live", "datanodes_live"),
            ("DataNodes stale", "datanodes_stale"),
            ("DataNodes dead", "datanodes_dead"),
            ("Blocks missing", "blocks_missing"),
            ("Under-replicated", "blocks_under_replicated"),
            ("Volumes failed", "volumes_failed"),
            ("Last checkpoint", "checkpoint_age"),
            width=3,
        ),
        (Panel("HDFS used", "gauge", ("hdfs_used",), 6),)
        + _stats(
            ("Free", "hdfs_free"),
            ("In use", "hdfs_files_size"),
            ("Full in", "hdfs_time_to_full"),
            ("Files", "files"),
            ("Blocks", "blocks"),
            width=3,
        )
        + _stats(("Calls wait", "namenode_waiting"), width=3),
        (
            Panel("DataNodes used", "graph", ("datanode_used",), 8),
            Panel("Read", "graph", ("datanode_read",), 8),
            Panel("Written", "graph", ("datanode_written",), 8),
        ),
        (
            Panel("NameNode's calls", "graph", ("namenode_calls",), 8),
            Panel("Heaps", "graph", ("hdfs_heap",), 8),
            Panel("Garbage collection", "graph", ("hdfs_collecting",), 8),
        ),
    ),
)

YARN = Dashboard(
    "howdah-yarn",
    "YARN",
    "Which workers take work, and what waits for them?",
    (
        _stats(
            ("Workers active", "nodemanagers_active"),
            ("Workers lost", "nodemanagers_lost"),
            ("Workers unhealthy", "nodemanagers_unhealthy"),
            ("Workers leaving", "nodemanagers_leaving"),
            ("Applications running", "applications_running"),
            ("Applications waiting", "applications_pending"),
            ("Containers waiting", "containers_pending"),
            ("Calls wait", "resourcemanager_waiting"),
            width=3,
        ),
        (
            Panel("Given out", "graph", ("yarn_cores_used", "yarn_memory_used"), 12),
            Panel("Containers", "graph", ("containers_running", "containers_pending"), 12),
        ),
        (
            Panel(
                "Workers",
                "table",
                (
                    "node_containers",
                    "node_cores_free",
                    "node_memory_free",
                    "node_containers_failed",
                    "container_start",
                ),
                12,
            ),
            Panel("Containers by worker", "graph", ("node_containers",), 12),
        ),
        (
            Panel("Heaps", "graph", ("yarn_heap",), 12),
            Panel("Garbage collection", "graph", ("yarn_collecting",), 12),
        ),
    ),
)

JOBS = Dashboard(
    "howdah-jobs",
    "Jobs",
    "What do the jobs do, how fast, and what did the last ones cost?",
    (
        _stats(
            ("Running", "jobs_running"),
            ("Waiting", "jobs_waiting"),
            ("Longest wait", "queue_wait"),
            ("Records now", "records_now"),
            ("Maps done", "map_progress"),
            ("Reduces done", "reduce_progress"),
            ("Without progress", "without_progress"),
            ("Failed in a day", "jobs_failed"),
            width=3,
        ),
        (
            Panel("Records now", "graph", ("records_now",), 8),
            Panel("Progress", "graph", ("map_progress", "reduce_progress"), 8),
            Panel("Jobs", "graph", ("jobs",), 8),
        ),
        (
            Panel(
                "Newest ended jobs",
                "table",
                (
                    "last_job_seconds",
                    "last_job_wait_seconds",
                    "last_job_records",
                    "last_job_rejected_ratio",
                    "last_job_records_per_second",
                    "last_job_core_seconds",
                    "last_job_memory_mb_seconds",
                ),
                24,
            ),
        ),
        (
            Panel("Records of ended jobs", "graph", ("records",), 8),
            Panel("Input of ended jobs", "graph", ("input_bytes",), 8),
            Panel("Seconds by phase, in an hour", "graph", ("phases",), 8),
        ),
        (
            Panel("Rejected in an hour", "graph", ("rejected_records",), 6),
            Panel("Attempts in vain, in an hour", "graph", ("attempts",), 6),
            Panel("Jobs ended in a day", "graph", ("jobs_ended",), 5),
            Panel("Exporter's sources", "stat", ("sources_up",), 4),
            Panel("A look takes", "stat", ("scrape_seconds",), 3),
        ),
    ),
)

DASHBOARDS: tuple[Dashboard, ...] = (OVERVIEW, HOSTS, HDFS, YARN, JOBS)


@dataclass(frozen=True)
class Section:
    """Numbers, the most telling first; then a table with a row for each value of ``by``.

    ``corner`` says what the rows are.
    """

    title: str
    numbers: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    corner: str = ""


SECTIONS = (
    Section(
        "Hosts",
        ("alerts_firing", "targets_down"),
        (
            "cpu_busy", "load", "memory_used", "disk_used", "node_containers", "datanode_used",
            "io_pressure", "memory_pressure", "disk_read", "disk_written", "network_received",
            "network_sent", "clock_skew",
        ),
        ("instance",),
    ),
    Section(
        "HDFS",
        (
            "hdfs_used", "hdfs_free", "datanodes_live", "datanodes_stale", "datanodes_dead",
            "blocks_missing", "blocks_under_replicated", "hdfs_safe_mode", "hdfs_time_to_full",
            "volumes_failed",
        ),
    ),
    Section(
        "YARN",
        (
            "yarn_cores_used", "yarn_memory_used", "containers_running", "containers_pending",
            "nodemanagers_active", "nodemanagers_lost", "nodemanagers_unhealthy",
            "applications_running", "applications_pending",
        ),
    ),
    Section(
        "Jobs",
        (
            "jobs_running", "jobs_waiting", "records_now", "map_progress", "reduce_progress",
            "queue_wait", "without_progress", "jobs_failed",
        ),
        (
            "last_job_seconds", "last_job_wait_seconds", "last_job_records",
            "last_job_records_per_second", "last_job_rejected_ratio", "last_job_core_seconds",
        ),
        ("pipeline", "model"),
        "last job",
    ),
)  # fmt: skip
