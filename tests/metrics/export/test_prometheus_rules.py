"""The alert rules, run by Prometheus' own promtool over hand-written series."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from metrics.catalog import ALERTS
from metrics.export.prometheus_rules import rules_yaml
from tests.metrics.serving import promtool

JOB = {"pipeline": "moderation", "model": "moderation"}
NAMENODE = {"job": "namenode", "instance": "host"}
FSNAMESYSTEM = NAMENODE | {"name": "FSNamesystem"}
NODES = NAMENODE | {"name": "FSNamesystemState"}
RESOURCEMANAGER = {"job": "resourcemanager", "instance": "host"}
CLUSTER = RESOURCEMANAGER | {"name": "ClusterMetrics"}
EXPORTER = {"job": "howdah", "instance": "host"}
HOST = {"job": "alertmanager", "instance": "host"}
NODE = {"job": "node", "instance": "anna"}
DISK = NODE | {"device": "/dev/vda1", "fstype": "ext4", "mountpoint": "/"}


def one(metric: str, *labels: dict[str, str], **more: str) -> str:
    """A series' name."""
    pairs = [pair for group in (*labels, more) for pair in group.items()]
    return metric + "{" + ",".join(f'{name}="{value}"' for name, value in pairs) + "}"


def then(*parts: tuple[str, int]) -> str:
    """Samples, one a minute, in promtool's notation: each part's first value and step, how many."""
    return " ".join(f"{part}x{minutes - 1}" for part, minutes in parts)


def gauge(*parts: tuple[float, int]) -> str:
    """Values that stay for so many minutes each."""
    return then(*((f"{value}+0", minutes) for value, minutes in parts))


@dataclass(frozen=True)
class Case:
    """Series of a cluster on which the alert fires from minute ``fires`` on and no longer at
    ``clears``, and the labels and the summary that are sent."""

    alert: str
    series: dict[str, str]
    labels: dict[str, str]
    fires: int
    clears: int
    summary: str


