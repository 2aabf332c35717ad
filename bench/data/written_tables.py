"""Rows of numbers as other programs write them: with quotes, as JSON lines, with bad records."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

__all__ = ["NOTE", "WRITERS", "write_table"]

NOTE = "note"  # the text beside the numbers
EVERY = 100  # one in so many records is bad

Cells = list[str]


def write_table(name: str, columns: Sequence[str], rows: Path, target: Path) -> None:
    """Write the ``rows`` (CSV of numbers, without a header) as one of ``WRITERS`` does."""
    with rows.open() as source, target.open("w") as file:
        cells = (line.rstrip("\n").split(",") for line in source)
        file.writelines(WRITERS[name](cells, columns))


def _note(place: int) -> str:
    return f'order {place}, "express", to door {place % 97}'


def _one_quoted(rows: Iterator[Cells], columns: Sequence[str]) -> Iterator[str]:
    for place, cells in enumerate(rows):
        text = _note(place).replace('"', '""')
        yield f'"{text}",{",".join(cells)}\n'


def _all_quoted(rows: Iterator[Cells], columns: Sequence[str]) -> Iterator[str]:
    for cells in rows:
        text = '","'.join(cells)
        yield f'"{text}"\n'


def _objects(rows: Iterator[Cells], columns: Sequence[str]) -> Iterator[str]:
    for place, cells in enumerate(rows):
        numbers = zip(columns, map(float, cells), strict=True)
        yield json.dumps({NOTE: _note(place), **dict(numbers)}) + "\n"


def _some_bad(rows: Iterator[Cells], columns: Sequence[str]) -> Iterator[str]:
    for place, cells in enumerate(rows):
        if place % EVERY == EVERY // 2:
            kind = place // EVERY % 4
            if kind == 0:
                cells = cells[1:]
            elif kind == 1:
                cells = [*cells, "0"]
            else:
                cells[place % len(cells)] = "unknown" if kind == 2 else "2026-03-14"
        yield ",".join(cells) + "\n"


WRITERS: dict[str, Callable[[Iterator[Cells], Sequence[str]], Iterator[str]]] = {
    "quoted": _one_quoted,
    "quoted-all": _all_quoted,
    "jsonl": _objects,
    "bad": _some_bad,
}
