"""Inspecting a model where it runs: in the process that has its libraries, at the request of one
that hasn't.

``inspect`` runs there and answers in JSON, ``interface_of`` reads its answer here.
"""

from dataclasses import asdict
from typing import Any

from howdah.errors import ModelError
from howdah.models.interface.model_interface import Feature, ModelInterface

__all__ = ["inspect", "interface_of"]


def inspect(model: Any) -> dict[str, Any]:
    """What ``model`` takes and gives or, of one that can't be served, why not; as JSON."""
    # it is imported here, since the other side needn't have scikit-learn
    from howdah.models.interface.inspection import inspect_model

    try:
        found = inspect_model(model)
    except ModelError as error:
        return {"refused": error.message, "hint": error.hint}
    return asdict(found) | {"features": [_of_feature(feature) for feature in found.features]}


def _of_feature(feature: Feature) -> dict[str, Any]:
    """JSON has no dates or times; an example only helps to find a record that a model takes."""
    example = feature.example if isinstance(feature.example, (str, int, float)) else None
    return asdict(feature) | {"example": example}


def interface_of(answer: dict[str, Any]) -> ModelInterface:
    """What ``inspect`` has answered; raises ModelError for a model that can't be served."""
    if "refused" in answer:
        raise ModelError(answer["refused"], hint=answer["hint"])
    return ModelInterface(
        **answer
        | {
            "features": tuple(Feature(**feature) for feature in answer["features"]),
            "labels": tuple(answer["labels"]),
            "output_labels": tuple(map(tuple, answer["output_labels"])),
        }
    )