CASES = (
    Case(
        "TargetDown",
        {one("up", NODE): gauge((1, 2), (0, 3), (1, 5))},
        labels=NODE,
        fires=3,
        clears=5,
        summary="node on anna does not answer",
    ),
    Case(
        "ExporterStale",
        {one("howdah_source_up", EXPORTER, source="historyserver"): gauge((1, 2), (0, 10), (1, 5))},
        labels=EXPORTER | {"source": "historyserver"},
        fires=7,
        clears=12,
        summary="What howdah on host tells is old or not all",
    ),
    Case(
        "ExporterStale",
        {one("jmx_scrape_error", NAMENODE): gauge((0, 2), (1, 10), (0, 5))},
        labels=NAMENODE,
        fires=7,
        clears=12,
        summary="What namenode on host tells is old or not all",
    ),
    Case(
        "NotificationsFail",
        {
            one("alertmanager_notifications_failed_total", HOST, integration="email"): then(
                ("0+0", 3), ("1+1", 5), ("5+0", 10)
            ),
            one("alertmanager_notifications_failed_total", HOST, integration="webhook"): gauge(
                (0, 18)
            ),
        },
        labels={"instance": "host", "integration": "email"},
        fires=4,
        clears=12,
        summary="Alerts can't be sent by email: who is to be told isn't",
    ),
    Case(
        "DataNodeDead",
        {
            one("hadoop_namenode_numdeaddatanodes", NODES): gauge((1, 2), (2, 3), (1, 5)),
            one("hadoop_namenode_numdecomdeaddatanodes", NODES): gauge((1, 10)),
        },
        labels=NODES,
        fires=3,
        clears=5,
        summary="DataNodes dead: 1",
    ),
    Case(
        "DataNodeStale",
        {one("hadoop_namenode_numstaledatanodes", NODES): gauge((0, 2), (1, 4), (0, 5))},
        labels=NODES,
        fires=4,
        clears=6,
        summary="DataNodes silent: 1",
    ),
    Case(
        "BlocksMissing",
        {one("hadoop_namenode_missingblocks", FSNAMESYSTEM): gauge((0, 2), (7, 3), (0, 5))},
        labels=FSNAMESYSTEM,
        fires=3,
        clears=5,
        summary="Blocks missing: 7; no DataNode has a copy",
    ),
    Case(
        "BlocksUnderReplicated",
        {
            one("hadoop_namenode_underreplicatedblocks", FSNAMESYSTEM): gauge(
                (0, 2), (40, 40), (0, 5)
            )
        },
        labels=FSNAMESYSTEM,
        fires=32,
        clears=42,
        summary="Blocks with too few copies for half an hour: 40",
    ),
    Case(
        "SafeMode",
        {one("hadoop_namenode_safemode", NAMENODE): gauge((1, 10), (0, 5))},
        labels=NAMENODE,
        fires=5,
        clears=10,
        summary="HDFS has been in safe mode for 5 minutes: no job can write",
    ),
    Case(
        "HdfsFull",
        {
            one("hadoop_namenode_capacityused", FSNAMESYSTEM): gauge((95, 10), (20, 5)),
            one("hadoop_namenode_capacityremaining", FSNAMESYSTEM): gauge((5, 10), (80, 5)),
        },
        labels=FSNAMESYSTEM,
        fires=5,
        clears=10,
        summary="HDFS is 95% full",
    ),
    Case(
        "HdfsFilling",
        {
            one("hadoop_namenode_capacityused", FSNAMESYSTEM): then(("650+0.5", 60), ("100+0", 5)),
            one("hadoop_namenode_capacityremaining", FSNAMESYSTEM): then(
                ("350-0.5", 60), ("900+0", 5)
            ),
        },
        labels=FSNAMESYSTEM,
        fires=31,
        clears=60,
        summary="HDFS will be full within two days",
    ),
    Case(
        "DiskFull",
        {
            one("node_filesystem_avail_bytes", DISK): gauge((5, 10), (40, 5)),
            one("node_filesystem_size_bytes", DISK): gauge((100, 15)),
        },
        labels=DISK,
        fires=5,
        clears=10,
        summary="/ of anna is 95% full",
    ),
    Case(
        "DiskFilling",
        {
            one("node_filesystem_avail_bytes", DISK): then(("350-0.5", 60), ("900+0", 5)),
            one("node_filesystem_size_bytes", DISK): gauge((1000, 65)),
        },
        labels=DISK,
        fires=31,
        clears=60,
        summary="/ of anna will be full within a day",
    ),
    Case(
        "NodeManagerLost",
        {one("hadoop_resourcemanager_numlostnms", CLUSTER): gauge((0, 2), (1, 3), (0, 5))},
        labels=CLUSTER,
        fires=3,
        clears=5,
        summary="NodeManagers lost: 1",
    ),
    Case(
        "NodeManagerUnhealthy",
        {one("hadoop_resourcemanager_numunhealthynms", CLUSTER): (gauge((0, 2), (1, 4), (0, 5)))},
        labels=CLUSTER,
        fires=4,
        clears=6,
        summary="NodeManagers that take no work: 1",
    ),
    Case(
        "HeapFull",
        {
            one("jvm_memory_used_bytes", NAMENODE, area="heap"): gauge((95, 30), (40, 5)),
            one("jvm_memory_max_bytes", NAMENODE, area="heap"): gauge((100, 35)),
        },
        labels=NAMENODE,
        fires=5,
        clears=30,
        summary="The heap of the namenode stays 95% full",
    ),
    Case(
        "CollectingGarbage",
        {
            one("jvm_gc_collection_seconds_sum", RESOURCEMANAGER, gc="Copy"): then(
                ("0+6", 20), ("114+0", 10)
            ),
            one("jvm_gc_collection_seconds_sum", RESOURCEMANAGER, gc="MarkSweepCompact"): then(
                ("0+6", 20), ("114+0", 10)
            ),
        },
        labels=RESOURCEMANAGER,
        fires=8,
        clears=22,
        summary="The resourcemanager spends 20% of its time collecting garbage",
    ),
    Case(
        "LoadHigh",
        {
            one("node_load1", NODE): gauge((5, 20), (3.9, 5)),
            one("node_cpu_seconds_total", NODE, cpu="0", mode="idle"): gauge((1, 25)),
            one("node_cpu_seconds_total", NODE, cpu="1", mode="idle"): gauge((1, 25)),
        },
        labels={"instance": "anna"},
        fires=15,
        clears=20,
        summary="anna has a load of 2.5 a core",
    ),
    Case(
        "MemoryPressure",
        {
            one("node_pressure_memory_waiting_seconds_total", NODE): then(
                ("0+30", 20), ("570+0", 10)
            )
        },
        labels=NODE,
        fires=7,
        clears=23,
        summary="Programs on anna wait for memory 50% of the time",
    ),
    Case(
        "ClockSkew",
        {one("node_time_seconds", NODE): then(("90+60", 10), ("600+60", 5))},
        labels=NODE,
        fires=5,
        clears=10,
        summary="The clock of anna is 1m 30s off",
    ),
    Case(
        "JobFailed",
        {one("howdah_jobs_ended_total", JOB, EXPORTER, state="failed"): gauge((3, 5), (4, 20))},
        labels=JOB,
        fires=5,
        clears=10,
        summary="A job of moderation with moderation has failed",
    ),
    Case(
        "QueueStuck",
        {
            one("howdah_queue_seconds", EXPORTER): then(("0+60", 20), ("0+0", 5)),
            one("howdah_jobs", JOB, EXPORTER, state="running"): gauge((0, 25)),
        },
        labels={},
        fires=12,
        clears=20,
        summary="A job has waited for 12m 0s while none runs",
    ),
    Case(
        "NoProgress",
        {one("howdah_seconds_without_progress", EXPORTER): then(("0+60", 20), ("0+0", 5))},
        labels={},
        fires=12,
        clears=20,
        summary="A running job has been as far as it is for 12m 0s",
    ),
    Case(
        "RejectedHigh",
        {
            one("howdah_records_total", JOB, EXPORTER, outcome="scored"): gauge((0, 5), (90, 80)),
            one("howdah_records_total", JOB, EXPORTER, outcome="rejected"): gauge((0, 5), (10, 80)),
        },
        labels=JOB,
        fires=6,
        clears=65,
        summary="10% of the records of moderation with moderation could not be scored",
    ),
)

