"""`bin/top`: the machines, HDFS, YARN and the jobs, live in a terminal."""

import argparse
import os
import shutil
import sys

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser, seconds_from
from howdah.monitoring.live_view import show_live, title
from howdah.monitoring.snapshot import as_json, take_snapshot
from howdah.monitoring.terminal_view import draw
from howdah.settings import Settings

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/top                   until q or Ctrl-C
  bin/top --every 2         a look each 2 seconds
  bin/top --once            one look, as text; so is bin/top | less
  bin/top --json | jq '.signals.cpu_busy'
"""
PERIOD = 5.0  # seconds
SHORTEST_PERIOD = 1.0


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/top",
        description="Show how busy and how well the machines, HDFS, YARN and the jobs are.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--once", action="store_true", help="look once; so it does in a pipe")
    command.add_argument("--json", action="store_true", help="look once, and print JSON")
    command.add_argument(
        "--every",
        type=seconds_from(SHORTEST_PERIOD),
        default=PERIOD,
        metavar="SECONDS",
        help=f"how often to look (default: {PERIOD:g})",
    )
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Show a look, or one after the other."""
    cluster = settings.require_cluster()
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    if args.json:
        answer.tell(**as_json(take_snapshot(cluster)))
    elif args.once or not (sys.stdin.isatty() and sys.stdout.isatty()):
        snapshot = take_snapshot(cluster)
        styled = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(title(snapshot))
        print("\n".join(draw(snapshot, shutil.get_terminal_size((100, 24)).columns, styled=styled)))
    else:
        show_live(cluster, args.every)
    return 0
