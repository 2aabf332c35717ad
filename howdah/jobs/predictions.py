"""What a job's record says of its predictions: their columns, and what these mean."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from howdah.inputs.input_file import STDIN, InputFile
from mr.models.manifest import Manifest
from mr.pipelines.registry import PIPELINES
from mr.records.table import first_fields

__all__ = ["known_predictions", "predictions_of_model", "predictions_of_models", "renaming_notes"]

FETCHED = {  # in any format that has columns
    pipeline.results.removesuffix("tsv") + suffix
    for pipeline in PIPELINES.values()
    if pipeline.scorer
    for form in ("tsv", "csv", "jsonl")
    for suffix in (form, f"{form}.gz")
}


def predictions_of_model(manifest: Manifest, columns: Mapping[str, str]) -> dict[str, Any]:
    """What one model's predictions are. ``columns`` has each column's name in the results, by the
    name that it would have if the input had no column of that name."""
    is_binary = manifest.kind == "binary"
    of_classes = {label: f"score_{label}" for label in manifest.labels}
    return {
        "kind": manifest.kind,
        "labels": list(manifest.labels),
        "positive": manifest.labels[manifest.positive] if is_binary else None,
        "threshold": manifest.threshold if is_binary else None,
        "score": columns.get("score"),
        "label": columns.get("label"),
        "classes": {
            label: columns[name]
            for label, name in of_classes.items()
            if manifest.kind == "classes" and name in columns
        },
    } | _renamed(columns)


def predictions_of_models(
    manifests: Sequence[Manifest], thresholds: Sequence[float], columns: Mapping[str, str]
) -> dict[str, Any]:
    """The same of several models of one kind: the columns of each are in ``models``, and the
    threshold is told if all have the same."""
    same = thresholds[0] if len(set(thresholds)) == 1 else None
    what = predictions_of_model(manifests[0], columns)
    return what | {
        "threshold": same if manifests[0].kind == "binary" else None,
        "classes": {},
        "models": {
            manifest.name: {
                name: columns.get(f"{name}_{manifest.name}", columns.get(name))
                for name in ("score", "label")
            }
            for manifest in manifests
        },
    }


def renaming_notes(predicted: Mapping[str, Any]) -> list[str]:
    """For people, a sentence for each column of predictions that has another name than usual."""
    return [
        f"the input has a column {name} already: the prediction's is called {other}"
        for name, other in predicted.get("renamed", {}).items()
    ]


def _renamed(columns: Mapping[str, str]) -> dict[str, Any]:
    others = {name: other for name, other in columns.items() if name != other}
    return {"renamed": others} if others else {}


def known_predictions(source: InputFile) -> Mapping[str, Any]:
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
