"""What is found in the logs of tasks, whatever else models have printed there."""

from pathlib import Path

import pytest

from howdah.errors import JobError, ModelError
from howdah.jobs.layout import TASKS
from howdah.jobs.record import Job, Jobs
from howdah.settings import Settings
from howdah.tracking.failures import failure_of, memory_exceeded

PRINTED = """howdah: model: Traceback (most recent call last):
howdah: model: Timeout (0:00:09)!
howdah: model: howdah: model fault: the model's own words
howdah: model: howdah: at: nowhere
howdah: model: reporter:counter:howdah,input_bytes,1
"""
AT = "howdah: at: input 00000.csv, split at 0, byte 7 of the split\n"
TRACE = 'Traceback (most recent call last):\n  File "a.py", line 1\n'
FAILED = "howdah: task failed: host anna, input 00000.csv, split at 0, byte 9 of the split\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path, None)


def failed(settings: Settings, log: str) -> Job:
    """A local job whose only task has left ``log``."""
    jobs = Jobs(settings.state)
    job = jobs.create(
        state="failed", runner="local", pipeline="tabular", model="churn", identity="",
        error="mapper/00000: returned non-zero exit status 1.",
    )  # fmt: skip
    folder = jobs.folder(job.id) / TASKS / "job" / "step" / "000" / "mapper" / "00000"
    folder.mkdir(parents=True)
    (folder / "stderr").write_text(log)
    return job


def test_a_broken_promise_is_the_models(settings: Settings) -> None:
    """What it was, where, and the traceback, in this order."""
    fault = "howdah: model fault: model churn: 3 predictions for 4 records\n"
    job = failed(settings, AT + PRINTED + fault + TRACE + "ModelFault: 3\n" + FAILED)
    error = failure_of(job, settings)
    assert isinstance(error, ModelError)
    assert error.message.splitlines() == [
        f"job {job.id} failed: model churn: 3 predictions for 4 records",
        "host anna, input 00000.csv, split at 0, byte 9 of the split",
        *TRACE.splitlines(),
        "ModelFault: 3",
        "(mapper/00000)",
    ]


def test_the_timers_words_are_the_models_fault(settings: Settings) -> None:
    """C code that doesn't come back can't say so itself; the place is the last that was told."""
    job = failed(
        settings, AT + "Timeout (0:10:05)!\nThread 0x1 (most recent call first):\n" + PRINTED
    )
    error = failure_of(job, settings)
    assert isinstance(error, ModelError)
    what, where, *_ = error.message.splitlines()
    assert what.endswith("failed: model churn has not answered for 0:10:05")
    assert where.endswith("input 00000.csv, split at 0, byte 7 of the split")


@pytest.mark.parametrize("log", [AT + PRINTED + TRACE + "E: no\n" + FAILED, AT + PRINTED])
def test_what_a_model_has_printed_is_no_error(settings: Settings, log: str) -> None:
    """A traceback, a fault or a success in its own words."""
    error = failure_of(failed(settings, log), settings)
    assert isinstance(error, JobError)
    assert "nowhere" not in error.message
    assert "input 00000.csv" in error.message


def test_a_container_that_took_too_much_memory_is_told_in_a_sentence() -> None:
    """As YARN 3.4 says it of a task, and of an application whose master's container had the task;
    of anything else nothing is said."""
    said = (
        "[2026-11-30 10:01:57.674]Container [pid=28961,containerID=container_e01_7_0003_04_000001]"
        " is running 254668800B beyond the 'PHYSICAL' memory limit. Current usage: 1.7 GB of 1.5 GB"
        " physical memory used; 5.0 GB of 3.1 GB virtual memory used. Killing container.\n"
        "Dump of the process-tree for container_e01_7_0003_04_000001 :\n"
    )
    told = "a task took 1.7 GB of memory, and its container was given 1.5 GB"
    assert memory_exceeded(said) == told
    assert memory_exceeded(f"Application failed 4 times due to AM Container\n{said}") == told
    assert memory_exceeded("subprocess failed with code 137") == ""
