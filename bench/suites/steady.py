"""The cluster's steady rate over the roof's, and what a row costs as inputs grow.

Steady rate: 2N rows over what a job of 3N takes longer than one of N, from ``bin/submit`` to
merged results; so starting, stopping and imports cancel. The roof: the same slope of as many plain
processes as there are cores (``plain_scoring.py``), each with its share of the same bytes, which it
reads from memory and writes to memory (/dev/shm). Where tasks have a model's compiled trees, the
plain processes still have scikit-learn's.

Growth: what a row takes from 10 to 30 times ``--rows``, over what it takes from 1 to 10 times.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from bench import inputs
from bench.report import Bar, Measurement, SuiteReport, compose
from bench.rounds import interleave, over, spread
from bench.scoring_cases import (
    COMPILED,
    Reader,
    ScoringCase,
    expected_scores,
    fastest_reader,
    make_case,
    plain_program,
)
from bench.suites import disk
from bench.timed_jobs import cluster_of, daemons_of, run_job
from howdah.errors import IntegrityError, UsageError
from howdah.settings import ROOT, Cluster, Settings

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "the cluster's steady rate over the roof's, growth with the input, transfers over dd"
N = {  # in --rows
    "logistic": 10,
    "boosted": 3,
    "forest": 3,
    f"boosted{COMPILED}": 3,
    f"forest{COMPILED}": 3,
    "text": 3,
}
NAMES = (*N, "disk")
HEAD = ("", "job, rows/s", "roof, rows/s", "steady over roof")


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Measure what ``args.only`` names, or everything."""
    cluster = cluster_of(settings)
    if cluster.uses_systemd:
        raise UsageError(
            "this suite compares the cluster with this machine's cores and disk; it has others",
            hint="bin/cluster up, for one that is this machine alone",
        )
    findings = [
        disk.measure(args, settings, cluster)
        if name == "disk"
        else _model(name, args, settings, cluster)
        for name in NAMES
        if args.only in (None, name)
    ]
    return compose(HEAD, findings, "speed over the roof's, and over dd's")


def _model(
    name: str, args: argparse.Namespace, settings: Settings, cluster: Cluster
) -> Measurement:
    """Compare jobs with the roof; those of logistic also among one another."""
    case, n = make_case(name, args.rows, settings), N[name]
    expected = expected_scores(case)
    reader = fastest_reader(case, expected)
    sizes = (1, n, 3 * n) if name == "logistic" else (n, 3 * n)

    def job_of(source: Path, times: int) -> float:
        return run_job(
            source, case.model, settings, runner="hadoop", expected=expected, times=times
        ).whole

    with ExitStack() as held:
        memory = held.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm"))
        parts = _cut(case.source, Path(memory))
        programs: dict[str, Callable[[], float]] = {}
        for times in sizes:
            source = held.enter_context(inputs.repeated(case.source, times))
            programs[f"job {times}"] = partial(job_of, source, times)
        for times in (n, 3 * n):
            programs[f"roof {times}"] = partial(_roof, case, reader, parts, expected, times)
        done = interleave(programs, args.rounds, daemons_of(cluster))

    def cost(program: str, low: int, high: int) -> list[float]:
        """Seconds a row, in each round."""
        rows = (high - low) * args.rows
        ends = zip(done.of(f"{program} {low}"), done.of(f"{program} {high}"), strict=True)
        return [(end - start) / rows for start, end in ends]

    job, plain = cost("job", n, 3 * n), cost("roof", n, 3 * n)
    ratios = over(plain, job)
    figures = {f"steady_over_roof.{name}": median(ratios)}
    rates = [spread([1 / each for each in costs], 0) for costs in (job, plain)]
    note = f"{name}: N is {n * args.rows:,}, plain reader {reader[0]}; {done}"
    if 1 in sizes:
        growth = over(job, cost("job", 1, n))
        figures["growth"] = median(growth)
        note += f". Growth: {spread(growth)}"
    return Measurement(figures, [name, *rates, spread(ratios)], note, [Bar(name, ratios)])


def _cut(source: Path, folder: Path) -> list[Path]:
    """The whole lines of ``source`` in files of ``folder``, one a core."""
    data, cores = source.read_bytes(), len(os.sched_getaffinity(0))
    ends = [data.find(b"\n", len(data) * core // cores) + 1 for core in range(1, cores)]
    paths = [folder / f"part{core}{source.suffix}" for core in range(cores)]
    for path, start, end in zip(paths, [0, *ends], [*ends, len(data)], strict=True):
        path.write_bytes(data[start:end])
    return paths


def _roof(
    case: ScoringCase, reader: Reader, parts: list[Path], expected: Path, times: int
) -> float:
    """The seconds that plain processes take, one for each part, each ``times`` over."""
    scored = [part.with_suffix(".scored") for part in parts]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    running = [
        subprocess.Popen(plain_program(case, reader, part, target, times), env=environ)
        for part, target in zip(parts, scored, strict=True)
    ]
    statuses = [process.wait() for process in running]
    passed = time.perf_counter() - start
    if any(statuses) or b"".join(map(Path.read_bytes, scored)) != expected.read_bytes():
        raise IntegrityError(f"the plain programs' scores differ from {expected}")
    return passed
