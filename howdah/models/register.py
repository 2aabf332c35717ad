"""Adding a model: load it once, ask it what it is, hold it to a sample, copy its file."""

import argparse
import importlib.metadata
import json
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from howdah.errors import ModelError, UsageError
from howdah.models.card import gives
from howdah.models.draft import TYPES, declared, features_of, outputs_of, unclear
from howdah.models.interface.learn import Interface, learn
from howdah.models.trial.footprint import measured
from howdah.models.trial.sample import Comparison, Sample, compare, look, read_sample
from howdah.models.trial.single_records import Record, Trials, invented_records, try_records
from mr.models.loading import load_files
from mr.models.manifest import Manifest, ModelFileError, sha256_of
from mr.spec import MODEL_FILE

__all__ = ["add_arguments", "add_model"]

MOST_DECIMALS = 15


def add_arguments(add: argparse.ArgumentParser) -> None:
    """What ``bin/models add`` takes."""
    add.add_argument("name", help="what to call it: letters, digits, - and _")
    add.add_argument("file", type=Path, help="a .joblib or .skops file")
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
        help="columns of the sample that have known answers, which are compared too",
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
    add.add_argument("--outputs", metavar="NAMES", help="of a model with several, in its order")
    add.add_argument("--decimals", type=int, default=6, help="of the scores, 0 to 15 (default 6)")
    add.add_argument(
        "--compiled",
        action="store_true",
        help="compile its trees (needs a C compiler); the scores stay the same, bit by bit",
    )
    add.add_argument("--description", default="", help="a sentence for bin/models")


def add_model(folder: Path, args: argparse.Namespace) -> Manifest:
    """Make ``args.file`` a model in ``folder``, which is empty and of that name.

    Says on stderr what was learned, compared and not compared. Raises UsageError for arguments
    that don't fit the model or aren't enough, ModelError for a file that can't be loaded, isn't
    trusted, was fitted with another scikit-learn, can't be compiled, or whose scores of the
    sample aren't the model's own.
    """
    known = _check_arguments(args)
    scratch = folder.parent
    file = folder / f"model{args.file.suffix}"
    original = scratch / file.name
    shutil.copyfile(args.file, file)
    shutil.copyfile(args.file, original)
    model = _load(args.name, file)
    told = learn(model)
    manifest, sample, records = _describe(told, file, args, known, scratch)
    trials = _trials(model, told, manifest, records)
    manifest = replace(manifest, refuses_missing=trials.missing, refuses_infinite=trials.infinite)
    if args.compiled:
        from howdah.models.compiler import compile_model

        manifest = compile_model(model, manifest, file, sample)
    _write(manifest, folder)
    numbers = [n for n, one in zip(manifest.features, told.features, strict=False)
               if one.type == "number"]  # fmt: skip
    compared = compare(sample, manifest, folder, original, numbers) if sample else None
    manifest = measured(manifest, folder, sample, trials.taken, scratch)
    manifest = replace(manifest, compared=compared.records if compared else 0)
    _write(manifest, folder)
    for line in _told(told, manifest, trials, compared, args):
        print(f"  {line}", file=sys.stderr)
    return manifest


def _check_arguments(args: argparse.Namespace) -> dict[str, str]:
    """Raise UsageError for what can't be meant; the columns of known answers."""
    if not args.file.is_file():
        raise UsageError(f"{args.file} does not exist", hint="give a .joblib or .skops file")
    if args.file.suffix not in (".joblib", ".skops"):
        raise UsageError(
            f"{args.file} is neither .joblib nor .skops",
            hint="save it with joblib.dump or skops.io.dump",
        )
    if not 0 <= args.decimals <= MOST_DECIMALS:
        raise UsageError(f"--decimals {args.decimals}: it is 0 to {MOST_DECIMALS}")
    if args.expected and not args.sample:
        raise UsageError("--expected names columns of --sample TABLE", hint="give both")
    known: dict[str, str] = {}
    for word in args.expected.split(",") if args.expected else ():
        of, _, column = word.partition("=")
        if of not in ("label", "score") or not column:
            raise UsageError(f"--expected {args.expected}", hint="label=COLUMN,score=COLUMN")
        known[of] = column
    return known


def _load(name: str, file: Path) -> Any:
    """The model; ModelError where it can't be loaded here."""
    from sklearn.exceptions import InconsistentVersionWarning

    # pandas may be needed: what the model takes isn't known yet
    draft = Manifest(name, "tabular", "", "", {file.name: sha256_of(file)}, input="frame")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            (model,) = load_files(draft, file.parent).values()
        except InconsistentVersionWarning as warning:
            raise ModelError(
                f"{file.name} was fitted with scikit-learn {warning.original_sklearn_version},"
                f" and {warning.current_sklearn_version} runs here",
                hint="fit and save it again with that version",
            ) from None
        except ModelFileError as error:
            raise ModelError(str(error), hint="save it without them, or as joblib") from None
        except Exception as error:
            raise ModelError(
                f"{file.name} can't be loaded: {type(error).__name__}: {error}",
                hint="does it need a package that isn't here?",
            ) from error
    return model


