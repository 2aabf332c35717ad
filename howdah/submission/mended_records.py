"""Whether mended records still stand in the order of the rejected ones that they mend.

A record takes the place of the rejected one of its number, so one that has moved would be scored
in another's place. A mended record mostly is like the one that it mends: where two of them are
more like others, they have changed their order.
"""

import csv
import json
from collections.abc import Hashable, Sequence

__all__ = ["cells_of", "find_moved"]

CANDIDATES = 200  # that have a cell in common: where more do, it tells little

Cells = frozenset[Hashable]


def cells_of(record: str, form: str, delimiter: str) -> Cells:
    """What two records of a format can have in common: fields by their places, an object's values
    by their keys, a text's words."""
    if form == "csv":
        return frozenset(enumerate(next(csv.reader([record], delimiter=delimiter), [])))
    if form == "tsv":
        return frozenset(enumerate(record.split("\t")))
    if form == "json":
        try:
            return frozenset((key, json.dumps(value)) for key, value in json.loads(record).items())
        except (ValueError, AttributeError, RecursionError):
            return frozenset(record.replace(" ", "").strip("{}").split(","))
    return frozenset(record.split())


def find_moved(rejected: Sequence[Cells], mended: Sequence[Cells]) -> tuple[int, int] | None:
    """The first mended record that is more like another rejected one than like that of its number,
    and that other one's number, if the record there is such a one, too; None if there is none."""
    having: dict[Hashable, list[int]] = {}
    for number, cells in enumerate(rejected):
        for cell in cells:
            having.setdefault(cell, []).append(number)
    nearest = [_nearest(number, cells, rejected, having) for number, cells in enumerate(mended)]
    for number, other in enumerate(nearest):
        if other != number and nearest[other] != other:
            return number, other
    return None


def _nearest(
    number: int, cells: Cells, rejected: Sequence[Cells], having: dict[Hashable, list[int]]
) -> int:
    """The rejected record that has most in common with the ``cells``: that of their ``number``,
    unless another has more."""
    best, common = number, len(cells & rejected[number])
    # one that has more in common has one of any so many cells
    rare = sorted(cells, key=lambda cell: len(having.get(cell, ())))[: len(cells) - common]
    others = {other for cell in rare for other in having.get(cell, ())[:CANDIDATES]}
    for other in sorted(others):
        if len(cells & rejected[other]) > common:
            best, common = other, len(cells & rejected[other])
    return best
