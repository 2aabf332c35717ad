"""``bin/bench``: measures Howdah; each suite is a module, and prints its own tables."""

import argparse
from pathlib import Path

from howdah.settings import Settings
from tests.bench import roof

__all__ = ["parser", "run"]

EXAMPLES = """\
examples:
  bin/bench roof                        the mapper against the roof: 1M rows, 1M texts
  bin/bench roof --rows 100000 --rounds 3 --only logistic
  bin/bench roof --only memory          a task's peak memory with 2 GB of input
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
    one = suites.add_parser("roof", help=roof.ABOUT, description=roof.ABOUT)
    one.add_argument("--rows", type=int, default=1_000_000, help="records of an input (1000000)")
    one.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    one.add_argument("--only", choices=roof.NAMES, help="measure one thing")
    one.add_argument("--json", action="store_true", help="print a JSON object, for programs")
    return top


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run the suite that was asked for; without one, say which there are."""
    if args.suite is None:
        parser().print_help()
        return 2
    folder: Path = settings.state / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return roof.run(args, folder, settings.root)
