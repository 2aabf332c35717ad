"""``bin/bench``: measures Howdah; each of its suites is a module of ``bench.suites``."""

import argparse
import json
import signal
import sys

from bench import report
from bench.scoring_cases import remove_models
from bench.suites import (
    cold,
    job_profile,
    models,
    peer_comparison,
    pipelines,
    roof,
    scale,
    small_files,
    steady,
)
from howdah.settings import Settings

__all__ = ["parser", "run"]

SUITES = {
    "roof": roof,
    "models": models,
    "cold": cold,
    "peers": peer_comparison,
    "steady": steady,
    "profile": job_profile,
    "pipelines": pipelines,
    "scale": scale,
    "smallfiles": small_files,
}
EXAMPLES = """\
examples:
  bin/bench roof                        the mapper against the roof: 1M rows, 1M texts
  bin/bench roof --rows 100000 --rounds 3 --only logistic
  bin/bench roof --only memory          a task's peak memory with 2 GB of input
  bin/bench cold --runner local         a small job on this machine alone
  bin/bench steady --write              the cluster against the roof; kept in docs/performance.md
"""


def parser() -> argparse.ArgumentParser:
    """The command line of ``bin/bench``."""
    top = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measure Howdah on this machine.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    suites = top.add_subparsers(dest="suite", metavar="SUITE")
    for name, suite in SUITES.items():
        one = suites.add_parser(name, help=suite.ABOUT, description=suite.ABOUT)
        one.add_argument(
            "--rows", type=int, default=1_000_000, help="records of an input (1000000)"
        )
        one.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
        one.add_argument("--json", action="store_true", help="print a JSON object, for programs")
        one.add_argument("--write", action="store_true", help="keep it in docs/performance.md")
        if suite.NAMES:
            one.add_argument("--only", choices=suite.NAMES, help="measure one thing")
    for name in ("cold", "smallfiles"):
        suites.choices[name].add_argument(
            "--runner",
            choices=("hadoop", "local"),
            default="hadoop",
            help="local: without a cluster",
        )
    suites.choices["scale"].add_argument(
        "--splits", type=int, default=0, help="map tasks of each job (default: Howdah's own choice)"
    )
    return top


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run the suite that was asked for; without one, say which there are."""
    if args.suite is None:
        parser().print_help()
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing large stays then, either
    try:
        found = SUITES[args.suite].run(args, settings)
    finally:
        remove_models(settings)
    print(found.text, file=sys.stderr if args.json else sys.stdout)
    if args.json:
        print(json.dumps({name: round(value, 3) for name, value in found.figures.items()}))
    if args.write:
        report.write(found, args.suite, settings.root / "docs")
    return 0
