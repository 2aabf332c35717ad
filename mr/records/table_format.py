"""How a table is written: what its first line tells, and which columns are read as what."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mr.records.cells import FLAG, MISSING, READERS, WRITTEN, NotReadable

__all__ = ["TEXTS", "BadRecord", "TableFormat", "first_fields"]

DELIMITERS = (",", "\t", ";")
TEXTS = ("text", WRITTEN)


class BadRecord(Exception):
    """Carries a reject's reason and detail."""


@dataclass(frozen=True)
class TableFormat:
    """How a table is written, and which of its columns are features of which ``types``:
    ``number``, ``integer``, ``boolean``, ``text``, or ``written``, a text that is never missing.

    ``booleans`` are features of type ``number`` that the table writes as True and False.
    ``others`` names a last column that JSON objects don't have: the keys that are no columns.
    """

    columns: tuple[str, ...]
    delimiter: str
    quotes: bool
    features: tuple[str, ...]
    types: tuple[str, ...]
    booleans: tuple[str, ...] = ()
    others: str = ""

    @cached_property
    def places(self) -> list[int]:
        """Where each feature stands among the columns."""
        return [self.columns.index(name) for name in self.features]

    @cached_property
    def kinds(self) -> list[str]:
        """What each feature's fields are read as."""
        return [
            FLAG if kind == "number" and name in self.booleans else kind
            for name, kind in zip(self.features, self.types, strict=True)
        ]

    @cached_property
    def _readers(self) -> list[tuple[str, int, bool, Callable[[Any], Any]]]:
        """Each feature's name and place, whether it may be missing, and what reads it."""
        return [
            (name, place, kind != WRITTEN, READERS[kind])
            for name, place, kind in zip(self.features, self.places, self.kinds, strict=True)
        ]

    @cached_property
    def only_numbers(self) -> bool:
        return all(kind == "number" for kind in self.kinds)

    @cached_property
    def has_texts(self) -> bool:
        return any(kind in TEXTS for kind in self.kinds)

    @cached_property
    def header(self) -> bytes:
        """The names of the columns as a record would have them."""
        return self.delimiter.join(self.columns).encode() + b"\n"

    @cached_property
    def header_may_pass(self) -> bool:
        """Whether the header, met among the records, could be taken for one of them."""
        try:
            self.pick(self.columns, MISSING)
        except BadRecord:
            return False
        return True

    def pick(
        self, values: Sequence[Any], missing: frozenset[str], plain: bool = False
    ) -> list[Any]:
        """The features among a record's ``values``, texts in ``missing`` being none; of a
        ``plain`` one, all numbers of which ``float`` may read, without a look at each.

        Raises BadRecord, which names the column.
        """
        if plain and self.only_numbers:
            try:
                return [float(values[place]) for place in self.places]
            except (ValueError, TypeError, OverflowError):
                pass  # one is missing or isn't a number
        row = []
        for name, place, may_lack, read in self._readers:
            value = values[place]
            if may_lack and isinstance(value, str) and value in missing:
                value = None
            try:
                row.append(read(value))
            except NotReadable as error:
                raise BadRecord(f"column {name}: {error}", repr(value)[:100]) from None
        return row


def first_fields(line: str) -> tuple[str, str, list[str]]:
    """What a table's first line tells: how it is written (``csv``, ``tsv`` or ``json``), its
    delimiter, and the line's fields, or the names in its object.

    Raises ValueError for what begins like JSON and isn't.
    """
    if line.lstrip().startswith("{"):
        import json

        return "json", "", list(json.loads(line))
    delimiter = max(DELIMITERS, key=line.count)
    form = "tsv" if delimiter == "\t" else "csv"
    if form == "csv" and '"' in line:
        (fields,) = csv.reader([line], delimiter=delimiter)
        return form, delimiter, fields
    return form, delimiter, line.split(delimiter)
