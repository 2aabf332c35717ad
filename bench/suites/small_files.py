"""Many small files against one file of the same bytes: both as jobs, from nothing to results."""

import argparse
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median

from bench.report import Bar, SuiteReport
from bench.rounds import interleave, over, spread, table
from bench.scoring_cases import expected_scores, make_case
from bench.timed_jobs import cluster_of, daemons_of, run_job
from howdah.settings import Settings

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "10,000 files against one file of their bytes, a job each"
NAMES = ()
FILES = 10_000
LEAST_ROWS = 5  # a file


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Time both in turn, on this machine and, unless ``--runner local``, on the cluster."""
    ours = daemons_of(cluster_of(settings)) if args.runner == "hadoop" else ""
    case = make_case("logistic", args.rows, settings)
    count = max(min(FILES, args.rows // LEAST_ROWS), 2)
    inputs = {"one": case.source, "many": _split(case.source, args.rows, count)}
    runners = ("local", "hadoop") if args.runner == "hadoop" else ("local",)
    expected = expected_scores(case)
    jobs = {
        f"{what}, {runner}": partial(
            run_job, source, case.model, settings, runner=runner, expected=expected
        )
        for runner in runners
        for what, source in inputs.items()
    }
    done = interleave(jobs, args.rounds, ours)
    figures, rows, bars = {}, [], []
    for runner in runners:
        one, many = ([ran.whole for ran in done.of(f"{what}, {runner}")] for what in inputs)
        ratios = over(many, one)
        figures[f"many_over_one.{runner}"] = median(ratios)
        rows.append([runner, spread(one), spread(many), spread(ratios)])
        bars.append(Bar(runner, ratios))
    text = table(("", "one file, s", f"{count:,} files, s", "many over one"), rows)
    size = case.source.stat().st_size / 1e6
    note = f"{args.rows:,} rows, {size:.1f} MB; {done}."
    return SuiteReport(
        figures, f"{text}\n\n{note}", "seconds of many files over those of one", bars
    )


def _split(source: Path, rows: int, count: int) -> Path:
    """The rows in so many files of their own, as a pattern."""
    folder = source.with_name(f"{source.stem}-in-{count}")
    whole = folder / ".whole"
    if not whole.exists():
        folder.mkdir(exist_ok=True)
        starts = [rows * number // count for number in range(count + 1)]
        with source.open("rb") as file:
            for number in range(count):
                lines = islice(file, starts[number + 1] - starts[number])
                (folder / f"{number:05d}.csv").write_bytes(b"".join(lines))
        whole.touch()
    return folder / "*.csv"
