"""The summary of a split's scores, which grows block by block."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr import summary
from mr.models.manifest import Manifest
from mr.scoring.format import OUTLIER_LABELS
from mr.scoring.prediction import Prediction

__all__ = ["RunningSummary", "example"]

SUMMARISED_AT_ONCE = 1 << 18
EXAMPLE_BYTES = 200

Examples = Callable[[Sequence[int]], Iterable[dict[str, Any]]]


class RunningSummary:
    """The summary of all records that were added; ``labels`` are those of the classes, ``kind``
    and ``outputs`` those of a manifest whose predictions aren't told of in the usual way."""

    def __init__(
        self,
        labels: Sequence[str],
        decimals: int,
        kind: str = "",
        outputs: Mapping[str, Sequence[str]] = {},
    ) -> None:
        self._labels = labels
        self._decimals = decimals
        self._kind = kind
        self._partial = summary.empty() | {"kind": kind}
        self._pending: list[Any] = []
        self._outputs = {name: RunningSummary(of, decimals) for name, of in outputs.items()}

    @classmethod
    def of(cls, manifest: Manifest) -> "RunningSummary":
        """That of a model's predictions."""
        labels: Sequence[str] = manifest.labels
        kind = manifest.kind if manifest.kind in summary.KINDS else ""
        if kind == "outliers":
            labels = OUTLIER_LABELS
        outputs = dict(zip(manifest.outputs, manifest.output_labels, strict=True))
        return cls(labels, manifest.decimals, kind, outputs)

    def add_prediction(self, prediction: Prediction, examples: Examples) -> None:
        """Add n records with all that was predicted of them."""
        if not prediction.outputs:
            self.add(prediction.scores, prediction.classes, examples)
            return
        self._partial["scored"] += len(prediction)
        for running, output in zip(self._outputs.values(), prediction.outputs, strict=True):
            running.add_prediction(output, examples)

    def add(
        self,
        scores: NDArray[np.int64] | None,
        classes: NDArray[np.intp] | None,
        examples: Examples,
    ) -> None:
        """Add n records: ``scores`` (n,) and ``classes`` (n,), or one of them; ``examples`` gives
        an entry for each of some rows."""
        if classes is not None:
            labels = Counter(self._partial["labels"]) + Counter(self._count(classes))
            self._partial["labels"] = dict(labels)
        if scores is None:
            self._partial["scored"] += 0 if classes is None else len(classes)
            return
        # of outliers, the lowest scores are of interest
        ranked = -scores if self._kind == "outliers" else scores
        self._keep_highest(ranked, examples)
        self._pending.append(scores)
        if sum(map(len, self._pending)) >= SUMMARISED_AT_ONCE:
            self._summarise()

    def partial(self) -> summary.Partial:
        """The summary so far."""
        self._summarise()
        within = {name: running.partial() for name, running in self._outputs.items()}
        return self._partial | {"within": within}

    def _count(self, classes: NDArray[np.intp]) -> dict[str, int]:
        if self._kind == "clusters":
            numbers, counts = np.unique(classes, return_counts=True)
            return dict(zip(map(str, numbers.tolist()), counts.tolist(), strict=True))
        counts = np.bincount(classes, minlength=len(self._labels))
        return dict(zip(self._labels, counts.tolist(), strict=True))

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
