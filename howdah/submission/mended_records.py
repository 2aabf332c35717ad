"""Whether mended records still stand in the order of the rejected ones that they mend.

A record takes the place of the rejected one of its number, so one that has moved would be scored
in another's place. A mended record mostly is like the one that it mends: where two of them are
more like others, they have changed their order.
"""

import csv
import io
import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress

__all__ = ["cells_of", "find_moved", "read_mended"]

CANDIDATES = 200  # that have a cell in common: where more do, it tells little

Cells = frozenset[Hashable]


def cells_of(record: str, form: str, delimiter: str) -> Cells:
    """What two records of a format can have in common: fields by their places, an object's values
    by their keys, a text's words."""
    if form == "csv":
        with suppress(csv.Error, StopIteration):  # of a lone carriage return, or a very long field
            return _by_places(next(_csv_rows(record, delimiter)))
    if form in ("csv", "tsv"):
        return _by_places(record.split("\t" if form == "tsv" else delimiter))
    if form == "json":
        try:
            return frozenset((key, json.dumps(value)) for key, value in json.loads(record).items())
        except (ValueError, AttributeError, RecursionError):
            return frozenset(record.replace(" ", "").strip("{}").split(","))
    return frozenset(record.split())


def read_mended(
    text: str, count: int, form: str, delimiter: str, *, header: bool
) -> list[Cells] | int:
    """What the records of a mended file have, if there are ``count`` of them, else how many there
    are: a line each or, where quoted fields have line ends, what the csv module takes for one."""
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")][header:]
    if len(lines) > count and not lines[-1].strip():
        lines.pop()
    if len(lines) == count:
        return [cells_of(line, form, delimiter) for line in lines]
    if form == "csv":
        with suppress(csv.Error):
            rows = [row for row in _csv_rows(text, delimiter) if row][header:]
            return list(map(_by_places, rows)) if len(rows) == count else len(rows)
    return len(lines)


def _csv_rows(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _by_places(fields: Iterable[str]) -> Cells:
    return frozenset(enumerate(fields))


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
