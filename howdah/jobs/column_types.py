"""Which columns of a job's results hold numbers, as its models and its input say; others are texts.

Formats of results that have types go by it: JSON lines and Parquet.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mr.models.manifest import Manifest

__all__ = ["FORMATS", "result_types"]

FORMATS = ("tsv", "csv", "jsonl", "parquet")  # of results
TYPED = ("number", "integer", "boolean")


def result_types(
    manifests: Sequence[Manifest],
    options: Mapping[str, Any],
    predicted: Mapping[str, str],
    of_schema: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """``number``, ``integer`` or ``boolean`` by column: those of features of which all models say
    the same, and those of predictions, whose names in the results are ``predicted``.

    Features of numbers that the input writes as True and False are booleans; what it writes with
    a decimal comma or thousands separators stays a text. Where the input has types itself, those
    ``of_schema`` are the columns'.
    """
    columns = options.get("keep", options.get("columns", ()))
    predictions = {
        called: kind for name, called in predicted.items() if (kind := _of_prediction(name))
    }
    if of_schema is not None:
        return {name: of_schema[name] for name in columns if name in of_schema} | predictions
    found: dict[str, set[str]] = {}
    for manifest in manifests if options.get("format") else ():
        for name, kind in zip(manifest.features, manifest.all_types, strict=True):
            is_flag = kind == "number" and name in options.get("booleans", ())
            found.setdefault(name, set()).add("boolean" if is_flag else kind)
    foreign = options.get("decimal") not in (None, "", ".") or options.get("thousands")
    features = {
        name: kind
        for name in columns
        if len(found.get(name, ())) == 1
        and (kind := next(iter(found[name]))) in TYPED
        and not (foreign and kind != "boolean")
    }
    return features | predictions


def _of_prediction(name: str) -> str:
    """The type of a prediction's column, by its usual name."""
    first = name.partition("_")[0]
    return {"score": "number", "distance": "number", "cluster": "integer"}.get(first, "")
