"""What a cell of scores.tsv says in formats that have types: a number, a truth value, a text."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring
from typing import Any

from mr.records.cells import MISSING, READERS, NotReadable

__all__ = ["json_cells", "read_cell"]

PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
NUMBER = re.compile(PLAIN.pattern + r"(?:[eE][+-]?[0-9]+)?")  # as JSON has it


def read_cell(kind: str, text: str, missing: frozenset[str] = MISSING) -> Any:
    """The value of a cell of type ``number``, ``integer`` or ``boolean``, None where it is
    missing; raises NotReadable for what isn't of its type."""
    if text.strip() in missing:
        return None
    value = READERS[kind](text)
    if isinstance(value, float) and math.isnan(value):
        return None
    return {"number": float, "integer": int, "boolean": bool}[kind](value)


def json_cells(kind: str, missing: frozenset[str], column: Sequence[str]) -> Iterable[str]:
    """The cells of a column of a type as JSON: numbers with the digits that the cells have, if
    JSON takes them. What JSON has no number for, such as infinity, is a text."""
    if kind == "number" and all(map(PLAIN.fullmatch, column)):
        return column
    return [_json_cell(kind, missing, text) for text in column]


def _json_cell(kind: str, missing: frozenset[str], text: str) -> str:
    try:
        value = read_cell(kind, text, missing)
    except NotReadable:
        return encode_basestring(text)
    if isinstance(value, float):
        if not math.isfinite(value):
            return encode_basestring(text)
        return text if NUMBER.fullmatch(text) else repr(value)
    return json.dumps(value)
