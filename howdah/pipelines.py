"""`bin/pipelines`: what can be run."""

import argparse
import json

from howdah.settings import Settings
from mr.pipelines import PIPELINES

__all__ = ["parser", "run"]


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/pipelines",
        description="List what can be run.",
        epilog="examples:\n  bin/pipelines\n  bin/submit comments.txt --pipeline moderation",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print the registry."""
    fields = ("name", "about", "output", "model")
    rows = [{field: getattr(p, field) for field in fields} for p in PIPELINES.values()]
    if args.json:
        print(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        print(f"{row['name']:<12} {row['about']}")
        print(f"{'':<12} scores.tsv: {row['output']}")
        print(f"{'':<12} model: {row['model'] or 'yours (bin/models add)'}")
    return 0
