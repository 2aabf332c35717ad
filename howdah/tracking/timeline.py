"""Where a job's time went: its marks and its history as spans, and those as a table."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from howdah.errors import ClusterError
from howdah.hadoop.job_history import History, JobHistory, TaskAttempt
from howdah.hadoop.yarn_states import AttemptState
from howdah.jobs.marks import Mark
from howdah.jobs.record import Job
from howdah.settings import Runner, Settings
from mr.stages import counted_stages

__all__ = ["PAUSE", "Span", "render", "timeline"]

PAUSE = "until bin/getresults was called"
WAITING = "waiting"
SHORTEST = 0.005  # a gap below this is the next span's
SHOWN_TASKS = 20
NARROWEST, WIDEST = 12, 30
HEAD = 19  # characters of a line before and after its bar


@dataclass(frozen=True)
class Span:
    """``start`` counts seconds from the command's start; ``parts`` are seconds of it by what
    they were for, in no order; ``inner`` overlap each other and this."""

    start: float
    seconds: float
    what: str
    node: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    inner: "tuple[Span, ...]" = ()

    @property
    def end(self) -> float:
        return self.start + self.seconds


@dataclass(frozen=True)
class _Phase:
    """What a job goes through, in Unix seconds; one of whose ends nothing is known is left out."""

    what: str
    begun: float | None
    ended: float | None
    inner: tuple[Span, ...] = ()


def timeline(job: Job, marks: Mapping[str, float], history: History | None) -> list[Span]:
    """Spans that follow one another without a gap, from the command's start to the last mark.

    Marks are Unix seconds (``Jobs.marks``); ``history`` is None for the local runner, and
    while YARN hasn't told. What nothing is known of is "waiting".
    """
    zero = marks.get(Mark.COMMAND, job.created)
    spans: list[Span] = []
    now = 0.0
    for phase in _phases(job, marks, history, zero):
        if phase.begun is None or phase.ended is None or phase.ended - zero <= now:
            continue
        begun, ended = phase.begun - zero, phase.ended - zero
        if begun > now + SHORTEST:
            gap = PAUSE if phase.begun == marks.get(Mark.RESULTS) else WAITING
            spans.append(Span(now, begun - now, gap))
            now = begun
        spans.append(Span(now, ended - now, phase.what, inner=phase.inner))
        now = ended
    return spans


def _phases(
    job: Job, marks: Mapping[str, float], history: History | None, zero: float
) -> Iterator[_Phase]:
    """Every phase in its order; ``zero`` is what tasks' spans count from."""
    at = marks.get
    hadoop = job.runner == Runner.HADOOP
    yield _Phase("bin/submit: Python starts and imports", at(Mark.COMMAND), at(Mark.IMPORTED))
    checked = "input, model, cluster" if hadoop else "input and model"
    yield _Phase(f"bin/submit: checks {checked}", at(Mark.IMPORTED), at(Mark.PLANNED))
    stored = "uploads the input" if hadoop else "reads the input"
    yield _Phase(f"bin/submit: {stored}", at(Mark.PLANNED), at(Mark.STORED))
    yield _Phase("launcher: Python starts and imports", at(Mark.LAUNCHER), at(Mark.LAUNCHING))
    if hadoop:
        yield _Phase("launcher: imports mrjob", at(Mark.LAUNCHING), at(Mark.MRJOB))
        yield _Phase("launcher: publishes code and model", at(Mark.MRJOB), at(Mark.PUBLISHED))
        yield _Phase("launcher: mrjob prepares the job", at(Mark.PUBLISHED), at(Mark.HADOOP_JAR))
    else:
        yield _Phase(
            "launcher: imports mrjob, packs the code", at(Mark.LAUNCHING), at(Mark.PREPARED)
        )
        yield _Phase("map tasks", at(Mark.PREPARED), at(Mark.MAPPED))
        yield _Phase("reduce task", at(Mark.MAPPED), at(Mark.RUN))
    if history:
        yield from _yarn_phases(at(Mark.HADOOP_JAR), history, zero)
    ended = history.ended or history.finished if history else at(Mark.RUN)
    yield _Phase("until a command notices the end", ended, at(Mark.NOTICED) or job.finished)
    yield _Phase("the counts are checked", at(Mark.NOTICED), job.finished)
    yield _Phase("bin/submit: prints the summary", job.finished, at(Mark.TOLD))
    imported = at(Mark.RESULTS_IMPORTED)
    yield _Phase("bin/getresults: Python starts and imports", at(Mark.RESULTS), imported)
    yield _Phase("bin/getresults: checks the counts", imported, at(Mark.FETCHING))
    yield _Phase("bin/getresults: fetches and merges", at(Mark.FETCHING), at(Mark.FETCHED))


def _yarn_phases(jar: float | None, history: History, zero: float) -> Iterator[_Phase]:
    maps = [attempt for attempt in history.attempts if attempt.kind == "MAP"]
    reduces = [attempt for attempt in history.attempts if attempt.kind == "REDUCE"]
    first = min((attempt.started for attempt in maps if attempt.started), default=None)
    mapped, reduced = _last_end(maps), _last_end(reduces)
    yield _Phase("hadoop jar: until YARN has the job", jar, history.submitted)
    yield _Phase("YARN: room for the ApplicationMaster", history.submitted, history.launched)
    yield _Phase("ApplicationMaster: its JVM starts", history.launched, history.master)
    yield _Phase("ApplicationMaster: sets up the job", history.master, history.started)
    yield _Phase("YARN: room for map tasks", history.started, first)
    inside = " in the ApplicationMaster" if history.uber else ""
    yield _Phase(f"map tasks{inside}", first, mapped, _attempt_spans(maps, zero))
    yield _Phase("reduce task", mapped, reduced, _attempt_spans(reduces, zero))
    yield _Phase("ApplicationMaster: commits the output", reduced or mapped, history.finished)
    yield _Phase("ApplicationMaster: ends", history.finished, history.ended)


