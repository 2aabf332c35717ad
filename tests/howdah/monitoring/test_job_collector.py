"""What the daemons answer, as it is read: pages of Hadoop 3.4.2, with what isn't read left out."""

from typing import Any

import pytest

from howdah.hadoop.job_history import TaskAttempt
from howdah.hadoop.job_name import Kind, job_name, read_job_name
from howdah.monitoring.job_collector import (
    JobWork,
    ObservedJob,
    TaskProgress,
    read_jobs,
    read_progress,
    read_work,
    speculative_attempts,
)

DONE = {
    "id": "application_1795291872535_0001", "user": "root",
    "name": "howdah 20261121-201130-74ff tabular/churn n.csv",
    "state": "FINISHED", "finalStatus": "SUCCEEDED", "progress": 100.0,
    "applicationType": "MAPREDUCE", "applicationTags": "20261121-201130-74ff",
    "startedTime": 1795291892552, "launchTime": 1795291893254, "finishedTime": 1795291924771,
    "elapsedTime": 32219, "memorySeconds": 95716, "vcoreSeconds": 91,
}  # fmt: skip
JOB = {
    "job": {
        "startTime": 1795291959598, "finishTime": 1795291974191,
        "id": "job_1795291872535_0003", "state": "FAILED", "mapsTotal": 2, "mapsCompleted": 2,
        "reducesTotal": 1, "reducesCompleted": 0, "uberized": False,
        "failedReduceAttempts": 0, "killedReduceAttempts": 3, "successfulReduceAttempts": 0,
        "failedMapAttempts": 4, "killedMapAttempts": 1, "successfulMapAttempts": 1,
    }
}  # fmt: skip
COUNTERS = {
    "jobCounters": {
        "id": "job_1795291872535_0001",
        "counterGroup": [
            {
                "counterGroupName": "org.apache.hadoop.mapreduce.TaskCounter",
                "counter": [
                    {
                        "name": "MAP_INPUT_RECORDS",
                        "totalCounterValue": 209715,
                        "mapCounterValue": 209715,
                        "reduceCounterValue": 0,
                    },
                ],
            },
            {
                "counterGroupName": "howdah",
                "counter": [
                    {
                        "name": "scored",
                        "totalCounterValue": 209714,
                        "mapCounterValue": 209714,
                        "reduceCounterValue": 0,
                    },
                    {
                        "name": "rejected",
                        "totalCounterValue": 1,
                        "mapCounterValue": 1,
                        "reduceCounterValue": 0,
                    },
                ],
            },
        ],
    }
}


def read(**changes: Any) -> ObservedJob:
    """The one application, changed."""
    (found,) = read_jobs([DONE | changes])
    return found


def test_a_job_that_is_done() -> None:
    """Seconds, not milliseconds; what it is told apart by comes from its name."""
    assert read() == ObservedJob(
        id="application_1795291872535_0001",
        kind=Kind("tabular", "churn"),
        state="done",
        ended=1795291924.771,
        seconds=32.219,
        wait_seconds=0.702,
        core_seconds=91,
        memory_mb_seconds=95716,
    )


@pytest.mark.parametrize(
    ("state", "final", "meant"),
    [
        ("NEW", "UNDEFINED", "waiting"),
        ("ACCEPTED", "UNDEFINED", "waiting"),
        ("RUNNING", "UNDEFINED", "running"),
        ("FINISHED", "SUCCEEDED", "done"),
        ("FINISHED", "FAILED", "failed"),
        ("FAILED", "FAILED", "failed"),
        ("KILLED", "KILLED", "cancelled"),
        ("FINISHED", "KILLED", "cancelled"),
    ],
)
def test_states(state: str, final: str, meant: str) -> None:
    """YARN's two states are one."""
    assert read(state=state, finalStatus=final).state == meant


@pytest.mark.parametrize(
    ("launched", "finished", "waited"), [(0, 0, 32.219), (0, 1795291900552, 8.0)]
)
def test_a_job_that_never_ran(launched: int, finished: int, waited: float) -> None:
    """It has waited until now, or until its end."""
    assert read(launchTime=launched, finishedTime=finished).wait_seconds == waited


@pytest.mark.parametrize("name", ["word count", "howdah", "howdah 20261121-201130-74ff n.csv"])
def test_what_is_not_a_job_of_ours(name: str) -> None:
    """Others may run on the cluster, too."""
    assert read_jobs([DONE | {"name": name}]) == []


@pytest.mark.parametrize("input_name", ["n.csv", "my data/of 1.csv", "é.txt", "-", "two\nlines"])
def test_a_name_is_read_back(input_name: str) -> None:
    """Whatever its input is called, a job says that, its id, its pipeline and model."""
    kind = Kind("tabular", "Churn-2_b")
    name = job_name("20261121-201130-74ff", kind, input_name)
    assert read_job_name(name) == ("20261121-201130-74ff", kind, input_name)
    assert read(name=name).kind == kind


def test_progress() -> None:
    """Parts of 1; the records are those that Hadoop has handed out, not those of ended tasks."""
    job = {"job": {"state": "RUNNING", "mapProgress": 83.350006, "reduceProgress": 16.666668}}
    found = read_progress(job, COUNTERS)
    assert found.maps == pytest.approx(0.8335)
    assert found.reduces == pytest.approx(0.1667, abs=1e-4)
    assert found.records == 209715


def test_progress_before_any_task() -> None:
    """An ApplicationMaster that has just started counts nothing."""
    job = {"job": {"state": "RUNNING", "mapProgress": 0.0, "reduceProgress": 0.0}}
    counters = {"jobCounters": {"id": "job_1795291872535_0001"}}
    assert read_progress(job, counters) == TaskProgress()


def test_work() -> None:
    """Our own counters, and attempts at maps and reduces alike."""
    assert read_work(JOB, COUNTERS) == JobWork(
        {"scored": 209714, "rejected": 1}, failed=4, killed=4
    )


def test_speculative_attempts() -> None:
    """Of the killed ones, those that another attempt was faster than."""
    diagnostics = (
        "",
        "Speculation: attempt_1795291872535_0001_m_000000_1 succeeded first!",
        "Container released on a *lost* node",
    )
    attempts = [TaskAttempt("", "MAP", "KILLED", "", "", text) for text in diagnostics]
    assert speculative_attempts(attempts) == 1
    assert speculative_attempts([]) == 0
