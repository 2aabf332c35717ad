"""What a cell of scores.tsv says in formats that have types: a number, a truth value, a text."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from mr.records.cells import MISSING, READERS, NotReadable

__all__ = ["json_cell", "read_cell"]

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


def json_cell(kind: str, missing: frozenset[str]) -> Callable[[str], str]:
    """What writes a cell of a type as JSON: a number with the digits that the cell has, if JSON
    takes them. What JSON has no number for, such as infinity, is a text."""

    def write(text: str) -> str:
        if kind == "number" and PLAIN.fullmatch(text):
            return text
        try:
            value = read_cell(kind, text, missing)
        except NotReadable:
            return json.dumps(text, ensure_ascii=False)
        if isinstance(value, float):
            if not math.isfinite(value):
                return json.dumps(text, ensure_ascii=False)
            return text if NUMBER.fullmatch(text) else repr(value)
        return json.dumps(value)

    return write