def _last_end(attempts: Sequence[TaskAttempt]) -> float | None:
    return max((attempt.finished for attempt in attempts if attempt.finished), default=None)


def _attempt_spans(attempts: Sequence[TaskAttempt], zero: float) -> tuple[Span, ...]:
    """Those attempts of which start and end are known, by their start."""
    found = [
        Span(
            start=attempt.started - zero,
            seconds=attempt.finished - attempt.started,
            what=_name(attempt),
            node=attempt.host,
            parts=_parts(attempt, attempt.started, attempt.finished),
        )
        for attempt in attempts
        if attempt.started and attempt.finished
    ]
    return tuple(sorted(found, key=lambda span: (span.start, span.what)))


def _name(attempt: TaskAttempt) -> str:
    """Such as "map 3", or "map 3, try 2, killed" of an attempt that wasn't the good one."""
    *_, task, number = attempt.id.split("_")
    name = f"{attempt.kind.lower()} {int(task)}"
    if attempt.state != AttemptState.SUCCEEDED:
        return f"{name}, try {int(number) + 1}, {attempt.state.lower()}"
    return f"{name}, try {int(number) + 1}" if int(number) else name


def _parts(attempt: TaskAttempt, started: float, finished: float) -> dict[str, float]:
    """A map attempt's by what its Python counted, the rest being Hadoop's; a reduce's by phase."""
    if attempt.kind == "REDUCE":
        if not (attempt.shuffled and attempt.merged):
            return {}
        return {
            "start and shuffle": attempt.shuffled - started,
            "merge": attempt.merged - attempt.shuffled,
            "reduce": finished - attempt.merged,
        }
    counted = counted_stages(attempt.counters)
    if not counted:
        return {}
    return {"Hadoop": max(finished - started - sum(counted.values()), 0.0)} | counted


def read_history(job: Job, settings: Settings) -> tuple[History | None, str | None]:
    """What YARN knows of a job; else None, and why it can't be told."""
    if job.runner == Runner.LOCAL or not job.application:
        return None, None
    if not job.is_finished:
        return None, "its tasks' times come when it has ended"
    if settings.cluster is None:
        return None, "its tasks' times are its cluster's, and none is configured now"
    try:
        history = JobHistory(settings.cluster).history(job.application)
    except ClusterError as error:
        return None, error.message
    return history, None if history else "the JobHistory server doesn't have its tasks' times yet"


def render(spans: Sequence[Span], columns: int) -> list[str]:
    """The table's lines: start, seconds, bar to scale, what; wrapped at ``columns`` characters.

    The pause before bin/getresults takes no room in the bars.
    """
    pause = next((span for span in spans if span.what == PAUSE), Span(0, 0, PAUSE))
    whole = spans[-1].end if spans else 0.0
    rows = [row for top in spans for row in [(top, "", "="), *_inner_rows(top.inner)]]
    longest = max((len(indent + _title(span)) for span, indent, _ in rows), default=0)
    width = min(max(columns - longest - HEAD, NARROWEST), WIDEST)
    scale = width / max(whole - pause.seconds, SHORTEST)
    lines = [f"{'start':>7} {'took':>7}"]
    for span, indent, mark in rows:
        idle = span.what in (PAUSE, WAITING)
        begun = span.start - (pause.seconds if span.start >= pause.end else 0)
        left = min(max(round(begun * scale), 0), width - 1)
        right = min(max(round((begun + span.seconds) * scale), left + 1), width)
        bar = " " * left + (" " if idle else mark) * (right - left)
        head = f"{span.start:7.2f} {span.seconds:7.2f}  {bar:<{width}}  {indent}"
        lines += textwrap.wrap(
            _title(span) + _details(span),
            width=max(columns, HEAD + width + longest),
            initial_indent=head,
            subsequent_indent=" " * (len(head) + 2),
        )
    return [*lines, f"{'':7} {whole:7.2f}  in all"]


def _inner_rows(inner: Sequence[Span]) -> list[tuple[Span, str, str]]:
    """What is in a span, line by line; many tasks are summed up."""
    if len(inner) <= SHOWN_TASKS:
        return [(span, "  ", "-") for span in inner]
    start, end = inner[0].start, max(span.end for span in inner)
    names = dict.fromkeys(name for span in inner for name in span.parts)
    parts = {
        name: median(span.parts[name] for span in inner if name in span.parts) for name in names
    }
    middle = median(span.seconds for span in inner)
    every = Span(start, end - start, f"{len(inner)} attempts, median {middle:.2f}", parts=parts)
    slowest = max(inner, key=lambda span: span.seconds)
    slowest = replace(slowest, what=f"slowest: {slowest.what}")
    return [(every, "  ", "-"), (slowest, "  ", "-")]


def _title(span: Span) -> str:
    return f"{span.what} on {span.node}" if span.node else span.what


def _details(span: Span) -> str:
    parts = ((name, f"{seconds:.2f}") for name, seconds in span.parts.items())
    told = ", ".join(f"{name} {seconds}" for name, seconds in parts if seconds != "0.00")
    return f": {told}" if told else ""
