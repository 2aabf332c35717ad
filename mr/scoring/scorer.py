"""What every pipeline's scoring is made of: a batch, its prediction, and their lines of output.

TSV fields are escaped: a backslash is written ``\\\\``, a tab ``\\t``, a carriage return
``\\r`` and, where a field can hold one, a newline ``\\n``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mr.models.manifest import Manifest
from mr.records.block import Block, Reject
from mr.scoring.answers import check_classes, predict_rows
from mr.scoring.format import Layout
from mr.scoring.prediction import Prediction, join
from mr.scoring.questions import ROWS_AT_ONCE, are_trees

__all__ = [
    "ROWS_AT_ONCE",
    "Batch",
    "Prediction",
    "Scorer",
    "are_trees",
    "check_classes",
    "join",
    "predict_rows",
]


@dataclass(frozen=True)
class Batch:
    """The n parsed records of a block.

    ``fields``: what is kept of each beside its prediction, as escaped TSV; ``features``: n
    rows, sliced by row, as the model takes them; ``lines``: line numbers in the block read.
    """

    fields: list[bytes]
    features: Any
    lines: Sequence[int]


class Scorer(Protocol):
    """A pipeline's part in a task: pure functions on blocks around a loaded model."""

    layout: Layout
    block_size: int

    def __init__(
        self, manifest: Manifest, files: Mapping[str, Any], options: Mapping[str, Any]
    ) -> None: ...

    def parse(self, block: Block) -> tuple[Batch, list[Reject]]: ...

    def predict(self, features: Any) -> Prediction: ...
