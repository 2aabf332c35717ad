"""How many records of each truth have each score; memory is bounded by how many of these differ."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ScoreCounts"]

JOINED_AT = 1 << 20  # rows

Ints = NDArray[np.int64]


class ScoreCounts:
    """Counts pairs of a truth, as a number, and a score."""

    def __init__(self) -> None:
        self._rows: list[Any] = []
        self._joined_at = JOINED_AT

    def add(self, truths: NDArray[np.integer[Any]], scores: Ints) -> None:
        """Count n records; before they are too many, equal ones are joined."""
        import pyarrow as pa

        records = np.ones_like(scores)
        self._rows.append(pa.table({"truth": truths, "score": scores, "records": records}))
        if sum(map(len, self._rows)) >= self._joined_at:
            self._join()

    def counts(self) -> tuple[Ints, Ints, Ints]:
        """Truths (m,), scores (m,), and how many records have both (m,)."""
        if not self._rows:
            return (np.zeros(0, np.int64),) * 3
        truths, scores, records = (column.to_numpy() for column in self._join())
        return truths, scores, records

    def _join(self) -> Any:
        import pyarrow as pa

        rows = pa.concat_tables(self._rows)
        joined = rows.group_by(["truth", "score"], use_threads=False).aggregate(
            [("records", "sum")]
        )
        joined = joined.rename_columns(["truth", "score", "records"])
        self._rows = [joined]
        self._joined_at = max(self._joined_at, JOINED_AT + len(joined))
        return joined
