"""What somebody should be told of, and what to do then. Busy is not among it."""

from metrics.definition import Alert
from metrics.signals.hdfs import (
    DATANODES_DEAD,
    DATANODES_STALE,
    FREE,
    MISSING,
    SAFE_MODE,
    UNDER_REPLICATED,
    USED,
)
from metrics.signals.hosts import DISK_FREE, DISK_USED, LOAD, MEMORY_PRESSURE, SKEW
from metrics.signals.jobs import REJECTED
from metrics.signals.monitoring import collecting, heap_used
from metrics.signals.yarn import LOST, UNHEALTHY

__all__ = ["ALERTS"]

DAY = 86_400
MASTERS = "namenode|resourcemanager"

ALERTS: tuple[Alert, ...] = (
    Alert(
        "TargetDown",
        "up == 0",
        "1m",
        "critical",
        "{{ $labels.job }} on {{ $labels.instance }} does not answer",
        "bin/doctor says what is wrong on {{ $labels.instance }}; bin/cluster up starts what has"
        " ended",
    ),
    Alert(
        "ExporterStale",
        "howdah_source_up == 0 or jmx_scrape_error > 0",
        "5m",
        "warning",
        "What {{ $labels.job }} on {{ $labels.instance }} tells is old or not all",
        "bin/doctor; if the daemons answer, look at the exporter's own log on"
        " {{ $labels.instance }}",
    ),
    Alert(
        "NotificationsFail",
        "sum by (instance, integration) (rate(alertmanager_notifications_failed_total[5m])) > 0",
        "1m",
        "critical",
        "Alerts can't be sent by {{ $labels.integration }}: who is to be told isn't",
        "The log of howdah-alertmanager on {{ $labels.instance }} says why; alert_webhook and"
        " alert_mail_smarthost in the inventory's cluster.yml name who takes them",
    ),
    Alert(
        "DataNodeDead",
        f"{DATANODES_DEAD} > 0",
        "1m",
        "critical",
        "DataNodes dead: {{ $value }}",
        "bin/cluster status names them; start the machine, or bin/cluster remove it: HDFS copies"
        " its blocks from the others meanwhile",
    ),
    Alert(
        "DataNodeStale",
        f"{DATANODES_STALE} > 0",
        "2m",
        "warning",
        "DataNodes silent: {{ $value }}",
        "bin/cluster status names them; look at their machines' load and network",
    ),
    Alert(
        "BlocksMissing",
        f"{MISSING} > 0",
        "1m",
        "critical",
        "Blocks missing: {{ $value }}; no DataNode has a copy",
        "Bring back the DataNodes that are down (bin/cluster status); until then, hadoop"
        " org.apache.hadoop.hdfs.tools.DFSck / names the files; if they don't come back, submit"
        " those jobs again",
    ),
    Alert(
        "BlocksUnderReplicated",
        f"{UNDER_REPLICATED} > 0",
        "30m",
        "warning",
        "Blocks with too few copies for half an hour: {{ $value }}",
        "HDFS copies them by itself if enough DataNodes live and have space: bin/cluster status",
    ),
    Alert(
        "SafeMode",
        f"{SAFE_MODE} > 0",
        "5m",
        "critical",
        "HDFS has been in safe mode for 5 minutes: no job can write",
        "bin/cluster status; if all DataNodes live and no block is missing, as user hdfs: hadoop"
        " org.apache.hadoop.hdfs.tools.DFSAdmin -safemode leave",
    ),
    Alert(
        "HdfsFull",
        f"{USED} > 0.9",
        "5m",
        "critical",
        "HDFS is {{ $value | humanizePercentage }} full",
        "bin/janitor --done-days 7 removes old results; bin/cluster add brings another worker",
    ),
    Alert(
        "HdfsFilling",
        f"{USED} > 0.6 and predict_linear({FREE}[6h], {2 * DAY}) < 0",
        "30m",
        "warning",
        "HDFS will be full within two days",
        "bin/janitor --done-days 7 removes old results; bin/cluster add brings another worker",
    ),
    Alert(
        "DiskFull",
        f"{DISK_USED} > 0.9",
        "5m",
        "critical",
        "{{ $labels.mountpoint }} of {{ $labels.instance }} is {{ $value | humanizePercentage }}"
        " full",
        "A NodeManager above 90 % takes no work: look for what is large on {{ $labels.instance }}"
        " (du -x {{ $labels.mountpoint }}); bin/janitor",
    ),
    Alert(
        "DiskFilling",
        f"{DISK_USED} > 0.6 and predict_linear({DISK_FREE}[6h], {DAY}) < 0",
        "30m",
        "warning",
        "{{ $labels.mountpoint }} of {{ $labels.instance }} will be full within a day",
        "Look for what grows on {{ $labels.instance }} (du -x {{ $labels.mountpoint }});"
        " bin/janitor",
    ),
    Alert(
        "NodeManagerLost",
        f"{LOST} > 0",
        "1m",
        "critical",
        "NodeManagers lost: {{ $value }}",
        "bin/cluster status names them; start the machine, or bin/cluster remove it: what ran there"
        " is run again elsewhere",
    ),
    Alert(
        "NodeManagerUnhealthy",
        f"{UNHEALTHY} > 0",
        "2m",
        "warning",
        "NodeManagers that take no work: {{ $value }}",
        "bin/cluster status says why, mostly a disk above 90 %: make space there",
    ),
    Alert(
        "HeapFull",
        f"min_over_time(({heap_used(MASTERS)})[10m:15s]) > 0.9",
        "5m",
        "warning",
        "The heap of the {{ $labels.job }} stays {{ $value | humanizePercentage }} full",
        "Set {{ $labels.job }}_heap_mb higher in the inventory's cluster.yml; bin/cluster up",
    ),
    Alert(
        "CollectingGarbage",
        f"{collecting(MASTERS)} > 0.1",
        "5m",
        "warning",
        "The {{ $labels.job }} spends {{ $value | humanizePercentage }} of its time collecting"
        " garbage",
        "Set {{ $labels.job }}_heap_mb higher in the inventory's cluster.yml; bin/cluster up",
    ),
    Alert(
        "LoadHigh",
        f"{LOAD} > 2",
        "15m",
        "warning",
        '{{ $labels.instance }} has a load of {{ $value | printf "%.1f" }} a core',
        "More runs on {{ $labels.instance }} than YARN gave it: look with top for what isn't a"
        " container, or give YARN fewer of its cores",
    ),
    Alert(
        "MemoryPressure",
        f"{MEMORY_PRESSURE} > 0.1",
        "5m",
        "warning",
        "Programs on {{ $labels.instance }} wait for memory"
        " {{ $value | humanizePercentage }} of the time",
        "Look with top on {{ $labels.instance }} for what takes it, or give YARN less of its"
        " memory",
    ),
    Alert(
        "ClockSkew",
        f"{SKEW} > 2",
        "5m",
        "warning",
        "The clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} off",
        "timedatectl on {{ $labels.instance }} and on the host: both should follow a time server",
    ),
    Alert(
        "JobFailed",
        'sum by (pipeline, model) (increase(howdah_jobs_ended_total{state="failed"}[5m])) > 0',
        "0m",
        "warning",
        "A job of {{ $labels.pipeline }} with {{ $labels.model }} has failed",
        "bin/status names it; bin/logs with its name says why",
    ),
    Alert(
        "QueueStuck",
        'max(howdah_queue_seconds) > 600 and sum(howdah_jobs{state="running"}) == 0',
        "1m",
        "critical",
        "A job has waited for {{ $value | humanizeDuration }} while none runs",
        "bin/doctor; the ResourceManager's page says what the job waits for",
    ),
    Alert(
        "NoProgress",
        "max(howdah_seconds_without_progress) > 600",
        "1m",
        "warning",
        "A running job has been as far as it is for {{ $value | humanizeDuration }}",
        "bin/status names it; bin/logs says where it is; bin/cancel ends it",
    ),
    Alert(
        "RejectedHigh",
        f"{REJECTED} > 0.01",
        "1m",
        "warning",
        "{{ $value | humanizePercentage }} of the records of {{ $labels.pipeline }} with"
        " {{ $labels.model }} could not be scored",
        "bin/getresults, then rejected.tsv: it says for each record why",
    ),
)
