"""`bin/doctor`: everything that stops a job, checked, each with its fix."""

import argparse
from dataclasses import asdict

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.diagnosis.cluster import check_cluster_in_use
from howdah.diagnosis.environments import check_environments
from howdah.diagnosis.host import check_host
from howdah.diagnosis.models import check_models
from howdah.settings import Settings

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/doctor",
        description="Check everything that stops a job; each problem comes with its fix.",
        epilog="examples:\n  bin/doctor\n  bin/doctor --json\n\n"
        "exit status: 0 all is well; 1 something is to be mended",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Print every check; 1 if one needs mending."""
    checks = [
        *check_host(settings),
        *check_models(settings),
        *check_environments(settings),
        *check_cluster_in_use(settings),
    ]
    answer.rows([asdict(check) for check in checks])
    answer.say(*map(str, checks))
    return int(any(check.fix for check in checks))
