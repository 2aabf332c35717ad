"""A manifest's fields on features and outputs: what a model reveals, and what its owner states."""

import argparse
import csv
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from howdah.errors import UsageError
from howdah.models.add_options import TYPES
from howdah.models.interface.model_interface import Feature, ModelInterface

__all__ = [
    "StatedTypes",
    "resolve_features",
    "resolve_outputs",
    "stated_types",
    "unknown_types_error",
]

NUMERIC = TYPES[:3]
SHOWN = 10

StatedTypes = Mapping[str, str | None]  # features by name, in order; each one's type, if given


def stated_types(args: argparse.Namespace) -> StatedTypes:
    """What ``--features``, ``--text`` and their like say; UsageError for a name given twice."""
    found: dict[str, str | None] = {}
    for word in _words(args.features, "--features"):
        name, _, kind = word.rpartition(":")
        if kind not in TYPES or not name:
            name, kind = word, ""
        if name in found:
            raise UsageError(f"--features names {name} twice", hint="each column once")
        found[name] = kind or None
    for kind in TYPES:
        for name in getattr(args, f"{kind}_features"):
            if found.get(name) not in (None, kind):
                raise UsageError(
                    f"{name} can't be {found[name]} and {kind}", hint="give one type for it"
                )
            found[name] = kind
    return found


def _words(text: str | None, option: str) -> list[str]:
    """A list between commas; a name with a comma in it stands in quotes."""
    if text is None:
        return []
    words = next(csv.reader([text], skipinitialspace=True), [])
    if not words or not all(word.strip() for word in words):
        raise UsageError(f"{option} {text}: an empty name", hint=f'{option} a,b,"c, d"')
    return words


def resolve_features(
    interface: ModelInterface, stated: StatedTypes, *, all_named: bool
) -> dict[str, str | None]:
    """The model's features by name, in its order, each with its type if that is certain.

    ``all_named``: ``stated`` names all of them, as ``--features`` does. Raises UsageError where
    names or types contradict what the model knows, or aren't known.
    """
    names = [feature.name for feature in interface.features]
    if None in names or not names:
        names = _names_for(interface, stated, all_named=all_named)
    fitted = [name for name in names if name is not None]
    if twice := [name for name, count in Counter(fitted).items() if count > 1]:
        raise UsageError(
            f"the model was fitted on several columns that are called {_listed(twice)}: a table's"
            " columns are found by their names",
            hint="fit it again on columns with a name each",
        )
    for name in stated:
        if name not in fitted:
            raise UsageError(
                f"the model was fitted without {name}", hint=f"its columns are {_listed(fitted)}"
            )
    if all_named and (left_out := [name for name in fitted if name not in stated]):
        raise UsageError(
            f"--features leaves out {left_out[0]}, which the model takes",
            hint=f"its columns are {_listed(fitted)}",
        )
    return {
        name: _type(name, feature, stated.get(name))
        for name, feature in zip(fitted, _features(interface, fitted), strict=True)
    }


def _names_for(
    interface: ModelInterface, stated: StatedTypes, *, all_named: bool
) -> list[str | None]:
    wanted = len(interface.features)
    if interface.input in ("texts", "series") and not stated:
        return ["text"]
    if not all_named:
        count = f"its {wanted} columns" if wanted else "its columns"
        raise UsageError(
            f"the model doesn't know the names of {count}",
            hint="--features a,b,c (with types where they aren't numbers: c:text)",
        )
    if wanted and len(stated) != wanted:
        raise UsageError(
            f"--features names {len(stated)} columns, and the model takes {wanted}",
            hint="name them all, in the order in which the model was fitted",
        )
    return [*stated]


def _type(name: str, feature: Feature, stated: str | None) -> str | None:
    """A feature's type, of what is learned and what is given."""
    learned: str | None = feature.type
    if learned is None or stated is None or stated == learned:
        return learned or stated
    if learned == "number" and stated in NUMERIC:
        return stated  # the model makes numbers of them
    if learned == "integer" and stated == "number":
        return learned
    raise UsageError(
        f"{name} can't be {stated}: {feature.why}",
        hint=f"leave its type out, or --features …,{name}:{learned}",
    )