# A cluster at its limits, all day: full of work, and nothing is wrong
BUSY = {
    one("up", NODE): gauge((1, 120)),
    one("node_load1", NODE): gauge((3.8, 120)),
    one("node_cpu_seconds_total", NODE, cpu="0", mode="idle"): gauge((1, 120)),
    one("node_cpu_seconds_total", NODE, cpu="1", mode="idle"): gauge((1, 120)),
    one("node_pressure_memory_waiting_seconds_total", NODE): then(("0+1", 120)),
    one("node_filesystem_avail_bytes", DISK): then(("700-2", 120)),
    one("node_filesystem_size_bytes", DISK): gauge((1000, 120)),
    one("node_time_seconds", NODE): then(("0.4+60", 120)),
    one("hadoop_namenode_capacityused", FSNAMESYSTEM): gauge((850, 120)),
    one("hadoop_namenode_capacityremaining", FSNAMESYSTEM): gauge((150, 120)),
    # A heap that fills and is collected, again and again
    one("jvm_memory_used_bytes", NAMENODE, area="heap"): then(*[("40+11", 6)] * 20),
    one("jvm_memory_max_bytes", NAMENODE, area="heap"): gauge((100, 120)),
    one("jvm_gc_collection_seconds_sum", NAMENODE, gc="Copy"): then(("0+3", 120)),
    one("alertmanager_notifications_failed_total", HOST, integration="email"): gauge((7, 120)),
    one("howdah_queue_seconds", EXPORTER): then(("0+60", 120)),
    one("howdah_jobs", JOB, EXPORTER, state="running"): gauge((2, 120)),
    one("howdah_seconds_without_progress", EXPORTER): gauge((500, 120)),
    one("howdah_jobs_ended_total", JOB, EXPORTER, state="failed"): gauge((7, 120)),
    one("howdah_jobs_ended_total", JOB, EXPORTER, state="cancelled"): then(("0+1", 120)),
    one("howdah_records_total", JOB, EXPORTER, outcome="scored"): then(("0+1000", 120)),
    one("howdah_records_total", JOB, EXPORTER, outcome="rejected"): then(("0+5", 120)),
}


def silent(alert: str, minute: int) -> dict[str, Any]:
    """That it doesn't fire then."""
    return {"alertname": alert, "eval_time": f"{minute}m", "exp_alerts": []}


def firing(case: Case) -> dict[str, Any]:
    """That it fires when it should, as it should."""
    (alert,) = (alert for alert in ALERTS if alert.name == case.alert)
    runbook = re.sub(r"\{\{ \$labels\.(\w+) }}", lambda found: case.labels[found[1]], alert.runbook)
    fired = {
        "exp_labels": case.labels | {"severity": alert.severity},
        "exp_annotations": {"summary": case.summary, "runbook": runbook},
    }
    return {"alertname": case.alert, "eval_time": f"{case.fires}m", "exp_alerts": [fired]}


def unexpected(folder: Path, series: dict[str, str], expected: Iterable[dict[str, Any]]) -> str:
    """Run the rules over ``series``; what promtool finds otherwise than expected, or ""."""
    (folder / "rules.yml").write_text(rules_yaml())
    test = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": values} for name, values in series.items()
                ],
                "alert_rule_test": list(expected),
            }
        ],
    }
    (folder / "test.yml").write_text(json.dumps(test))
    done = promtool(folder, "test", "rules", "test.yml")
    return done.stdout + done.stderr if done.returncode else ""


each_case = pytest.mark.parametrize("case", CASES, ids=[case.alert for case in CASES])


@each_case
def test_an_alert_fires_and_clears(case: Case, tmp_path: Path) -> None:
    """Not a minute too early, with what it is about, and no longer once that is well again."""
    before, after = (silent(case.alert, minute) for minute in (case.fires - 1, case.clears))
    assert unexpected(tmp_path, case.series, [before, firing(case), after]) == ""


def test_every_alert_has_a_case() -> None:
    """None is left untried."""
    assert {case.alert for case in CASES} == {alert.name for alert in ALERTS}


def test_busy_is_no_alert(tmp_path: Path) -> None:
    """Two hours of a cluster that has all it can do, with jobs that wait for others."""
    expected = [silent(alert.name, minute) for alert in ALERTS for minute in (30, 60, 119)]
    assert unexpected(tmp_path, BUSY, expected) == ""


def test_promtool_accepts_the_rules(tmp_path: Path) -> None:
    """As many as there are alerts."""
    (tmp_path / "rules.yml").write_text(rules_yaml())
    done = promtool(tmp_path, "check", "rules", "rules.yml")
    assert done.returncode == 0, done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout
