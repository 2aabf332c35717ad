"""Truths and labels compared as what they are: which spellings name the same class.

Numbers are compared as numbers, and ``True``, ``true`` and ``TRUE`` are the same, where nothing but
numbers and booleans is known; where the numbers are 0 and 1, they are what booleans are. Anything
else is a text, and compared letter by letter but for blanks around it. A number that begins with a
superfluous zero is a text: it is a code.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from mr.records.cells import MISSING, boolean_of

__all__ = ["ClassNames"]

TEXTS, NUMBERS, FLAGS = "texts", "numbers", "flags"
NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
PLAIN = 20  # digits; a number with more is written with an exponent


@dataclass(frozen=True)
class ClassNames:
    """``rule``: what they are compared as, ``texts``, ``numbers`` or, if these are 0, 1 or
    booleans alone, ``flags``; ``names``: what a class is called, by what all of its spellings come
    to; ``given``: spellings that a model or a user gives to a class, which are never missing."""

    rule: str = TEXTS
    names: Mapping[str, str] = field(default_factory=dict)
    given: Collection[str] = ()

    @classmethod
    def of(
        cls, given: Iterable[str], truths: Iterable[str] = (), labels: Iterable[str] = ()
    ) -> "ClassNames":
        """By the spellings that are known: those ``given`` and those seen. The given one names a
        class, else the only one, the plainest or the first of those seen."""
        given = [text.strip() for text in given if text.strip()]
        truths, labels = (
            [text for text in map(str.strip, seen) if text not in MISSING]
            for seen in (truths, labels)
        )
        rule = _rule([*given, *truths, *labels])
        if rule == TEXTS and not {*truths} & {*given, *labels}:
            rule = _rule(truths)  # labels have other names, which are texts in any case
        if len({_compared(text, rule) for text in given}) < len({*given}):
            rule = TEXTS  # the model tells them apart
        spelled: dict[str, list[str]] = {}
        for text in [*truths, *sorted(labels)]:
            spelled.setdefault(_compared(text, rule), []).append(text)
        names = {
            compared: texts[0] if len({*texts}) == 1 or compared not in texts else compared
            for compared, texts in spelled.items()
        }
        names |= {_compared(text, rule): text for text in given}
        return cls(rule, names, tuple(dict.fromkeys(given)))

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "ClassNames":
        """What ``dataclasses.asdict`` gave."""
        return cls(written["rule"], written["names"], tuple(written["given"]))

    def name(self, text: str) -> str:
        """What the class is called; '' if it is missing."""
        text = text.strip()
        if text in MISSING and text not in self.given:
            return ""
        compared = _compared(text, self.rule)
        return self.names.get(compared, compared)

    def compared(self, text: str) -> str:
        """The same for all spellings of a class: of numbers the shortest, of booleans 1 and 0."""
        return _compared(text, self.rule)

    @property
    def are_numbers(self) -> bool:
        """Whether it is numbers that are compared."""
        return self.rule == NUMBERS

    def alike(self, found: Iterable[str]) -> list[tuple[str, str]]:
        """Of these classes, those that would be the same as numbers or booleans."""
        first: dict[str, str] = {}
        pairs = []
        for text in found:
            if _is_number_or_boolean(text):
                other = first.setdefault(_compared(text, NUMBERS), text)
                if other != text:
                    pairs.append((other, text))
        return pairs


def _rule(known: Collection[str]) -> str:
    """What these are compared as."""
    if not known or not all(map(_is_number_or_boolean, known)):
        return TEXTS
    return FLAGS if {_compared(text, FLAGS) for text in known} <= {"0", "1"} else NUMBERS


def _is_number_or_boolean(text: str) -> bool:
    return NUMBER.fullmatch(text) is not None or boolean_of(text) is not None


def _compared(text: str, rule: str) -> str:
    """The same for all spellings of a class."""
    if rule == TEXTS:
        return text
    if (flag := boolean_of(text)) is not None:
        return str(int(flag)) if rule == FLAGS else str(flag)
    return _plainest(text) if NUMBER.fullmatch(text) else text


def _plainest(number: str) -> str:
    """The shortest spelling of a number, exactly."""
    sign, digits, exponent = Decimal(number).as_tuple()
    assert isinstance(exponent, int)
    written = "".join(map(str, digits)).lstrip("0")
    shorter = written.rstrip("0")
    if not shorter:
        return "0"
    exponent += len(written) - len(shorter)
    minus = "-" if sign else ""
    if exponent >= 0 and len(shorter) + exponent <= PLAIN:
        return f"{minus}{shorter}{'0' * exponent}"
    if 0 < -exponent <= PLAIN:
        padded = shorter.rjust(1 - exponent, "0")
        return f"{minus}{padded[:exponent]}.{padded[exponent:]}"
    return f"{minus}{shorter}e{exponent}"
