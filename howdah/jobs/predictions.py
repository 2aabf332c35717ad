"""What a job's record says of its predictions: their columns, and what these mean."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from howdah.inputs.input_file import STDIN, InputFile
from mr.models.manifest import Manifest
from mr.pipelines.registry import PIPELINES
from mr.records.table import first_fields

__all__ = ["predicted_in", "renamed", "said_by", "said_by_all"]

FETCHED = {pipeline.results for pipeline in PIPELINES.values() if pipeline.scorer}


def said_by(manifest: Manifest, called: Mapping[str, str]) -> dict[str, Any]:
    """Of one model, whose columns are ``called`` so; those that others have the names of are
    ``renamed``."""
    is_binary = manifest.kind == "binary"
    of_classes = {label: f"score_{label}" for label in manifest.labels}
    return {
        "kind": manifest.kind,
        "labels": list(manifest.labels),
        "positive": manifest.labels[manifest.positive] if is_binary else None,
        "threshold": manifest.threshold if is_binary else None,
        "score": called.get("score"),
        "label": called.get("label"),
        "classes": {
            label: called[name]
            for label, name in of_classes.items()
            if manifest.kind == "classes" and name in called
        },
    } | _renamed(called)


def said_by_all(
    manifests: Sequence[Manifest], thresholds: Sequence[float], called: Mapping[str, str]
) -> dict[str, Any]:
    """Of several models of one kind, with the columns of each in ``models``; the threshold if all
    have the same."""
    same = thresholds[0] if len(set(thresholds)) == 1 else None
    what = said_by(manifests[0], called)
    return what | {
        "threshold": same if manifests[0].kind == "binary" else None,
        "classes": {},
        "models": {
            manifest.name: {
                name: called.get(f"{name}_{manifest.name}", called.get(name))
                for name in ("score", "label")
            }
            for manifest in manifests
        },
    }


def renamed(predicted: Mapping[str, Any]) -> list[str]:
    """What people are told of columns that are called otherwise, a sentence each."""
    return [
        f"the input has a column {name} already: the prediction's is called {other}"
        for name, other in predicted.get("renamed", {}).items()
    ]


def _renamed(called: Mapping[str, str]) -> dict[str, Any]:
    others = {name: other for name, other in called.items() if name != other}
    return {"renamed": others} if others else {}


def predicted_in(source: InputFile) -> Mapping[str, Any]:
    """What is known of the predictions in an input: of a step's scores from its job, of a file
    that was fetched from the run.json beside it."""
    if source.predicted or source.path or source.name == STDIN or source.columns:
        return source.predicted
    path = source.local_path.resolve()
    if path.name not in FETCHED:
        return {}
    try:
        told = json.loads((path.parent / "run.json").read_text())
        columns, predicted = told["columns"], told["predicted"]
        _, _, header = first_fields(source.first_line().decode())
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    is_of_run = isinstance(predicted, dict) and columns and {*columns} <= {*header}
    return predicted if is_of_run else {}
