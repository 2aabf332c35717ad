"""What inspection finds out about a model: what it takes and what it gives."""

from dataclasses import dataclass
from typing import Any

__all__ = ["Feature", "ModelInterface"]


@dataclass(frozen=True)
class Feature:
    """A column that a model takes, as far as the model tells.

    ``name``: None where it knows none; ``type``: ``number``, ``integer``, ``boolean``, ``text``,
    or None where it can't be known; ``why``: how it shows, for people. ``missing``: True if the
    model was fitted with missing values of it or fills them in, False if it raises for them,
    else None. ``example``: a value that the model knows. ``of_booleans``: whether True is 1 to the
    model where it takes a number.
    """

    name: str | None
    type: str | None
    why: str
    missing: bool | None = None
    example: Any = None
    of_booleans: bool = True


@dataclass(frozen=True)
class ModelInterface:
    """What a model takes and gives, in the words of ``mr.models.manifest.Manifest``.

    ``features`` in the order in which the model takes them; empty where not even their number
    is known. ``threshold`` is the model's own (None: it has none), on ``threshold_scale``:
    ``probability`` or ``decision``, which is what all its scores are (empty: not binary).
    ``outputs`` counts them; ``output_labels`` are each one's classes where there are several
    (none: a number).
    """

    features: tuple[Feature, ...]
    input: str
    kind: str
    score: str
    labels: tuple[str, ...]
    positive: int
    threshold: float | None
    threshold_scale: str
    labels_from: str
    outputs: int
    output_labels: tuple[tuple[str, ...], ...]
