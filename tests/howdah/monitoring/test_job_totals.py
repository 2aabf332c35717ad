"""What the exporter has counted: every ended job once, whatever is told again or restarted."""

from pathlib import Path

import pytest

from howdah.errors import UsageError
from howdah.hadoop.job_name import Kind
from howdah.monitoring.job_collector import JobWork, ObservedJob
from howdah.monitoring.job_totals import LATE_SECONDS, MOST_KINDS, MOST_OPEN, OTHER, JobTotals

TEXTS = Kind("moderation", "moderation")
NOON = 1_800_000_000.0
DAMAGED = '{"ended": {}, "open": [], "sums": []}'
WORK = JobWork(
    counters={
        "scored": 90,
        "rejected": 10,
        "input_bytes": 4096,
        "start_ms": 700,
        "load_ms": 300,
        "read_ms": 20,
        "parse_ms": 80,
        "predict_ms": 2500,
        "format_ms": 30,
        "write_ms": 50,
        "summarise_ms": 20,
    },
    failed=2,
    killed=1,
    speculative=3,
)


def job(number: int = 1, *, kind: Kind = TEXTS, state: str = "done", at: float = 0) -> ObservedJob:
    """A job that ended ``at`` seconds after noon, having waited 5 s of 25."""
    return ObservedJob(
        id=f"application_1800000000000_{number:04d}",
        kind=kind,
        state=state,
        ended=NOON + at,
        seconds=25.0,
        wait_seconds=5.0,
        core_seconds=33,
        memory_mb_seconds=44_000,
    )


@pytest.fixture
def counted(tmp_path: Path) -> JobTotals:
    return JobTotals(tmp_path / "counted.json")


def ended(counted: JobTotals) -> dict[str, float]:
    """How many jobs have ended, by state, of those that any did."""
    found = counted.sums["howdah_jobs_ended"].items()
    return {state: count for (state, *_), count in found if count}


def test_a_kind_begins_at_zero(counted: JobTotals) -> None:
    """Prometheus sees a sum rise only if it was there before."""
    counted.know(TEXTS)
    assert counted.sums == {
        "howdah_jobs_ended": {(state, *TEXTS): 0 for state in ("done", "failed", "cancelled")},
        "howdah_records": {("scored", *TEXTS): 0, ("rejected", *TEXTS): 0},
        "howdah_input_bytes": {TEXTS: 0},
        "howdah_task_seconds": {
            (phase, *TEXTS): 0 for phase in ("load", "parse", "predict", "write")
        },
        "howdah_attempts": {("failed",): 0, ("speculative",): 0, ("killed",): 0},
    }


def test_a_job_is_counted_with_its_work(counted: JobTotals) -> None:
    """Records, bytes, every millisecond of the tasks, and the attempts that were in vain."""
    counted.end([job()])
    counted.settle(job(), WORK)
    assert counted.sums == {
        "howdah_jobs_ended": {
            ("done", *TEXTS): 1,
            ("failed", *TEXTS): 0,
            ("cancelled", *TEXTS): 0,
        },
        "howdah_records": {("scored", *TEXTS): 90, ("rejected", *TEXTS): 10},
        "howdah_input_bytes": {TEXTS: 4096},
        "howdah_task_seconds": {
            ("load", *TEXTS): 1.0,
            ("parse", *TEXTS): 0.1,
            ("predict", *TEXTS): 2.5,
            ("write", *TEXTS): 0.1,
        },
        "howdah_attempts": {("failed",): 2, ("speculative",): 3, ("killed",): 1},
    }
    assert counted.newest == {
        TEXTS: {
            "seconds": 25.0,
            "wait_seconds": 5.0,
            "records": 100,
            "rejected": 10,
            "rejected_ratio": 0.1,
            "records_per_second": 5.0,
            "core_seconds": 33,
            "memory_mb_seconds": 44_000,
        }
    }


def test_a_job_that_is_told_of_again_is_not_counted_again(counted: JobTotals) -> None:
    """Neither while its work is unknown nor afterwards."""
    counted.end([job(1), job(2, state="failed")])
    counted.end([job(1), job(2, state="failed")])
    assert list(counted.open) == [job(1).id, job(2).id]
    counted.settle(job(1), WORK)
    counted.end([job(1), job(2, state="failed")])
    assert list(counted.open) == [job(2).id]
    assert ended(counted) == {"done": 1, "failed": 1}


