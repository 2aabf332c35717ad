"""Where a job's time went: every second of it is in one span, and each has its line."""

from dataclasses import replace

import pytest

from howdah.hadoop.job_history import History, TaskAttempt
from howdah.jobs.record import Job
from howdah.tracking.timeline import PAUSE, Span, render, timeline

ZERO = 1_000_000.0

JOB = Job("20260314-092653-58b1", "done", "hadoop", "p", "m", "same", ZERO + 1, finished=ZERO + 20)

MARKS = {
    "command": 0.0,
    "imported": 0.5,
    "planned": 1.0,
    "stored": 2.0,
    "launcher": 2.25,
    "launching": 2.75,
    "mrjob": 3.0,
    "published": 3.5,
    "hadoop jar": 4.0,
    "noticed": 19.5,
    "told": 20.5,
}


def at(marks: dict[str, float]) -> dict[str, float]:
    return {name: ZERO + seconds for name, seconds in marks.items()}


def attempt(task: str, start: float, end: float, **told: object) -> TaskAttempt:
    """Of a task such as m_000003_0."""
    kind = "MAP" if task.startswith("m") else "REDUCE"
    stated = {"state": "SUCCEEDED", "node": "worker2:8042", "container": "", "diagnostics": ""}
    times = {"started": ZERO + start, "finished": ZERO + end}
    return TaskAttempt(f"attempt_1_0001_{task}", kind, **(stated | times | told))  # type: ignore[arg-type]


MAP = attempt("m_000000_0", 11, 15, counters={"predict_ms": 500, "scored": 9, "start_ms": 1500})
REDUCE = attempt("r_000000_0", 14, 17, shuffled=ZERO + 15.5, merged=ZERO + 16)

HISTORY = History(
    submitted=ZERO + 6,
    launched=ZERO + 6.5,
    master=ZERO + 8,
    started=ZERO + 10,
    finished=ZERO + 18,
    ended=ZERO + 19,
    uber=False,
    attempts=(REDUCE, MAP),
)


def spans(marks: dict[str, float] = MARKS, history: History | None = HISTORY) -> list[Span]:
    return timeline(JOB, at(marks), history)


def seconds(found: list[Span]) -> dict[str, float]:
    return {span.what: span.seconds for span in found}


def test_spans_of_a_job_on_a_cluster() -> None:
    """Each part of a job has its span, named and in order."""
    assert list(seconds(spans()).items()) == [
        ("bin/submit: Python starts and imports", 0.5),
        ("bin/submit: checks input, model, cluster", 0.5),
        ("bin/submit: uploads the input", 1.0),
        ("waiting", 0.25),
        ("launcher: Python starts and imports", 0.5),
        ("launcher: imports mrjob", 0.25),
        ("launcher: publishes code and model", 0.5),
        ("launcher: mrjob prepares the job", 0.5),
        ("hadoop jar: until YARN has the job", 2.0),
        ("YARN: room for the ApplicationMaster", 0.5),
        ("ApplicationMaster: its JVM starts", 1.5),
        ("ApplicationMaster: sets up the job", 2.0),
        ("YARN: room for map tasks", 1.0),
        ("map tasks", 4.0),
        ("reduce task", 2.0),
        ("ApplicationMaster: commits the output", 1.0),
        ("ApplicationMaster: ends", 1.0),
        ("until a command notices the end", 0.5),
        ("the counts are checked", 0.5),
        ("bin/submit: prints the summary", 0.5),
    ]


def test_spans_of_a_local_job() -> None:
    """The local runner's job is told by its marks alone."""
    marks = at({"command": 0, "prepared": 3, "mapped": 7, "run": 8, "noticed": 8.5})
    job = replace(JOB, runner="local", finished=ZERO + 9)
    assert seconds(timeline(job, marks, None)) == {
        "waiting": 3,
        "map tasks": 4,
        "reduce task": 1,
        "until a command notices the end": 0.5,
        "the counts are checked": 0.5,
    }


@pytest.mark.parametrize("missing", ["command", "stored", "hadoop jar", "noticed", "told"])
def test_no_gaps(missing: str) -> None:
    """Whatever isn't known, spans follow one another, and their sum is the whole."""
    found = spans({name: time for name, time in MARKS.items() if name != missing})
    end = 0.0
    for span in found:
        assert span.start == pytest.approx(end)
        assert span.seconds > 0
        end = span.end
    zero = 1 if missing == "command" else 0  # then the record's own time is the first
    assert end == pytest.approx((20 if missing == "told" else 20.5) - zero)