def unknown_types_error(interface: ModelInterface, types: Mapping[str, str | None]) -> UsageError:
    """The error for features whose type nobody knows, with what was learned of the others."""
    lines = [
        f"  {name}: {kind or 'unknown'}{f' ({feature.why})' if feature.why else ''}"
        for (name, kind), feature in zip(types.items(), _features(interface, types), strict=True)
    ]
    if len(lines) > SHOWN:
        lines = [line for line in lines if ": unknown" in line][:SHOWN]
    names = [name for name, kind in types.items() if kind is None]
    return UsageError(
        f"the model doesn't tell the type of {_listed(names)}, and another one than it was"
        " trained with would give wrong scores:\n" + "\n".join(lines),
        hint="--sample TABLE, some records as they will be submitted; or"
        f" --features {','.join(f'{name}:TYPE' for name in names)[:200]}"
        f" with {', '.join(TYPES[:-1])} or text",
    )


def _features(interface: ModelInterface, names: Iterable[str]) -> Sequence[Feature]:
    """What the model tells of its features: nothing, if it doesn't know them."""
    return interface.features or [Feature(name, None, "") for name in names]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)[:200]


def resolve_outputs(interface: ModelInterface, args: argparse.Namespace) -> dict[str, Any]:
    """The manifest's fields that tell of the outputs; UsageError for what doesn't fit them."""
    stated: dict[str, Any] = {
        "kind": interface.kind,
        "score": interface.score,
        "labels": interface.labels,
        "labels_from": interface.labels_from,
    }
    if interface.kind == "several":
        return stated | _several(interface, args)
    if args.outputs is not None:
        raise UsageError("--outputs is for models with several outputs", hint="leave it out")
    if interface.kind != "binary":
        for option in ("positive_class", "threshold"):
            if getattr(args, option) is not None:
                raise UsageError(
                    f"--{option.replace('_', '-')} is for models of two classes with a score;"
                    f" this one's kind is {interface.kind}",
                    hint="leave it out",
                )
        return stated
    return stated | _binary(interface, args)


def _binary(interface: ModelInterface, args: argparse.Namespace) -> dict[str, Any]:
    positive = interface.positive
    if args.positive_class is not None:
        if args.positive_class not in interface.labels:
            raise UsageError(
                f"--positive-class {args.positive_class}: the classes are"
                f" {' and '.join(interface.labels)}"
            )
        positive = interface.labels.index(args.positive_class)
    of_chances = interface.score == "predict_proba"
    if positive != interface.positive and not of_chances:
        raise UsageError(
            "the model has no probabilities; its score is that of"
            f" {interface.labels[interface.positive]}"
        )
    threshold = interface.threshold
    if threshold is None:
        threshold = 0.5 if of_chances else 0.0
    elif positive != interface.positive:
        threshold = 1 - threshold
    if args.threshold is None:
        return {"positive": positive, "threshold": threshold}
    if not math.isfinite(args.threshold) or (of_chances and not 0 <= args.threshold <= 1):
        asked = "a probability, from 0 to 1" if of_chances else "a finite number"
        raise UsageError(f"--threshold {args.threshold}: it is {asked}")
    return {"positive": positive, "threshold": args.threshold, "labels_from": "threshold"}


def _several(interface: ModelInterface, args: argparse.Namespace) -> dict[str, Any]:
    for option in ("positive_class", "threshold"):
        if getattr(args, option) is not None:
            raise UsageError(
                f"--{option.replace('_', '-')} is for one output, and the model has"
                f" {len(interface.output_labels)}"
            )
    names = _words(args.outputs, "--outputs")
    names = names or [str(number) for number in range(1, len(interface.output_labels) + 1)]
    if len(names) != len(interface.output_labels) or len(set(names)) < len(names):
        raise UsageError(
            f"--outputs names {len(names)}, and the model has {len(interface.output_labels)}"
            " outputs, each with a name of its own"
        )
    return {"outputs": tuple(names), "output_labels": interface.output_labels}
