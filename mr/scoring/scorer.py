"""What a pipeline that scores provides: it parses blocks into batches, and has them predicted.

TSV fields are escaped: a backslash is written ``\\\\``, a tab ``\\t``, a carriage return
``\\r`` and, where a field can hold one, a newline ``\\n``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mr.models.manifest import Manifest
from mr.records.block import Block, Reject
from mr.scoring.format import Layout
from mr.scoring.predictor import Predictor

__all__ = ["Batch", "Scorer"]


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
    """A pipeline that scores, in a task: pure functions on blocks, and the ``predictor`` that
    batches' features are given to, whole or some of their rows.

    ``layout`` says where the prediction stands in an output line; ``block_size``: how many bytes
    of input are scored at once; ``needed``: the columns that are read of files that have their
    rows in columns.
    """

    predictor: Predictor
    layout: Layout
    block_size: int
    needed: Sequence[str]

    def __init__(
        self, manifest: Manifest, predictor: Predictor, options: Mapping[str, Any]
    ) -> None: ...

    def parse(self, block: Block) -> tuple[Batch, list[Reject]]:
        """The records of a block as the model takes them, and those that can't be parsed."""