def test_no_history_yet() -> None:
    """Until the history is there, the tasks' time is waiting."""
    found = seconds(spans(history=None))
    assert found["waiting"] == 19.5 - 4
    assert "map tasks" not in found


def test_forgotten_by_the_resourcemanager() -> None:
    """What only the ResourceManager knew is missing, the rest is told."""
    known = replace(HISTORY, launched=None, ended=None)
    found = seconds(spans(history=known))
    assert found["ApplicationMaster: sets up the job"] == 2
    assert found["until a command notices the end"] == 1.5


def test_clocks_that_differ() -> None:
    """A cluster whose clock is ahead of the client's moves nothing back in time."""
    ahead = replace(HISTORY, finished=ZERO + 19.25, ended=ZERO + 21)
    found = spans(history=ahead)
    assert [span.what for span in found][-1] == "ApplicationMaster: ends"
    assert found[-1].end == 21


def test_parts_of_tasks() -> None:
    """A map's time is split by what it counted, a reduce's by its phases."""
    inner = {task.what: task for span in spans() for task in span.inner}
    assert inner["map 0"].node == "worker2"
    assert list(inner["map 0"].parts.items()) == [("Hadoop", 2), ("start", 1.5), ("predict", 0.5)]
    assert inner["reduce 0"].parts == {"start and shuffle": 1.5, "merge": 0.5, "reduce": 1}


def test_uber_job() -> None:
    """Tasks that ran in the ApplicationMaster are said to."""
    found = seconds(spans(history=replace(HISTORY, uber=True)))
    assert found["map tasks in the ApplicationMaster"] == 4


def test_failed_attempts() -> None:
    """Attempts that weren't the good one are named so; one that never ran isn't there."""
    killed = attempt("m_000003_1", 11, 14, state="KILLED", node="")
    never = replace(attempt("m_000004_0", 0, 0), started=None)
    found = spans(history=replace(HISTORY, attempts=(MAP, never, killed)))
    names = [task.what for span in found for task in span.inner]
    assert names == ["map 0", "map 3, try 2, killed"]


def test_table() -> None:
    """A line a span, its bar to scale, and the sum."""
    parts = {"Hadoop": 0.5, "read": 0.004, "predict": 1.5}
    task = Span(1, 2, "map 0", node="worker2", parts=parts)
    found = [Span(0, 1, "waiting"), Span(1, 3, "map tasks", inner=(task,))]
    assert render(found, 80) == [
        "  start    took",
        "   0.00    1.00                                  waiting",
        "   1.00    3.00          ======================  map tasks",
        "   1.00    2.00          --------------            map 0 on worker2: Hadoop",
        "                                                     0.50, predict 1.50",
        "           4.00  in all",
    ]


@pytest.mark.parametrize("columns", [20, 80, 200])
def test_width(columns: int) -> None:
    """Lines fit the terminal, unless that is too narrow for a bar and a name."""
    widest = max(map(len, render(spans(), columns)))
    assert widest <= max(columns, 19 + 12 + len("bin/submit: checks input, model, cluster"))


def test_many_tasks() -> None:
    """Many tasks are two lines: all of them, and the slowest."""
    maps = [attempt(f"m_{n:06d}_0", 11, 12 + n / 10, node=f"w{n}:1") for n in range(31)]
    lines = render(spans(history=replace(HISTORY, attempts=tuple(maps))), 200)
    inner = [line for line in lines if "---" in line]
    assert len(inner) == 2
    assert inner[0].split()[:2] == ["11.00", "4.00"]
    assert inner[0].endswith("31 attempts, median 2.50")
    assert inner[1].endswith("slowest: map 30 on w30")


def test_pause() -> None:
    """The time before bin/getresults is told, and doesn't squeeze the bars."""
    later = {"results": 1000.0, "results imported": 1000.5, "fetching": 1001.0, "fetched": 1002.0}
    found = spans(MARKS | later)
    assert seconds(found)[PAUSE] == 979.5
    lines = render(found, 100)
    assert lines[-1].split()[0] == "1002.00"
    (maps,) = (line for line in lines if line.endswith("  map tasks"))
    assert maps.count("=") == 5  # 4 s of 22.5, over 30 characters
    (fetched,) = (line for line in lines if "fetches and merges" in line)
    assert fetched.count("=") == 1


def test_nothing_known() -> None:
    """A job without marks that hasn't ended has no spans."""
    assert timeline(replace(JOB, finished=None), {}, None) == []
    assert render([], 80)[-1].split() == ["0.00", "in", "all"]
