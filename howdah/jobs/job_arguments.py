"""What the command line says of one job, or of one step of a workflow."""

import argparse

from howdah.jobs.column_types import FORMATS
from mr.pipelines.registry import PIPELINES

__all__ = ["DEFAULT_PIPELINE", "MAX_REJECTED", "OPTIONS", "add_job_arguments"]

MAX_REJECTED = float("0.01")  # the very object is what wasn't given
OPTIONS = {option.name: option for one in PIPELINES.values() for option in one.options}


def add_job_arguments(command: argparse.ArgumentParser) -> None:
    """Add what is the same for a job and for a step."""
    command.add_argument("--model", metavar="M", help="what to score with; bin/models lists them")
    command.add_argument(
        "--max-rejected",
        type=_rate,
        default=MAX_REJECTED,
        metavar="RATE",
        help="the share of records that may be rejected (default 0.01)",
    )
    command.add_argument(
        "--splits",
        type=_count,
        default=0,
        metavar="N",
        help="map tasks (default: by size and cores)",
    )
    command.add_argument(
        "--no-header",
        action="store_true",
        help="a table's first line is a record: its fields are the model's features, in their"
        " order",
    )
    command.add_argument(
        "--keep",
        metavar="COLUMNS",
        help="of the input's columns, only these stand beside the predictions: id,city; or none",
    )
    command.add_argument(
        "--output",
        choices=FORMATS,
        help="the format that bin/getresults writes the results in (default tsv)",
    )
    command.add_argument(
        "--encoding",
        metavar="NAME",
        help="of texts that aren't UTF-8: windows-1252, latin-1, utf-16-le, shift_jis, …",
    )
    command.add_argument(
        "--skip-lines",
        type=_count,
        default=0,
        metavar="N",
        help="lines that each file has before its header or first record",
    )
    command.add_argument(
        "--keep-in-store",
        action="store_true",
        help="the results stay in HDFS until bin/results rm, not for 30 days alone",
    )
    _add_options(command)


def _add_options(command: argparse.ArgumentParser) -> None:
    """Add what each pipeline has; one that several have is told of with the first of them."""
    known: set[str] = set()
    for pipeline in PIPELINES.values():
        if not pipeline.options:
            continue
        shared = [f"--{option.name}" for option in pipeline.options if option.name in known]
        also = f"also {', '.join(shared)}: bin/pipelines show {pipeline.name}" if shared else None
        group = command.add_argument_group(f"of pipeline {pipeline.name}", also)
        for option in pipeline.options:
            if option.name not in known:
                default = f" (default {option.default})" if option.default else ""
                group.add_argument(f"--{option.name}", metavar="VALUE", help=option.about + default)
        known |= {option.name for option in pipeline.options}


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1
    if not 0 <= rate <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number between 0 and 1")
    return rate


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return int(text)


DEFAULT_PIPELINE = "moderation"
