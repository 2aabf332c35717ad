"""The features for which a model raises where a value is missing or infinite.

They are found by predictions of single records, beginning with one that the model takes; without
such a record nothing is known, and nothing refused. Knowing them only saves time later: records
that lack such a value are rejected without asking the model again.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mr.models.manifest import Manifest, ModelFault
from mr.pipelines.tabular import Tabular
from mr.records.block import Block
from mr.scoring.predictor import LoadedModel, Predictor
from mr.scoring.probe import probing

__all__ = [
    "Record",
    "RefusedValues",
    "candidate_records",
    "find_refused_values",
    "json_columns",
    "prediction_error",
]

NUMBERS = (1.0, 0.5, 2.0, 10.0, 0.0, -1.0)
MOST = 200  # features that are tried one by one
Record = Mapping[str, Any]


def candidate_records(manifest: Manifest, examples: Record) -> list[Record]:
    """Records that the model may take; ``examples`` are values of features that it knows."""
    types = dict(zip(manifest.features, manifest.types, strict=True))
    found: list[Record] = []
    for known in (examples, {}):
        for number in NUMBERS:
            invented = {"number": number, "integer": int(number), "boolean": True, "text": "a"}
            found.append({name: invented[kind] for name, kind in types.items()} | dict(known))
    return found


def json_columns(manifest: Manifest) -> dict[str, Any]:
    """The options of a table whose records are JSON objects of the features alone."""
    return {"format": "json", "delimiter": "", "columns": manifest.features}


def prediction_error(predictor: Predictor, manifest: Manifest, record: Record) -> str | None:
    """What the model raises for a record, in its own words; None where it answers."""
    bare = replace(manifest, refuses_missing=(), refuses_infinite=())
    scorer = Tabular(bare, predictor, json_columns(manifest))
    line = json.dumps({name: record[name] for name in manifest.features}).encode() + b"\n"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            batch, rejects = scorer.parse(Block(line, [0]))
            if rejects:
                return rejects[0].reason
            with probing():
                predictor.predict(batch.features)
    except ModelFault as fault:
        if not isinstance(predictor, LoadedModel):
            raise  # its process may have ended, and would raise for whatever comes next
        return str(fault)
    except Exception as error:  # whatever the model raises
        return f"{type(error).__name__}: {error}"
    return None


@dataclass(frozen=True)
class RefusedValues:
    """``taken``: a record that the model answers, if one was found, else ``why`` not; ``missing``
    and ``infinite``: the features for which it then raises."""

    taken: Record | None = None
    why: str = ""
    missing: tuple[str, ...] = ()
    infinite: tuple[str, ...] = ()


def find_refused_values(
    predictor: Predictor, manifest: Manifest, records: Sequence[Record]
) -> RefusedValues:
    """Find one of ``records`` that the model takes, and see what it raises for if it lacks."""
    why = ""
    for record in records:
        raised = prediction_error(predictor, manifest, record)
        if raised is None:
            break
        why = why or raised
    else:
        return RefusedValues(why=why)
    types = zip(manifest.features, manifest.types, strict=True)
    numbers = [name for name, kind in types if kind == "number"]
    return RefusedValues(
        taken=record,
        missing=_refused(predictor, manifest, record, manifest.features, None),
        infinite=_refused(predictor, manifest, record, numbers, float("inf")),
    )


def _refused(
    predictor: Predictor,
    manifest: Manifest,
    record: Record,
    features: Sequence[str],
    value: float | None,
) -> tuple[str, ...]:
    """Those of ``features`` for which the model raises if they alone have this value."""
    if prediction_error(predictor, manifest, {**record, **dict.fromkeys(features, value)}) is None:
        return ()
    return tuple(
        name
        for name in features[:MOST]
        if prediction_error(predictor, manifest, {**record, name: value})
    )
