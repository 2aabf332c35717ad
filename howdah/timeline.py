"""Where a job's time went: its marks and its history as spans, and those as a table."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from howdah.jobs import Job
from howdah.yarn import Attempt, History

__all__ = ["PAUSE", "Span", "render", "timeline"]

PAUSE = "until bin/getresults was called"
WAITING = "waiting"
SHORTEST = 0.005  # a gap below this is the next span's
SHOWN_TASKS = 20
STAGES = ("start", "load", "read", "parse", "predict", "format", "write", "summarise")
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


def timeline(job: Job, marks: Mapping[str, float], history: History | None) -> list[Span]:
    """Spans that follow one another without a gap, from the command's start to the last mark.

    Marks are Unix seconds (``Jobs.marks``); ``history`` is None for the local runner, and
    while YARN hasn't told. What nothing is known of is "waiting".
    """
    zero = marks.get("command", job.created)
    spans: list[Span] = []
    now = 0.0
    for what, begun, ended, inner in _phases(job, marks, history, zero):
        if begun is None or ended is None or ended - zero <= now:
            continue
        if begun - zero > now + SHORTEST:
            gap = PAUSE if begun == marks.get("results") else WAITING
            spans.append(Span(now, begun - zero - now, gap))
            now = begun - zero
        spans.append(Span(now, ended - zero - now, what, inner=inner))
        now = ended - zero
    return spans


Phase = tuple[str, float | None, float | None, tuple[Span, ...]]


def _phases(
    job: Job, marks: Mapping[str, float], history: History | None, zero: float
) -> Iterator[Phase]:
    """What a job goes through, in this order; times that aren't known are None."""
    mark = marks.get

    def phase(what: str, begun: float | None, ended: float | None) -> Phase:
        return what, begun, ended, ()

    hadoop = job.runner == "hadoop"
    yield phase("bin/submit: Python starts and imports", mark("command"), mark("imported"))
    checked = "input, model, cluster" if hadoop else "input and model"
    yield phase(f"bin/submit: checks {checked}", mark("imported"), mark("planned"))
    stored = "uploads the input" if hadoop else "reads the input"
    yield phase(f"bin/submit: {stored}", mark("planned"), mark("stored"))
    yield phase("launcher: Python starts and imports", mark("launcher"), mark("launching"))
    if hadoop:
        yield phase("launcher: imports mrjob", mark("launching"), mark("mrjob"))
        yield phase("launcher: publishes code and model", mark("mrjob"), mark("published"))
        yield phase("launcher: mrjob prepares the job", mark("published"), mark("hadoop jar"))
        yield from _yarn_phases(mark("hadoop jar"), history, zero)
    else:
        yield phase("launcher: packs the code", mark("launching"), mark("prepared"))
        yield phase("map tasks", mark("prepared"), mark("mapped"))
        yield phase("reduce task", mark("mapped"), mark("run"))
    ended = history.ended or history.finished if history else mark("run")
    yield phase("bin/submit: notices the end", ended, mark("noticed") or job.finished)
    yield phase("bin/submit: checks the counts", mark("noticed"), job.finished)
    yield phase("bin/submit: prints the summary", job.finished, mark("told"))
    yield phase("bin/getresults: starts, finds the job", mark("results"), mark("fetching"))
    yield phase("bin/getresults: fetches and merges", mark("fetching"), mark("fetched"))


def _yarn_phases(jar: float | None, history: History | None, zero: float) -> Iterator[Phase]:
    if history is None:
        return
    maps = [attempt for attempt in history.attempts if attempt.kind == "MAP"]
    reduces = [attempt for attempt in history.attempts if attempt.kind == "REDUCE"]
    ends = {kind: _last_end(found) for kind, found in (("map", maps), ("reduce", reduces))}
    first = min((attempt.started for attempt in maps if attempt.started), default=None)
    yield "hadoop jar: until YARN has the job", jar, history.submitted, ()
    yield "YARN: room for the ApplicationMaster", history.submitted, history.launched, ()
    yield "ApplicationMaster: its JVM starts", history.launched, history.master, ()
    yield "ApplicationMaster: sets up the job", history.master, history.started, ()
    yield "YARN: room for map tasks", history.started, first, ()
    inside = " in the ApplicationMaster" if history.uber else ""
    yield f"map tasks{inside}", first, ends["map"], _attempt_spans(maps, zero)
    yield "reduce task", ends["map"], ends["reduce"], _attempt_spans(reduces, zero)
    committed = ends["reduce"] or ends["map"]
    yield "ApplicationMaster: commits the output", committed, history.finished, ()
    yield "ApplicationMaster: ends", history.finished, history.ended, ()


def _last_end(attempts: Sequence[Attempt]) -> float | None:
    return max((attempt.finished for attempt in attempts if attempt.finished), default=None)


def _attempt_spans(attempts: Sequence[Attempt], zero: float) -> tuple[Span, ...]:
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


def _name(attempt: Attempt) -> str:
    """Such as "map 3", or "map 3, try 2, killed" of an attempt that wasn't the good one."""
    *_, task, number = attempt.id.split("_")
    name = f"{attempt.kind.lower()} {int(task)}"
    if attempt.state != "SUCCEEDED":
        return f"{name}, try {int(number) + 1}, {attempt.state.lower()}"
    return f"{name}, try {int(number) + 1}" if int(number) else name


def _parts(attempt: Attempt, started: float, finished: float) -> dict[str, float]:
    """A map attempt's by what its Python counted, the rest being Hadoop's; a reduce's by phase."""
    if attempt.kind == "REDUCE":
        if not (attempt.shuffled and attempt.merged):
            return {}
        return {
            "start and shuffle": attempt.shuffled - started,
            "merge": attempt.merged - attempt.shuffled,
            "reduce": finished - attempt.merged,
        }
    stages = [name.removesuffix("_ms") for name in attempt.counters if name.endswith("_ms")]
    if not stages:
        return {}
    stages.sort(key=lambda stage: STAGES.index(stage) if stage in STAGES else len(STAGES))
    counted = {stage: attempt.counters[f"{stage}_ms"] / 1000 for stage in stages}
    return {"Hadoop": max(finished - started - sum(counted.values()), 0.0)} | counted


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