def test_a_restart_goes_on(counted: JobTotals, tmp_path: Path) -> None:
    """Sums, costs, jobs that wait for their history, and those not to be counted again."""
    counted.end([job(1), job(2, state="cancelled")])
    counted.settle(job(1), WORK)
    counted.save()
    again = JobTotals(tmp_path / "counted.json")
    assert again.sums == counted.sums
    assert again.newest == counted.newest
    assert again.open == counted.open == {job(2).id: job(2, state="cancelled")}
    again.end([job(1), job(2, state="cancelled"), job(3)])
    assert ended(again) == {"done": 2, "cancelled": 1}


def test_what_is_not_saved_is_counted_after_the_restart(counted: JobTotals, tmp_path: Path) -> None:
    """Killed between two looks, the exporter loses what nobody has seen, and finds it again."""
    counted.end([job(1)])
    counted.save()
    counted.end([job(2)])
    again = JobTotals(tmp_path / "counted.json")
    assert ended(again) == {"done": 1}
    again.end([job(1), job(2)])
    assert ended(again) == {"done": 2}


def test_an_older_job_may_become_known_later(counted: JobTotals) -> None:
    """Within the time in which the ResourceManager is asked about it."""
    counted.end([job(1, at=LATE_SECONDS)])
    assert counted.since == NOON
    counted.end([job(2, at=1)])
    assert ended(counted) == {"done": 2}


def test_only_what_may_be_told_again_is_remembered(counted: JobTotals, tmp_path: Path) -> None:
    """The file doesn't grow with the number of jobs, and old ones don't come back."""
    sizes = []
    for number in range(200):
        counted.end([job(number, at=number * LATE_SECONDS)])
        counted.settle(job(number, at=number * LATE_SECONDS), WORK)
        counted.save()
        sizes.append((tmp_path / "counted.json").stat().st_size)
    assert max(sizes[100:]) < sizes[2] + 100
    counted.end([job(number, at=number * LATE_SECONDS) for number in range(200)])
    assert ended(counted) == {"done": 200}


def test_the_newest_job_is_the_one_that_ended_last(counted: JobTotals) -> None:
    """Not the one whose history came last; each kind has its own."""
    other = Kind("tabular", "churn")
    counted.end([job(1, at=10), job(2, at=20), job(3, kind=other)])
    counted.settle(job(2, at=20), WORK)
    counted.settle(job(1, at=10), JobWork({"scored": 1}))
    counted.settle(job(3, kind=other), JobWork({}))
    assert counted.newest[TEXTS]["records"] == 100
    assert counted.newest[other]["records"] == counted.newest[other]["rejected_ratio"] == 0


def test_a_job_that_never_ran(counted: JobTotals) -> None:
    """It waited till its end, and nothing is divided by nothing."""
    waited = job(state="cancelled")._replace(wait_seconds=25.0)
    counted.end([waited])
    counted.settle(waited, JobWork({}))
    assert counted.newest[TEXTS]["records_per_second"] == 0


def test_made_up_kinds_are_one(counted: JobTotals) -> None:
    """Labels are bounded, whatever jobs are called."""
    kinds = [Kind("tabular", f"m{number}") for number in range(MOST_KINDS + 50)]
    counted.end([job(number, kind=kind) for number, kind in enumerate(kinds)])
    assert len(counted.kinds) == MOST_KINDS + 1
    assert counted.sums["howdah_jobs_ended"]["done", *OTHER] == 50


def test_jobs_without_a_history_are_bounded(counted: JobTotals) -> None:
    """The oldest are given up for the newest."""
    counted.end([job(number, at=number / 10) for number in range(MOST_OPEN + 5)])
    assert len(counted.open) == MOST_OPEN
    assert next(iter(counted.open)) == job(5).id


@pytest.mark.parametrize("text", ["", "not JSON", "[]", DAMAGED])
def test_a_damaged_file_is_told(tmp_path: Path, text: str) -> None:
    """What and where, and what to do."""
    (tmp_path / "counted.json").write_text(text)
    with pytest.raises(UsageError, match=r"counted\.json can't be read") as told:
        JobTotals(tmp_path / "counted.json")
    assert told.value.hint
    assert told.value.hint.startswith("remove it")


def test_a_file_that_cannot_be_written_is_kept(counted: JobTotals, tmp_path: Path) -> None:
    """The old one stays whole; the next save has it all."""
    counted.end([job(1)])
    counted.save()
    (tmp_path / "counted.json~").mkdir()
    counted.end([job(2)])
    with pytest.raises(OSError, match=r"counted\.json~"):
        counted.save()
    assert ended(JobTotals(tmp_path / "counted.json")) == {"done": 1}
    (tmp_path / "counted.json~").rmdir()
    counted.save()
    assert ended(JobTotals(tmp_path / "counted.json")) == {"done": 2}
