"""A job from nothing to its results: ``bin/submit`` and ``bin/getresults`` as processes, on a
cluster that is up and idle. Small is 1,000 lines of text, the other ``--rows`` rows of 20 numbers
with a logistic regression."""

import argparse
from collections.abc import Callable
from functools import partial
from statistics import median

from bench.report import Bar, SuiteReport
from bench.rounds import interleave, spread, table
from bench.scoring_cases import ScoringCase, expected_scores, make_case
from bench.timed_jobs import TimedJob, cluster_of, daemons_of, run_job
from howdah.settings import Settings

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "from bin/submit to results, a small job and a job of --rows rows"
NAMES = ()
SMALL_LINES = 1000


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Time the jobs in turn; with ``--runner local`` only what needs no cluster."""
    ours = daemons_of(cluster_of(settings)) if args.runner == "hadoop" else ""
    small = _job(make_case("text", SMALL_LINES, settings), settings)
    jobs = {"small_seconds_local": partial(small, runner="local")}
    if args.runner == "hadoop":
        large = _job(make_case("logistic", args.rows, settings), settings)
        jobs["small_seconds_hadoop"] = partial(small, runner="hadoop")
        jobs["cold_seconds"] = partial(large, runner="hadoop")
    done = interleave(jobs, args.rounds, ours)
    whole = {name: [ran.whole for ran in done.of(name)] for name in jobs}
    rows = [
        [
            name,
            spread(whole[name]),
            spread([ran.submit for ran in done.of(name)]),
            spread([ran.fetch for ran in done.of(name)]),
        ]
        for name in jobs
    ]
    text = table(("", "s", "of these submit", "and getresults"), rows)
    figures = {name: median(values) for name, values in whole.items()}
    bars = [Bar(name, values) for name, values in whole.items()]
    size = f"cold_seconds has {args.rows:,} rows; " if "cold_seconds" in jobs else ""
    return SuiteReport(figures, f"{text}\n\n{size}{done}.", "seconds", bars)


def _job(case: ScoringCase, settings: Settings) -> Callable[..., TimedJob]:
    return partial(run_job, case.source, case.model, settings, expected=expected_scores(case))
