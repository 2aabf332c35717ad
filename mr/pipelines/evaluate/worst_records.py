"""The records whose predictions are furthest from the truth: whole, and in what place they are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.columnar.columns import Columns
from mr.counting.tally import ResultTable
from mr.records.block import Block
from mr.records.column_names import distinct_names
from mr.records.json_lines import read_json_lines
from mr.records.table import TableFormat, read_rows
from mr.records.tsv import escape_row
from mr.summary import highest, merge_rankings

__all__ = ["MOST_WORST", "WorstRecords", "worst_table"]

MOST_WORST = 1000  # as whole records they are in the summary of each task

Floats = NDArray[np.float64]
Where = Callable[[int], tuple[str, int]]
Ranking = Mapping[str, Any]  # as ``mr.summary`` merges them


class WorstRecords:
    """Keeps the ``most`` records of each group that rank highest, ties in input order."""

    def __init__(self, most: int, table: TableFormat, *, json: bool) -> None:
        self._most = most
        self._table = table
        self._read = read_json_lines if json else read_rows
        self._rankings: dict[str, Any] = {}

    def add(
        self,
        group: str,
        ranks: Floats,
        truths: NDArray[Any],
        scores: Floats,
        lines: NDArray[np.intp],
        block: Block,
        place_of: Where,
    ) -> None:
        """Rank n records, which are these lines (n,) of ``block``: by ``ranks`` (n,), and with
        their ``truths`` (n,) and ``scores`` (n,)."""
        kept = self._rankings.get(group)
        rows = highest(ranks, self._most)
        if kept and len(kept["entries"]) == self._most:
            least = kept["entries"][-1]["score"]
            rows = [row for row in rows if ranks[row] > least]  # ties come later in the input
        if not rows:
            return
        places = np.searchsorted(np.asarray(block.numbers), lines[rows])
        entries = []
        for row, fields in zip(rows, self._fields(block, places), strict=True):
            part, offset = place_of(int(lines[row]))
            entries.append(
                {
                    "score": float(ranks[row]),  # by which summaries rank
                    "part": part,
                    "offset": offset,
                    "truth": str(truths[row]),
                    "of": float(scores[row]),
                    "record": fields.decode(),
                }
            )
        self._rankings[group] = merge_rankings(kept, {"most": self._most, "entries": entries})

    def _fields(self, block: Block, places: NDArray[np.intp]) -> list[bytes]:
        """Some records of a block as TSV, by their places, in any order."""
        if isinstance(block, Columns):
            chosen = np.unique(places)
            written = block.take(chosen).tsv(self._table.columns)
            return [written[at] for at in np.searchsorted(chosen, places).tolist()]
        data = b"".join([block.records[place] + b"\n" for place in places.tolist()])
        parsed, _ = self._read(Block(data, range(len(places))), self._table)
        return list(parsed.fields)

    def rankings(self) -> dict[str, Any]:
        """By group."""
        return self._rankings


def worst_table(
    entries: Sequence[tuple[float, float, Mapping[str, Any]]],
    columns: Sequence[str],
    identifier: str,
    most: int,
) -> ResultTable:
    """The ``most`` records that rank highest of these: each has a rank, its error as it is shown,
    and what was kept of it. ``columns`` are the input's; ``identifier`` comes first, if it is
    named."""
    ranked = sorted(entries, key=lambda each: (-each[0], each[2]["part"], each[2]["offset"]))
    order = sorted(range(len(columns)), key=lambda place: columns[place] != identifier)
    first = 1 if identifier else 0
    rows = []
    for _, error, entry in ranked[:most]:
        fields = entry["record"].split("\t")
        cells = [fields[place] for place in order]
        rows.append((*cells[:first], error, escape_row([entry["truth"]]).decode(), *cells[first:]))
    names = [columns[place] for place in order]
    new = distinct_names(("error", "true"), columns)
    return ResultTable(
        (*names[:first], *new.values(), *names[first:]),
        rows,
        [(entry["part"], entry["offset"]) for _, _, entry in ranked[:most]],
    )