def _describe(
    told: Interface, file: Path, args: argparse.Namespace, known: Mapping[str, str], folder: Path
) -> tuple[Manifest, Sample | None, list[Record]]:
    """The manifest, of what is learned and given; the sample, which may settle types; and a few
    of its records."""
    given = declared(args)
    types = features_of(told, given, all_named=args.features is not None)
    manifest = Manifest(
        name=args.name,
        pipeline="text" if args.lines else "tabular",
        scikit_learn=importlib.metadata.version("scikit-learn"),
        files={file.name: sha256_of(file)},
        features=tuple(types),
        types=tuple(kind or "text" for kind in types.values()),
        input=_form(told, types),
        refuses_booleans=tuple(name for name, alike in _alike(told, types) if not alike),
        decimals=args.decimals,
        description=args.description,
        **outputs_of(told, args),
    )
    if args.lines and told.input not in ("texts", "series"):
        raise UsageError(
            "--lines is for models that take texts alone: a vectorizer and what comes behind it",
            hint="leave --lines out",
        )
    open_types = [name for name, kind in types.items() if kind is None]
    if not args.sample:
        if open_types:
            raise unclear(told, types)
        return manifest, None, []
    doubtful = [name for name in manifest.refuses_booleans if name not in given]
    first = read_sample(args.sample, replace(manifest, refuses_booleans=()), known, folder)
    found, records = look(first, manifest, open_types + doubtful)
    found = {n: kind for n, kind in found.items() if n in open_types or kind == "boolean"}
    if vague := {name: kind for name, kind in found.items() if kind not in TYPES}:
        name, what = next(iter(vague.items()))
        raise UsageError(
            f"{name} has {what} in {first.name}: the type that it was trained with isn't certain",
            hint=f"--features …,{name}:number, or the type that it had",
        )
    types |= found
    settled = replace(manifest, types=tuple(map(str, types.values())), input=_form(told, types))
    return settled, read_sample(args.sample, settled, known, folder), [*records]


def _form(told: Interface, types: Mapping[str, str | None]) -> str:
    """An array has one type: what was fitted on a frame with others gets a frame."""
    of_frame = told.input == "array" and all(feature.name for feature in told.features)
    return "frame" if of_frame and {*types.values()} != {"number"} else told.input


def _alike(told: Interface, names: Iterable[str]) -> list[tuple[str, bool]]:
    """Of each feature, whether booleans are 1 and 0 to the model."""
    alike = [feature.of_booleans for feature in told.features] or [True for _ in names]
    return list(zip(names, alike, strict=True))


def _trials(model: Any, told: Interface, manifest: Manifest, records: list[Record]) -> Trials:
    if manifest.pipeline != "tabular":
        return Trials()
    examples = {
        name: feature.example
        for name, feature in zip(manifest.features, told.features, strict=False)
        if feature.example is not None
    }
    return try_records(model, manifest, records + invented_records(manifest, examples))


def _told(
    told: Interface,
    manifest: Manifest,
    trials: Trials,
    compared: Comparison | None,
    args: argparse.Namespace,
) -> Iterator[str]:
    """What was learned and compared, and what wasn't."""
    for name, what in gives(manifest):
        yield f"{name}: {what}"
    for (kind, why), names in _by_type(told, manifest).items():
        yield f"{kind}: {', '.join(names)[:200]}{f' ({why})' if why else ''}"
    if trials.why:
        yield f"no record that was tried was taken, which tells nothing: {trials.why}"
    if compared is None:
        yield ("nothing was compared with the model itself: --sample TABLE does it, with some"
               " records as they will be submitted")  # fmt: skip
        return
    records = f"{compared.records:,} records of {args.sample}"
    yield f"compared with the model itself: {records}, all alike"
    for reason, count in compared.rejected.items():
        yield f"{count:,} of them are rejected, as the model raises for them: {reason}"
    if args.expected:
        yield f"known answers in {args.expected}: all alike"
    if unseen := sorted({*manifest.labels} - compared.labels):
        yield f"no record of the sample is {' or '.join(unseen)[:200]}"
    if compared.absent:
        yield f"no record of the sample has {', '.join(sorted(compared.absent))[:200]}"
    if complete := [name for name in manifest.features if name not in compared.missing]:
        yield f"no record of the sample lacks {', '.join(complete)[:200]}"


def _by_type(told: Interface, manifest: Manifest) -> dict[tuple[str, str], list[str]]:
    """The features' names by their type and what tells it."""
    whys = [feature.why if feature.type else "" for feature in told.features]
    whys += [""] * (len(manifest.features) - len(whys))
    found: dict[tuple[str, str], list[str]] = {}
    for name, kind, why in zip(manifest.features, manifest.types, whys, strict=True):
        found.setdefault((kind, why), []).append(name)
    return found


def _write(manifest: Manifest, folder: Path) -> None:
    (folder / MODEL_FILE).write_text(_as_toml(manifest))


def _as_toml(manifest: Manifest) -> str:
    """The manifest as TOML; JSON's strings, numbers and lists are TOML's, too."""
    lines = []
    for field in fields(Manifest):
        value = getattr(manifest, field.name)
        if field.name not in ("files", "wheel", "compiled"):
            lines.append(f"{field.name} = {json.dumps(value)}")
    lines += ["", "[files]", *(f'"{name}" = "{sha}"' for name, sha in manifest.files.items())]
    if manifest.compiled is not None:
        said = manifest.compiled.items()
        lines += ["", "[compiled]", *(f"{name} = {json.dumps(value)}" for name, value in said)]
    return "\n".join(lines) + "\n"
