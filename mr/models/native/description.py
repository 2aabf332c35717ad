"""What a model of a library's own file format takes and gives, as its file tells."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Description", "NativeFeature", "class_texts", "describe"]


@dataclass(frozen=True)
class NativeFeature:
    """A column that the model takes.

    ``name``: None where the file has none; ``type``: ``number``, ``integer``, ``boolean``,
    ``text``, or None where the file can't tell; ``why``: how it shows, for people. ``missing``:
    False if the model raises for missing values, None where nothing is known of them.
    ``example``: a value that the file has. ``of_booleans``: True is 1 to all of these libraries.
    """

    name: str | None
    type: str | None
    why: str
    missing: bool | None = None
    example: Any = None
    of_booleans: bool = True


@dataclass(frozen=True)
class Description:
    """What a model takes and gives, in the words of ``mr.models.manifest.Manifest``.

    ``threshold`` is the model's own, on ``threshold_scale``: ``probability`` or ``decision``, which
    is what the scores of two classes are. ``output_labels``: each output's classes where there are
    several outputs (none: a number). ``notes``: sentences on what the file leaves open.
    """

    features: tuple[NativeFeature, ...]
    input: str
    kind: str
    score: str
    labels: tuple[str, ...] = ()
    positive: int = 1
    threshold: float | None = None
    threshold_scale: str = ""
    labels_from: str = "predict"
    outputs: int = 1
    output_labels: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


def describe(model: Any) -> dict[str, Any]:
    """The description of a model that ``load_native`` has loaded, as JSON can hold it."""
    return asdict(model.description)


def class_texts(classes: Iterable[Any]) -> tuple[str, ...]:
    """Classes as they are written."""
    return tuple(map(str, classes))


def numbers(names: Sequence[str] | None, width: int, why: str) -> tuple[NativeFeature, ...]:
    """``width`` features that are numbers."""
    return tuple(
        NativeFeature(names[place] if names else None, "number", why) for place in range(width)
    )
