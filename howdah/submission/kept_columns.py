"""Which of the input's columns are to stand beside the predictions: ``--keep``."""

import argparse
import csv
from collections.abc import Sequence

from howdah.errors import UsageError
from howdah.inputs.header import list_names
from howdah.suggestions import closest_name
from mr.pipelines.registry import Pipeline

__all__ = ["NONE", "check_keep", "kept_columns"]

NONE = "none"  # where there is no such column: none of them


def check_keep(args: argparse.Namespace, pipeline: Pipeline) -> None:
    """UsageError for ``--keep`` where no records with columns come out."""
    if args.keep is not None and pipeline.tally and not pipeline.takes_models:
        raise UsageError(
            f"--keep is of records that are scored, and pipeline {pipeline.name} counts",
            hint="leave it out",
        )


def kept_columns(stated: str, names: Sequence[str]) -> list[str]:
    """Those of an input's columns that are ``stated``, between commas, in that order; a name with
    a comma in it stands in quotes, as in CSV.

    Raises UsageError for a name that no column has, or that is there twice.
    """
    if stated == NONE and NONE not in names:
        return []
    kept = next(csv.reader([stated]), [])
    if not kept:
        raise UsageError("--keep is empty", hint=f"--keep {NONE} keeps none of the columns")
    for place, name in enumerate(kept):
        if name not in names:
            near = closest_name(name, names)
            raise UsageError(
                f"--keep {stated}: the input has no column {name!r}; it has {list_names(names)}",
                hint=f"did you mean {near}? " * bool(near)
                + "names stand between commas, without blanks that they don't have",
            )
        if name in kept[:place]:
            raise UsageError(f"--keep {stated}: {name} is there twice", hint="name it once")
    return kept
