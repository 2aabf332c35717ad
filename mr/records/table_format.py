"""How a table is written: what its first line tells, and which columns are read as what."""

import csv
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mr.records.block import LINE_BREAK_IN_FIELD
from mr.records.cells import FLAG, MISSING, NAN, READERS, WRITTEN, NotReadable, as_number
from mr.records.inner_values import InnerValue
from mr.records.number_notation import NumberNotation

__all__ = ["NUMBERS", "TEXTS", "BadRecord", "TableFormat", "first_fields", "missing_texts"]

DELIMITERS = (",", "\t", ";")
TEXTS = ("text", WRITTEN)
STANDARD = NumberNotation()
LINE_BREAK = LINE_BREAK_IN_FIELD.decode()
NUMBERS = ("number", "integer", "boolean")


class BadRecord(Exception):
    """Carries a reject's reason and detail."""


@dataclass(frozen=True)
class TableFormat:
    """How a table is written, and which of its columns are features of which ``types``:
    ``number``, ``integer``, ``boolean``, ``text``, or ``written``, a text that is never missing.

    ``booleans`` are features of type ``number`` that the table writes as True and False.
    ``others`` names a last column that JSON objects don't have: the keys that are no columns.
    ``inner``: features that are no columns, but stand within one of JSON's. ``notation``: how
    numbers are written; ``also_missing``: texts that are missing values besides the usual ones.
    """

    columns: tuple[str, ...]
    delimiter: str
    quotes: bool
    features: tuple[str, ...]
    types: tuple[str, ...]
    booleans: tuple[str, ...] = ()
    others: str = ""
    inner: tuple[InnerValue, ...] = ()
    notation: NumberNotation = STANDARD
    also_missing: tuple[str, ...] = ()

    @classmethod
    def of_options(
        cls, options: Mapping[str, Any], features: Collection[str], types: Sequence[str]
    ) -> "TableFormat":
        """The table that a job's options describe."""
        return cls(
            columns=tuple(options["columns"]),
            delimiter=options["delimiter"],
            quotes=options["format"] == "csv",
            features=tuple(features),
            types=tuple(types),
            booleans=tuple(options.get("booleans", ())),
            others=options.get("others", ""),
            inner=tuple(
                InnerValue.of_option(option)
                for option in options.get("inner", ())
                if option["name"] in features
            ),
            notation=NumberNotation(options.get("decimal") or ".", options.get("thousands") or ""),
            also_missing=missing_texts(options.get("missing") or ""),
        )

    @cached_property
    def places(self) -> list[int]:
        """Where each feature stands among the columns and the inner values behind them."""
        names = [*self.columns, *(value.name for value in self.inner)]
        return [names.index(name) for name in self.features]

    @cached_property
    def missing(self) -> frozenset[str]:
        """The texts that are missing values."""
        return MISSING.union(self.also_missing)

    @cached_property
    def missing_numbers(self) -> list[float]:
        """The numbers among them, if any notation reads them alike: however such a number is
        written, it is missing."""
        pairs = [
            (_number(text), _number(self.notation.standard(text))) for text in self.also_missing
        ]
        return [number for number, as_written in pairs if number == as_written]

    @cached_property
    def missing_are_told_by_value(self) -> bool:
        """Whether no number is missing only where it is written in a certain way."""
        written = [_number(self.notation.standard(text)) for text in self.also_missing]
        return all(number != number or number in self.missing_numbers for number in written)

    @cached_property
    def is_standard(self) -> bool:
        """Whether numbers are written with a point, and only the usual texts are missing."""
        return self.notation.is_standard and not self.also_missing

    def reader(self, kind: str) -> Callable[[Any], Any]:
        """What reads a field of that kind; raises NotReadable."""
        read = READERS[kind]
        if self.is_standard or kind not in NUMBERS:
            return read

        def read_as_written(value: Any) -> Any:
            if isinstance(value, str):
                value = self.notation.standard(value)
            number = read(value)
            return NAN if number in self.missing_numbers else number

        return read_as_written

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
            (name, place, kind != WRITTEN, self.reader(kind))
            for name, place, kind in zip(self.features, self.places, self.kinds, strict=True)
        ]

    @cached_property
    def only_numbers(self) -> bool:
        return all(kind == "number" for kind in self.kinds)

    @cached_property
    def has_texts(self) -> bool:
        return any(kind in TEXTS for kind in self.kinds)

    def header(self, separator: bytes = b"") -> bytes:
        """The names of the columns as an unquoted record would have them."""
        between = separator.decode() or self.delimiter
        return between.join(self.columns).replace("\n", LINE_BREAK).encode() + b"\n"

    def may_repeat_header(self, data: bytes, separator: bytes = b"") -> bool:
        """Whether records, unquoted, may have the header among them, which could be taken for one
        of them."""
        return self.header_may_pass and self.header(separator) in data

    @cached_property
    def header_may_pass(self) -> bool:
        """Whether the header, met among the records, could be taken for one of them."""
        try:
            self.pick(self.columns, self.missing)
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
        if plain and self.only_numbers and self.is_standard:
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


def _number(text: str) -> float:
    try:
        return as_number(text)
    except NotReadable:
        return NAN  # type: ignore[no-any-return]


def missing_texts(given: str) -> tuple[str, ...]:
    """The texts between the commas of ``--missing``, those with a comma in quotes; csv.Error for
    broken quotes."""
    return tuple(text for line in csv.reader([given], strict=True) for text in line if text)


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
