"""How a table spells its numbers and what is missing: what a user says of it, and what it looks
like where nothing was said."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from howdah.errors import UsageError
from howdah.inputs.field_types import is_boolean, is_missing, is_number
from mr.records.number_notation import UNREADABLE, NumberNotation
from mr.records.table_format import missing_texts

__all__ = ["STANDARD", "Spelling", "check_numbers", "guess"]

# how else numbers are often written, and the options that say so
OTHERS = {
    NumberNotation(",", ""): "--decimal ,",
    NumberNotation(".", ","): "--thousands ,",
    NumberNotation(",", "."): "--decimal , --thousands .",
    NumberNotation(",", " "): "--decimal , --thousands ' '",
    NumberNotation(",", "\u00a0"): "--decimal , --thousands $'\\u00a0'",
    NumberNotation(",", "\u202f"): "--decimal , --thousands $'\\u202f'",
    NumberNotation(".", " "): "--thousands ' '",
    NumberNotation(".", "'"): '--thousands "\'"',
}


@dataclass(frozen=True)
class Spelling:
    """``options``: those of ``decimal``, ``thousands`` and ``missing`` that were given;
    ``notation`` and ``missing`` are what they say."""

    notation: NumberNotation = NumberNotation()  # noqa: RUF009
    missing: frozenset[str] = frozenset()
    options: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_options(cls, options: Mapping[str, Any]) -> "Spelling":
        """What a command's options say; UsageError for what can't be meant."""
        given = {name: str(options[name]) for name in NAMES if options.get(name)}
        decimal, thousands = given.get("decimal", "."), given.get("thousands", "")
        if decimal not in (".", ","):
            raise UsageError(f"--decimal {decimal}: it is , or .", hint="leave it out for a point")
        if thousands and (len(thousands) > 1 or not _separates(thousands)):
            raise UsageError(
                f"--thousands {thousands}: it is one character that no number has",
                hint="such as . or ' '",
            )
        if thousands == decimal:
            raise UsageError(
                f"--thousands {thousands} is the decimal mark, too",
                hint="a decimal comma is --decimal ,",
            )
        try:
            missing = frozenset(missing_texts(given.get("missing", "")))
        except csv.Error as error:
            raise UsageError(f"--missing {given['missing']}: {error}",
                             hint="texts between commas") from None  # fmt: skip
        return cls(NumberNotation(decimal, thousands), missing, tuple(given.items()))

    def plain(self, field: str) -> str:
        """A field as it would be with a decimal point and nothing between thousands; empty, if it
        is missing."""
        if field in self.missing:
            return ""
        standard = self.notation.standard(field)
        return field if standard == UNREADABLE or not is_number(standard) else standard

    def reads(self, field: str) -> bool:
        """Whether a field is a number, or none."""
        if is_missing(field) or field in self.missing or is_boolean(field):
            return True
        return is_number(self.notation.standard(field))


NAMES = ("decimal", "thousands", "missing")
STANDARD = Spelling()


def guess(fields: Iterable[str], spelling: Spelling) -> str:
    """The options with which all of a column's fields would be numbers, where some now aren't;
    nothing if there are none."""
    known = [field.strip() for field in fields if not (is_missing(field) or is_boolean(field))]
    known = [field for field in known if field not in spelling.missing]
    if not all(map(spelling.reads, known)):
        for notation, options in OTHERS.items():
            if all(map(_written_in(notation).fullmatch, known)):
                return options
    return ""


def _written_in(notation: NumberNotation) -> re.Pattern[str]:
    """Numbers whose thousands, if they are separated, have three digits each."""
    decimal, thousands = re.escape(notation.decimal), re.escape(notation.thousands)
    whole = f"[0-9]+|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+" if thousands else "[0-9]+"
    return re.compile(f"(?=.*[0-9])[+-]?(?:{whole})?(?:{decimal}[0-9]*)?(?:[eE][+-]?[0-9]+)?")


def check_numbers(name: str, columns: Mapping[str, Sequence[str]], spelling: Spelling) -> None:
    """UsageError where first fields of a column of numbers aren't, but would be if the table were
    spelled in another way."""
    for column, fields in columns.items():
        options = guess(fields, spelling)
        if options:
            odd = next(field for field in fields if not spelling.reads(field))
            raise UsageError(
                f"column {column} of {name} has {odd!r}, which is no number as it stands",
                hint=f"{options} reads the column, if that is meant"
                + (
                    "; --thousands , if the comma is between thousands"
                    if options == DECIMAL
                    else ""
                ),
            )


DECIMAL = "--decimal ,"


def _separates(character: str) -> bool:
    return not character.isalnum() and character not in '+-_"\n\r'
