"""Adding a model: it is loaded and inspected, compared with a sample, and gets a manifest."""

import argparse
import sys
import warnings
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

from howdah.errors import ModelError, UsageError
from howdah.models.add_options import TYPES, known_answers
from howdah.models.add_report import report_lines
from howdah.models.candidate_model import (
    Candidate,
    CandidateHere,
    candidate_here,
    candidate_there,
)
from howdah.models.interface.model_interface import ModelInterface
from howdah.models.manifest_fields import (
    resolve_features,
    resolve_outputs,
    stated_types,
    unknown_types_error,
)
from howdah.models.manifest_file import write_manifest
from howdah.models.model_source import ModelSource, find_source
from howdah.models.verification.model_comparison import compare_with_model
from howdah.models.verification.refused_values import (
    Record,
    RefusedValues,
    candidate_records,
    find_refused_values,
)
from howdah.models.verification.resource_usage import measure_resources
from howdah.models.verification.row_places import check_places, scored_features
from howdah.models.verification.sample import Sample, infer_types, read_sample, with_columns_for
from howdah.settings import Settings
from mr.models.manifest import Manifest, ModelFault
from mr.pipelines.scorers import SCORERS
from mr.scoring.predictor import Predictor

__all__ = ["add_model"]


def add_model(folder: Path, args: argparse.Namespace, settings: Settings) -> Manifest:
    """Make ``args.file`` a model in ``folder``, which is empty and of that name.

    Says on stderr what was found out, compared and not compared. Raises UsageError for arguments
    that don't fit the model or aren't enough, ModelError for a file that can't be loaded, isn't
    trusted, needs packages that can't be had, can't be compiled, or whose scores of the sample
    aren't the model's own.
    """
    try:
        with ExitStack() as held:
            return _add(folder, args, settings, held)
    except ModelFault as fault:
        raise ModelError(
            str(fault),
            hint="what it wrote before is above; try its file where it was made, with one record",
        ) from fault
    except SystemExit as exit_:  # else the command would end as the model says
        raise ModelError(
            f"the model ends Python when it is asked to predict: sys.exit({exit_.code})",
            hint="a model that raises for what it can't predict",
        ) from exit_


def _add(folder: Path, args: argparse.Namespace, settings: Settings, held: ExitStack) -> Manifest:
    """Nobody removes its environment until ``held`` is closed."""
    known = known_answers(args)
    scratch = folder.parent
    source = find_source(folder, args, settings, held)
    with _loaded(source, args.name) as candidate:
        interface, notes = candidate.inspect()
        manifest, sample, records = _make_manifest(interface, source, args, known, scratch)
        predictor = candidate.predictor(manifest)
        refused = _refused_values(predictor, interface, manifest, records)
        manifest = replace(
            manifest, refuses_missing=refused.missing, refuses_infinite=refused.infinite
        )
        places, bound = _places(predictor, manifest, sample)
        manifest = replace(manifest, places=places)
        if args.compiled and isinstance(candidate, CandidateHere):
            from howdah.models.compiler import compile_model

            file = folder / source.file
            manifest = compile_model(candidate.model, manifest, file, sample)
    write_manifest(manifest, folder)
    numbers = [n for n, one in zip(manifest.features, interface.features, strict=False)
               if one.type == "number"]  # fmt: skip
    packages = source.packages
    compared = None
    if sample:
        compared = compare_with_model(
            sample, manifest, folder, source.original, numbers, packages, bound
        )
    manifest = measure_resources(manifest, folder, sample, refused.taken, scratch, packages)
    manifest = replace(
        manifest,
        compared=compared.records if compared else 0,
        environment=source.sealed_environment(),
    )
    write_manifest(manifest, folder)
    for line in (*notes, *report_lines(interface, manifest, refused, compared, args)):
        print(f"  {line}", file=sys.stderr)
    return manifest


def _loaded(source: ModelSource, name: str) -> AbstractContextManager[Candidate]:
    # pandas may be needed: what the model takes isn't known yet
    provisional = Manifest(name, "tabular", "", input="frame", **source.manifest_fields)
    if source.environment is None:
        return candidate_here(provisional, source.folder)
    return candidate_there(provisional, source.folder, source.environment)


def _make_manifest(
    interface: ModelInterface,
    source: ModelSource,
    args: argparse.Namespace,
    known: Mapping[str, str],
    scratch: Path,
) -> tuple[Manifest, Sample | None, list[Record]]:
    """The manifest, of what the model reveals and its owner states; the sample, which may settle
    types; and a few of its records."""
    stated = stated_types(args)
    types = resolve_features(interface, stated, all_named=args.features is not None)
    manifest = Manifest(
        name=args.name,
        pipeline="text" if args.lines else "tabular",
        features=tuple(types),
        types=tuple(kind or "text" for kind in types.values()),
        input=_form(interface, types),
        refuses_booleans=tuple(
            name for name, alike in _booleans_alike(interface, types) if not alike
        ),
        decimals=args.decimals,
        description=args.description,
        **source.manifest_fields,
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
    first = read_sample(args.sample, replace(manifest, refuses_booleans=()), known, scratch)
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
    predictor: Predictor, interface: ModelInterface, manifest: Manifest, records: list[Record]
) -> RefusedValues:
    if manifest.pipeline != "tabular":
        return RefusedValues()
    examples = {
        name: feature.example
        for name, feature in zip(manifest.features, interface.features, strict=False)
        if feature.example is not None
    }
    return find_refused_values(predictor, manifest, records + candidate_records(manifest, examples))


def _places(predictor: Predictor, manifest: Manifest, sample: Sample | None) -> tuple[str, float]:
    """What is promised of a record at another place of a batch, and by how much its score may
    differ there."""
    if sample is None:
        return "", 0.0
    options = sample.columns.options if manifest.pipeline == "tabular" else {}
    scorer = SCORERS[manifest.pipeline]()(manifest, predictor, options)
    features = scored_features(scorer, manifest, sample)
    with predictor.one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return check_places(predictor.predict, features, manifest)
