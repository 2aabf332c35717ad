"""Adding a model: it is loaded and inspected, compared with a sample, and gets a manifest."""

import argparse
import importlib.metadata
import json
import shutil
import sys
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from howdah.errors import ModelError, UsageError
from howdah.models.add_options import TYPES, known_answers
from howdah.models.add_report import report_lines
from howdah.models.interface.inspection import ModelInterface, inspect_model
from howdah.models.manifest_fields import (
    resolve_features,
    resolve_outputs,
    stated_types,
    unknown_types_error,
)
from howdah.models.verification.model_comparison import compare_with_model
from howdah.models.verification.refused_values import (
    Record,
    RefusedValues,
    candidate_records,
    find_refused_values,
)
from howdah.models.verification.resource_usage import measure_resources
from howdah.models.verification.sample import Sample, infer_types, read_sample, with_columns_for
from mr.models.loading import load_files
from mr.models.manifest import Manifest, ModelFileError, sha256_of
from mr.scoring.predictor import LoadedModel
from mr.spec import MODEL_FILE

__all__ = ["add_model", "as_toml"]


def add_model(folder: Path, args: argparse.Namespace) -> Manifest:
    """Make ``args.file`` a model in ``folder``, which is empty and of that name.

    Says on stderr what was found out, compared and not compared. Raises UsageError for arguments
    that don't fit the model or aren't enough, ModelError for a file that can't be loaded, isn't
    trusted, was fitted with another scikit-learn, can't be compiled, or whose scores of the
    sample aren't the model's own.
    """
    known = known_answers(args)
    scratch = folder.parent
    file = folder / f"model{args.file.suffix}"
    original = scratch / file.name
    shutil.copyfile(args.file, file)
    shutil.copyfile(args.file, original)
    model = _load(args.name, file)
    interface = inspect_model(model)
    manifest, sample, records = _make_manifest(interface, file, args, known, scratch)
    refused = _refused_values(model, interface, manifest, records)
    manifest = replace(manifest, refuses_missing=refused.missing, refuses_infinite=refused.infinite)
    if args.compiled:
        from howdah.models.compiler import compile_model

        manifest = compile_model(model, manifest, file, sample)
    _write(manifest, folder)
    numbers = [n for n, one in zip(manifest.features, interface.features, strict=False)
               if one.type == "number"]  # fmt: skip
    compared = compare_with_model(sample, manifest, folder, original, numbers) if sample else None
    manifest = measure_resources(manifest, folder, sample, refused.taken, scratch)
    manifest = replace(manifest, compared=compared.records if compared else 0)
    _write(manifest, folder)
    for line in report_lines(interface, manifest, refused, compared, args):
        print(f"  {line}", file=sys.stderr)
    return manifest


def _load(name: str, file: Path) -> Any:
    """The model; ModelError where it can't be loaded here."""
    from sklearn.exceptions import InconsistentVersionWarning

    # pandas may be needed: what the model takes isn't known yet
    provisional = Manifest(name, "tabular", "", {file.name: sha256_of(file)}, input="frame")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            (model,) = load_files(provisional, file.parent).values()
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


def _make_manifest(
    interface: ModelInterface,
    file: Path,
    args: argparse.Namespace,
    known: Mapping[str, str],
    folder: Path,
) -> tuple[Manifest, Sample | None, list[Record]]:
    """The manifest, of what the model reveals and its owner states; the sample, which may settle
    types; and a few of its records."""
    stated = stated_types(args)
    types = resolve_features(interface, stated, all_named=args.features is not None)
    manifest = Manifest(
        name=args.name,
        pipeline="text" if args.lines else "tabular",
        scikit_learn=importlib.metadata.version("scikit-learn"),
        files={file.name: sha256_of(file)},
        features=tuple(types),
        types=tuple(kind or "text" for kind in types.values()),
        input=_form(interface, types),
        refuses_booleans=tuple(
            name for name, alike in _booleans_alike(interface, types) if not alike
        ),
        decimals=args.decimals,
        description=args.description,
        **resolve_outputs(interface, args),
    )
    if args.lines and interface.input not in ("texts", "series"):
        raise UsageError(
            "--lines is for models that take texts alone: a vectorizer and what comes behind it",
            hint="leave --lines out",
        )
    open_types = [name for name, kind in types.items() if kind is None]
    if not args.sample:
        if open_types:
            raise unknown_types_error(interface, types)
        return manifest, None, []
    doubtful = [name for name in manifest.refuses_booleans if name not in stated]
    first = read_sample(args.sample, replace(manifest, refuses_booleans=()), known, folder)
    found, records = infer_types(first, manifest, open_types + doubtful)
    found = {n: kind for n, kind in found.items() if n in open_types or kind == "boolean"}
    if vague := {name: kind for name, kind in found.items() if kind not in TYPES}:
        name, what = next(iter(vague.items()))
        raise UsageError(
            f"{name} has {what} in {first.name}: the type that it was trained with isn't certain",
            hint=f"--features …,{name}:number, or the type that it had",
        )
    types |= found
    settled = replace(
        manifest, types=tuple(map(str, types.values())), input=_form(interface, types)
    )
    return settled, with_columns_for(first, settled), [*records]


def _form(interface: ModelInterface, types: Mapping[str, str | None]) -> str:
    """An array has one type: what was fitted on a frame with others gets a frame."""
    of_frame = interface.input == "array" and all(feature.name for feature in interface.features)
    return "frame" if of_frame and {*types.values()} != {"number"} else interface.input


def _booleans_alike(interface: ModelInterface, names: Iterable[str]) -> list[tuple[str, bool]]:
    """Of each feature, whether booleans are 1 and 0 to the model."""
    alike = [feature.of_booleans for feature in interface.features] or [True for _ in names]
    return list(zip(names, alike, strict=True))


def _refused_values(
    model: Any, interface: ModelInterface, manifest: Manifest, records: list[Record]
) -> RefusedValues:
    if manifest.pipeline != "tabular":
        return RefusedValues()
    examples = {
        name: feature.example
        for name, feature in zip(manifest.features, interface.features, strict=False)
        if feature.example is not None
    }
    predictor = LoadedModel(model, manifest)
    return find_refused_values(predictor, manifest, records + candidate_records(manifest, examples))


def _write(manifest: Manifest, folder: Path) -> None:
    (folder / MODEL_FILE).write_text(as_toml(manifest), "utf-8")


def as_toml(manifest: Manifest) -> str:
    """The manifest as TOML, tables last; one that it doesn't have is left out."""
    lines, tables = [], []
    for field in fields(Manifest):
        value = getattr(manifest, field.name)
        if isinstance(value, dict):
            tables += ["", f"[{field.name}]"]
            tables += [f"{_value(name)} = {_value(each)}" for name, each in value.items()]
        elif value is not None:
            lines.append(f"{field.name} = {_value(value)}")
    return "\n".join(lines + tables) + "\n"


def _value(value: Any) -> str:
    """JSON's strings, numbers and lists are TOML's, too, but for DEL and surrogates' escapes."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
