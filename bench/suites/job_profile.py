"""Where a job's processor time goes: what each kind of process uses for a row more.

From a job of N rows to one of 3N, so that starting, stopping and imports cancel. What is left of
the cores' time when all processes are subtracted is the kernel's own threads' (write-back), and
what processes used after they were last looked at; idle is what nobody used.
"""

import argparse
import os
import threading
from collections import Counter
from functools import partial
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from bench import inputs
from bench.report import Bar, Measurement, SuiteReport, compose
from bench.rounds import interleave, spread
from bench.scoring_cases import expected_scores, make_case
from bench.timed_jobs import cluster_of, daemons_of, run_job
from howdah.settings import Settings

__all__ = ["ABOUT", "NAMES", "Usage", "kind_of", "run"]

ABOUT = "the processor time of a row in a job, by kind of process"
NAMES = ("logistic", "boosted", "text")
N = {"logistic": 10, "boosted": 3, "text": 3}  # in --rows
LOOK_SECONDS = 0.2
REST, IDLE = "kernel, and too short to see", "idle"
# the first that is in a process's command line tells its kind
KINDS = {
    "RunJar": "bin/submit: hadoop jar",
    "--mapper": "map tasks: Python",
    "--reducer": "reduce task: Python",
    "YarnChild": "tasks: JVM",
    "MRAppMaster": "ApplicationMaster",
    "datanode.DataNode": "DataNode",
    "namenode.NameNode": "NameNode",
    "NodeManager": "NodeManager",
    "ResourceManager": "ResourceManager",
    "JobHistoryServer": "JobHistory server",
    "howdah.submission.launcher": "bin/submit: launches",
    "getresults": "bin/getresults",
    "submit": "bin/submit: checks, uploads, watches",
}
OTHERS = "others"
HEAD = ("", *KINDS.values(), OTHERS, REST, IDLE)


class Usage:
    """Looks at every process until its end: ``ticks`` has the clock ticks of each kind."""

    def __init__(self) -> None:
        self.ticks: Counter[str] = Counter()
        self._seen: dict[tuple[str, str], tuple[str, int]] = {}
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample_on)

    def __str__(self) -> str:
        return f"{sum(self.ticks.values()) - self.ticks[IDLE]:,} ticks"

    def __enter__(self) -> Self:
        self._before = _cores()
        self.sample()
        self._first = dict(self._seen)
        self._sampler.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._sampler.join()
        self.sample()
        for process, (found, used) in self._seen.items():
            self.ticks[found] += used - self._first.get(process, ("", 0))[1]
        busy, idle = (now - then for now, then in zip(_cores(), self._before, strict=True))
        self.ticks |= {REST: busy - sum(self.ticks.values()), IDLE: idle}

    def _sample_on(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.sample()

    def sample(self) -> None:
        """Take note of what every process has used so far."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_text(errors="replace").split("\0")
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            process, used = (folder.name, fields[19]), int(fields[11]) + int(fields[12])
            known = self._seen.get(process, (OTHERS, 0))[0]  # who is ending has no words any more
            self._seen[process] = (kind_of(words) if words[0] else known), used


def _cores() -> tuple[int, int]:
    """The clock ticks that all cores were busy until now, and idle."""
    ticks = list(map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
    idle = ticks[3] + ticks[4]
    return sum(ticks[:7]) - idle, idle


def kind_of(words: list[str]) -> str:
    """Which of ``KINDS`` runs with this command line."""
    line = " ".join(words)
    return next((kind for mark, kind in KINDS.items() if mark in line), OTHERS)


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Profile what ``args.only`` names, or every model."""
    rows = [_profile(name, args, settings) for name in NAMES if args.only in (None, name)]
    return compose(HEAD, rows, "microseconds of a core a row")


def _profile(name: str, args: argparse.Namespace, settings: Settings) -> Measurement:
    cluster = cluster_of(settings)
    case = make_case(name, args.rows, settings)
    expected = expected_scores(case)

    def used(times: int) -> Usage:
        usage = Usage()
        with inputs.repeated(case.source, times) as source:
            run_job(source, case.model, settings, runner="hadoop", expected=expected, times=times,
                    watch=usage)  # fmt: skip
        return usage

    ends = {str(times): partial(used, times) for times in (N[name], 3 * N[name])}
    done = interleave(ends, args.rounds, daemons_of(cluster))
    unit = 1e6 / os.sysconf("SC_CLK_TCK") / (2 * N[name] * args.rows)
    costs = {
        kind: [
            (high.ticks[kind] - low.ticks[kind]) * unit
            for low, high in zip(*(done.of(end) for end in ends), strict=True)
        ]
        for kind in HEAD[1:]
    }
    cells = [f"{median(values):.2f}" for values in costs.values()]
    figures = {f"microseconds.{name}.{kind}": median(values) for kind, values in costs.items()}
    whole = [sum(each) for each in zip(*(costs[kind] for kind in HEAD[1:-1]), strict=True)]
    note = f"{name}: {spread(whole)} without idle; N is {N[name] * args.rows:,}; {done}"
    return Measurement(figures, [name, *cells], note, [Bar(name, whole)])
