"""A cold job against other ways to do the same on this machine: the same bytes scored with the same
model, each from the start of its first process to a merged scores.tsv.

The naive way, a record at a time, is given a sample only: what that takes longer than a few rows
do is scaled to all rows, and what these few take is added once. Those that run without a cluster
are compared with Howdah's local runner as well.
"""

import argparse
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from bench import inputs
from bench.peers import PEERS, command, ensure
from bench.report import Bar, SuiteReport
from bench.rounds import interleave, over, spread, table
from bench.scoring_cases import ScoringCase, expected_scores, make_case
from bench.timed_jobs import await_idle, check_scores, cluster_of, daemons_of, run_job
from howdah.settings import Cluster, Settings

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "a cold job against Spark, Ray, Dask and a mapper that scores record by record"
NAMES = PEERS
LOCAL = ("ray", "dask")
SAMPLED = "naive"
SAMPLE, FEW = 20_000, 100  # rows


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Time Howdah and each peer in turn."""
    cluster = cluster_of(settings)
    case = make_case("logistic", args.rows, settings)
    expected = expected_scores(case)
    sample = min(SAMPLE, args.rows)

    def howdah(runner: str) -> float:
        return run_job(case.source, case.model, settings, runner=runner, expected=expected).whole

    programs: dict[str, Callable[[], float]] = {
        "howdah": partial(howdah, "hadoop"),
        "howdah, local": partial(howdah, "local"),
    }
    names = [name for name in NAMES if args.only in (None, name)]
    for name in names:
        python = ensure(name, settings.state / "bench" / "peers")
        for rows in (FEW, sample) if name == SAMPLED else (args.rows,):
            given, wanted = (inputs.head(path, rows) for path in (case.source, expected))
            work = partial(_peer, name, python, case, given, wanted, cluster)
            programs[f"{name}, {rows} rows" if name == SAMPLED else name] = work
    done = interleave(programs, args.rounds, daemons_of(cluster))

    def whole(name: str) -> list[float]:
        """Seconds for all rows, in each round."""
        if name != SAMPLED:
            return done.of(name)
        few, many = (done.of(f"{name}, {rows} rows") for rows in (FEW, sample))
        scale = (args.rows - FEW) / (sample - FEW)
        return [start + (end - start) * scale for start, end in zip(few, many, strict=True)]

    took = {name: whole(name) for name in ("howdah", "howdah, local", *names)}
    ratios = {name: over(took["howdah"], took[name]) for name in names}
    local = {name: over(took["howdah, local"], took[name]) for name in names if name in LOCAL}
    rows = [[name, spread(took[name]), "", ""] for name in ("howdah", "howdah, local")]
    for name in names:
        label = f"{name}, scaled from {sample:,} rows" if name == SAMPLED else name
        without = spread(local[name]) if name in local else ""
        rows.append([label, spread(took[name]), spread(ratios[name]), without])
    text = table(("", "s", "howdah over it", "howdah, local, over it"), rows)
    figures = {f"cold_over_{name}": median(values) for name, values in ratios.items()}
    figures |= {f"cold_local_over_{name}": median(values) for name, values in local.items()}
    bars = [Bar(name, values) for name, values in ratios.items()]
    bars += [Bar(f"{name}, howdah local", values) for name, values in local.items()]
    return SuiteReport(
        figures, f"{text}\n\n{args.rows:,} rows; {done}.", "howdah's time over its", bars
    )


def _peer(
    name: str, python: Path, case: ScoringCase, source: Path, expected: Path, cluster: Cluster
) -> float:
    """The seconds that a peer takes to score ``source``; its scores must be ``expected``."""
    await_idle(cluster)
    target = case.job / "peer"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    words, environ = command(name, python, source, case.files[0], target, cluster)
    with (target / "log").open("wb") as log:
        os.sync()  # what others left to be written isn't timed
        start = time.perf_counter()
        done = subprocess.run(
            words, env=os.environ | environ, stdout=log, stderr=subprocess.STDOUT, check=False
        )
        passed = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{name} failed, exit {done.returncode}; {target}/log says why")
    check_scores(target / "scores.tsv", expected)
    return passed
