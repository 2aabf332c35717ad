"""The mapper against the roof: one core, the same bytes in and out.

The roof (``bench.plain_scoring``) parses, predicts and formats in one plain process, with
the reader and the block size that are fastest here, and counts, rejects and sums up nothing.
"""

import argparse

from bench import columnar_case, inputs, scoring_cases
from bench.report import Measurement, SuiteReport, compose
from bench.roof_ratio import measure_case
from howdah.settings import Settings

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "the mapper's speed against a plain program's, and its peak memory"
NAMES = (*scoring_cases.NAMES, columnar_case.NAME, "memory")

MEMORY_BYTES = 2 << 30
HEAD = ("", "roof, s", "mapper, s", "ratio", "of CPU", "without start-up", "mapper's peak, MB")


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Measure what ``args.only`` names, or everything."""
    findings = [
        _memory(settings)
        if name == "memory"
        else columnar_case.compare_with_plain(args, settings)
        if name == columnar_case.NAME
        else measure_case(name, scoring_cases.make_case(name, args.rows, settings), args.rounds)
        for name in NAMES
        if args.only in (None, name)
    ]
    return compose(HEAD, findings, "the mapper's speed over the roof's, whole processes")


def _memory(settings: Settings) -> Measurement:
    """Find the peak memory, in MB, of a task with 2 GB of rows."""
    case = scoring_cases.make_case("logistic", 1_000_000, settings)
    scores = case.job / "mapped"
    times = -(-MEMORY_BYTES // case.source.stat().st_size)
    try:
        with inputs.repeated(case.source, times) as large:
            used = scoring_cases.run_mapper(case, large, scores)
            gigabytes = large.stat().st_size / 1e9
    finally:
        scores.unlink(missing_ok=True)
    note = f"memory: {used.peak:.0f} MB at the peak of {gigabytes:.1f} GB in {used.wall:.0f} s"
    return Measurement({"memory.mb": used.peak}, [], note, [])
