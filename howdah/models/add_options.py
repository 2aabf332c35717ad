"""The options of ``bin/models add``."""

import argparse
from pathlib import Path

from howdah.errors import UsageError

__all__ = ["TYPES", "add_arguments", "known_answers"]

TYPES = ("number", "integer", "boolean", "text")  # of features
MOST_DECIMALS = 15


def add_arguments(add: argparse.ArgumentParser) -> None:
    """What ``bin/models add`` takes."""
    add.add_argument("name", help="what to call it: letters, digits, - and _")
    add.add_argument(
        "file",
        type=Path,
        help="its file: joblib, pickle, skops, ONNX, or XGBoost's, LightGBM's or CatBoost's own; or"
        " a folder that MLflow saved",
    )
    add.add_argument(
        "--sample",
        type=Path,
        metavar="TABLE",
        help="some records as they will be submitted: Howdah's scores of them are compared with"
        " the model's own",
    )
    add.add_argument(
        "--expected",
        metavar="label=COLUMN,score=COLUMN",
        help="columns of the sample that have known answers, which are compared too; of more than"
        " two classes, or several outputs: label=COLUMN,score_CLASS=COLUMN and so on",
    )
    add.add_argument(
        "--features",
        metavar="NAMES",
        help="the columns that it takes, in its order, where it doesn't know them, and their"
        ' types where these aren\'t certain: a,b:integer,"c, d":text',
    )
    for kind in TYPES:
        short = {"boolean": "bool"}.get(kind, kind)
        add.add_argument(
            f"--{short}",
            dest=f"{kind}_features",
            action="append",
            default=[],
            metavar="COLUMN",
            help=f"a feature of type {kind}",
        )
    add.add_argument(
        "--lines", action="store_true", help="it scores texts, one a line, rather than tables"
    )
    add.add_argument("--positive-class", help="binary: whose probability is the score")
    add.add_argument(
        "--threshold",
        type=float,
        help="binary: above it, the positive class (default: as the model's predict has it)",
    )
    add.add_argument(
        "--requires",
        metavar="VERSIONS",
        help="the packages that it was made with, where its file doesn't tell:"
        " 'scikit-learn==1.5.2, xgboost==2.1.4', or a requirements file",
    )
    add.add_argument(
        "--code",
        type=Path,
        metavar="MODULE",
        help="what its maker wrote of the functions and classes that it names: a .py file, a"
        " package, or a folder of those",
    )
    add.add_argument("--outputs", metavar="NAMES", help="of a model with several, in its order")
    add.add_argument("--decimals", type=int, default=6, help="of the scores, 0 to 15 (default 6)")
    add.add_argument(
        "--compiled",
        action="store_true",
        help="compile its trees (needs a C compiler); the scores stay the same, bit by bit",
    )
    add.add_argument("--description", default="", help="a sentence for bin/models")


def known_answers(args: argparse.Namespace) -> dict[str, str]:
    """Raise UsageError for what can't be meant; the columns of known answers."""
    if not args.file.exists():
        raise UsageError(
            f"{args.file} does not exist", hint="give the file that the model was saved in"
        )
    if not 0 <= args.decimals <= MOST_DECIMALS:
        raise UsageError(f"--decimals {args.decimals}: it is 0 to {MOST_DECIMALS}")
    if args.expected and not args.sample:
        raise UsageError("--expected names columns of --sample TABLE", hint="give both")
    known: dict[str, str] = {}
    for word in args.expected.split(",") if args.expected else ():
        of, _, column = word.partition("=")
        if not of or not column:
            raise UsageError(f"--expected {args.expected}", hint="label=COLUMN,score=COLUMN")
        if of in known:
            raise UsageError(f"--expected names {of} twice", hint="each column once")
        known[of] = column
    return known
