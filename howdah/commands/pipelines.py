"""`bin/pipelines`: what can be run, and `show`: what one takes and gives."""

import argparse
from collections.abc import Iterator

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser
from howdah.errors import UsageError
from howdah.settings import Settings
from howdah.suggestions import did_you_mean
from mr.pipelines.registry import PIPELINES, Pipeline

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/pipelines
  bin/pipelines show requests-by-os
  bin/submit examples/comments.txt --pipeline moderation
"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/pipelines",
        description="List what can be run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    verbs = command.add_subparsers(dest="verb", metavar="show")
    show = verbs.add_parser("show", help="what one pipeline takes and gives")
    show.add_argument("name", metavar="NAME")
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Print the registry, or one entry of it."""
    if args.verb == "show":
        if args.name not in PIPELINES:
            ask = did_you_mean(args.name, PIPELINES)
            raise UsageError(
                f"there is no pipeline {args.name}", hint=f"{ask}bin/pipelines lists them"
            )
        shown = [PIPELINES[args.name]]
    else:
        shown = list(PIPELINES.values())
    if args.verb:
        answer.tell(**_described(shown[0]))
        answer.say(*_page(shown[0]))
    else:
        answer.rows([_described(pipeline) for pipeline in shown])
        answer.say(*(line for pipeline in shown for line in _lines(pipeline)))
    return 0


def _described(pipeline: Pipeline) -> dict[str, object]:
    fields = ("name", "about", "input", "results", "output", "model", "example")
    options = {option.name: option.about for option in pipeline.options}
    return {field: getattr(pipeline, field) for field in fields} | {"options": options}


def _model(pipeline: Pipeline) -> str:
    if pipeline.tally and not pipeline.takes_models:
        return "none"
    return pipeline.model or "yours (bin/models add)"


def _lines(pipeline: Pipeline) -> Iterator[str]:
    yield f"{pipeline.name:<14} {pipeline.about}"
    yield f"{'':<14} {pipeline.results}: {pipeline.output}"
    yield f"{'':<14} model: {_model(pipeline)}"


def _page(pipeline: Pipeline) -> Iterator[str]:
    rows = {
        pipeline.name: pipeline.about,
        "input": pipeline.input,
        "output": f"{pipeline.results}: {pipeline.output}",
        "model": _model(pipeline),
        "example": pipeline.example,
    }
    for name, value in rows.items():
        yield f"{name:<14} {value}"
    for option in pipeline.options:
        default = f" (default {option.default})" if option.default else ""
        yield f"{'--' + option.name:<14} {option.about}{default}"
