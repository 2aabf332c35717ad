"""The summary of a split's scores, which grows block by block."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr import summary

__all__ = ["Running", "example"]

SUMMARISED_AT_ONCE = 1 << 18
EXAMPLE_BYTES = 200

Examples = Callable[[Sequence[int]], Iterable[dict[str, Any]]]


class Running:
    """The summary of all records that were added; ``labels`` are those of the classes."""

    def __init__(self, labels: Sequence[str], decimals: int) -> None:
        self._labels = labels
        self._decimals = decimals
        self._partial = summary.new()
        self._pending: list[Any] = []

    def add(
        self,
        scores: NDArray[np.int64],
        classes: NDArray[np.intp] | None,
        examples: Examples,
    ) -> None:
        """Add n records: ``scores`` (n,), ``classes`` (n,) if there are any; ``examples`` gives
        an entry for each of some rows."""
        self._pending.append(scores)
        if classes is not None:
            counts = np.bincount(classes, minlength=len(self._labels))
            labels = zip(self._labels, counts.tolist(), strict=True)
            self._partial["labels"] = dict(Counter(self._partial["labels"]) + Counter(dict(labels)))
        self._keep_highest(scores, examples)
        if sum(map(len, self._pending)) >= SUMMARISED_AT_ONCE:
            self._summarise()

    def partial(self) -> summary.Partial:
        """The summary so far."""
        self._summarise()
        return self._partial

    def _keep_highest(self, scores: NDArray[np.int64], examples: Examples) -> None:
        kept = self._partial["highest"]
        # an equal score further down doesn't displace one
        if len(kept) == summary.HIGHEST and not (scores > kept[-1]["score"]).any():
            return
        rows = summary.highest(scores)
        entries = [
            {"score": int(scores[row]), **entry}
            for row, entry in zip(rows, examples(rows), strict=True)
        ]
        kept = sorted([*kept, *entries], key=summary.rank)
        self._partial["highest"] = kept[: summary.HIGHEST]

    def _summarise(self) -> None:
        if self._pending:
            block = summary.of_scores(np.concatenate(self._pending), self._decimals)
            self._pending = []
            self._partial = summary.merge([self._partial, block])


def example(part: str, offset: int, record: bytes) -> dict[str, Any]:
    """What a summary tells of one record: its part, where in that it begins, its fields."""
    shown = record[:EXAMPLE_BYTES].decode(errors="ignore")
    return {"part": part, "offset": offset, "record": shown}
