"""What ``bin/models add`` says of a model: what was found out and compared, and what wasn't."""

import argparse
from collections.abc import Iterator

from howdah.models.card import describe_outputs
from howdah.models.interface.model_interface import ModelInterface
from howdah.models.verification.model_comparison import Comparison
from howdah.models.verification.record_difference import is_score
from howdah.models.verification.refused_values import RefusedValues
from mr.models.manifest import Manifest

__all__ = ["report_lines"]

MOST_TOLD = 4  # digits of known answers: that scores are compared to fewer is said


def report_lines(
    interface: ModelInterface,
    manifest: Manifest,
    refused: RefusedValues,
    compared: Comparison | None,
    args: argparse.Namespace,
) -> Iterator[str]:
    """What was learned and compared, and what wasn't."""
    for name, what in describe_outputs(manifest):
        yield f"{name}: {what}"
    for (kind, why), names in _by_type(interface, manifest).items():
        yield f"{kind}: {', '.join(names)[:200]}{f' ({why})' if why else ''}"
    if refused.why:
        yield f"no record that was tried was taken, which tells nothing: {refused.why}"
    if compared is None:
        yield ("nothing was compared with the model itself: --sample TABLE does it, with some"
               " records as they will be submitted")  # fmt: skip
        return
    records = f"{compared.records:,} records of {args.sample}"
    yield f"compared with the model itself: {records}, all alike"
    if manifest.places:
        yield manifest.places
    for reason, count in compared.rejected.items():
        yield f"{count:,} of them are rejected, as the model raises for them: {reason}"
    if args.expected:
        yield f"known answers in {args.expected}: {_known_answers(manifest, compared)}"
    if unseen := sorted({*manifest.labels} - compared.labels):
        yield f"no record of the sample is {' or '.join(unseen)[:200]}"
    if compared.absent:
        yield f"no record of the sample has {', '.join(sorted(compared.absent))[:200]}"
    if complete := [name for name in manifest.features if name not in compared.missing]:
        yield f"no record of the sample lacks {', '.join(complete)[:200]}"


def _known_answers(manifest: Manifest, compared: Comparison) -> str:
    """How many were alike, where some records have none, and how exactly, where they are short."""
    scored = compared.records - sum(compared.rejected.values())
    fewest = min(compared.known.values())
    count = (
        "all alike" if fewest == scored else f"alike, {fewest:,} of {scored:,} records have them"
    )
    digits = min((n for of, n in compared.digits.items() if is_score(of)), default=MOST_TOLD)
    if digits < min(manifest.decimals, MOST_TOLD):
        count += f"; to {digits} digits behind the point, as they are written"
    return count


def _by_type(interface: ModelInterface, manifest: Manifest) -> dict[tuple[str, str], list[str]]:
    """The features' names by their type and what tells it."""
    whys = [feature.why if feature.type else "" for feature in interface.features]
    whys += [""] * (len(manifest.features) - len(whys))
    found: dict[tuple[str, str], list[str]] = {}
    for name, kind, why in zip(manifest.features, manifest.types, whys, strict=True):
        found.setdefault((kind, why), []).append(name)
    return found
