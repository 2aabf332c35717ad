"""A manifest's draft: what a model says of itself, and what its owner says beside that."""

import argparse
import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from howdah.errors import UsageError
from howdah.models.interface.learn import Feature, Interface

__all__ = ["TYPES", "Declared", "declared", "features_of", "outputs_of", "unclear"]

TYPES = ("number", "integer", "boolean", "text")
NUMERIC = TYPES[:3]
SHOWN = 10

Declared = Mapping[str, str | None]  # features by name, in order; each one's type, if given


def declared(args: argparse.Namespace) -> Declared:
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


def features_of(told: Interface, given: Declared, *, all_named: bool) -> dict[str, str | None]:
    """The model's features by name, in its order, each with its type if that is certain.

    ``all_named``: ``given`` names all of them, as ``--features`` does. Raises UsageError where
    names or types contradict what the model knows, or aren't known.
    """
    names = [feature.name for feature in told.features]
    if None in names or not names:
        names = _names_for(told, given, all_named=all_named)
    fitted = [name for name in names if name is not None]
    for name in given:
        if name not in fitted:
            raise UsageError(
                f"the model was fitted without {name}", hint=f"its columns are {_listed(fitted)}"
            )
    if all_named and (left_out := [name for name in fitted if name not in given]):
        raise UsageError(
            f"--features leaves out {left_out[0]}, which the model takes",
            hint=f"its columns are {_listed(fitted)}",
        )
    return {
        name: _type(name, feature, given.get(name))
        for name, feature in zip(fitted, _features(told, fitted), strict=True)
    }


def _names_for(told: Interface, given: Declared, *, all_named: bool) -> list[str | None]:
    wanted = len(told.features)
    if told.input in ("texts", "series") and not given:
        return ["text"]
    if not all_named:
        count = f"its {wanted} columns" if wanted else "its columns"
        raise UsageError(
            f"the model doesn't know the names of {count}",
            hint="--features a,b,c (with types where they aren't numbers: c:text)",
        )
    if wanted and len(given) != wanted:
        raise UsageError(
            f"--features names {len(given)} columns, and the model takes {wanted}",
            hint="name them all, in the order in which the model was fitted",
        )
    return [*given]


def _type(name: str, feature: Feature, given: str | None) -> str | None:
    """A feature's type, of what is learned and what is given."""
    learned: str | None = feature.type
    if learned is None or given is None or given == learned:
        return learned or given
    if learned == "number" and given in NUMERIC:
        return given  # the model makes numbers of them
    if learned == "integer" and given == "number":
        return learned
    raise UsageError(
        f"{name} can't be {given}: {feature.why}",
        hint=f"leave its type out, or --features …,{name}:{learned}",
    )


def unclear(told: Interface, types: Mapping[str, str | None]) -> UsageError:
    """The error for features whose type nobody knows, with what was learned of the others."""
    lines = [
        f"  {name}: {kind or 'unknown'}{f' ({feature.why})' if feature.why else ''}"
        for (name, kind), feature in zip(types.items(), _features(told, types), strict=True)
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


def _features(told: Interface, names: Iterable[str]) -> Sequence[Feature]:
    """What the model tells of its features: nothing, if it doesn't know them."""
    return told.features or [Feature(name, None, "") for name in names]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)[:200]


def outputs_of(told: Interface, args: argparse.Namespace) -> dict[str, Any]:
    """The manifest's fields that tell of the outputs; UsageError for what doesn't fit them."""
    stated: dict[str, Any] = {
        "kind": told.kind,
        "score": told.score,
        "labels": told.labels,
        "labels_from": told.labels_from,
    }
    if told.kind == "several":
        return stated | _several(told, args)
    if args.outputs is not None:
        raise UsageError("--outputs is for models with several outputs", hint="leave it out")
    if told.kind != "binary":
        for option in ("positive_class", "threshold"):
            if getattr(args, option) is not None:
                raise UsageError(
                    f"--{option.replace('_', '-')} is for models of two classes with a score;"
                    f" this one's kind is {told.kind}",
                    hint="leave it out",
                )
        return stated
    return stated | _binary(told, args)


def _binary(told: Interface, args: argparse.Namespace) -> dict[str, Any]:
    positive = told.positive
    if args.positive_class is not None:
        if args.positive_class not in told.labels:
            raise UsageError(
                f"--positive-class {args.positive_class}: the classes are"
                f" {' and '.join(told.labels)}"
            )
        positive = told.labels.index(args.positive_class)
    of_chances = told.score == "predict_proba"
    if positive != told.positive and not of_chances:
        raise UsageError(
            f"the model has no probabilities; its score is that of {told.labels[told.positive]}"
        )
    threshold = told.threshold
    if threshold is None:
        threshold = 0.5 if of_chances else 0.0
    elif positive != told.positive:
        threshold = 1 - threshold
    if args.threshold is None:
        return {"positive": positive, "threshold": threshold}
    if not math.isfinite(args.threshold) or (of_chances and not 0 <= args.threshold <= 1):
        asked = "a probability, from 0 to 1" if of_chances else "a finite number"
        raise UsageError(f"--threshold {args.threshold}: it is {asked}")
    return {"positive": positive, "threshold": args.threshold, "labels_from": "threshold"}


def _several(told: Interface, args: argparse.Namespace) -> dict[str, Any]:
    for option in ("positive_class", "threshold"):
        if getattr(args, option) is not None:
            raise UsageError(
                f"--{option.replace('_', '-')} is for one output, and the model has"
                f" {len(told.output_labels)}"
            )
    names = _words(args.outputs, "--outputs")
    names = names or [str(number) for number in range(1, len(told.output_labels) + 1)]
    if len(names) != len(told.output_labels) or len(set(names)) < len(names):
        raise UsageError(
            f"--outputs names {len(names)}, and the model has {len(told.output_labels)}"
            " outputs, each with a name of its own"
        )
    return {"outputs": tuple(names), "output_labels": told.output_labels}
