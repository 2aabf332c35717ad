"""A value held to a JSON Schema: the keywords that docs/output.schema.json has, and no others."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.conftest import ROOT

__all__ = ["output_faults"]

OUTPUT = json.loads((ROOT / "docs" / "output.schema.json").read_text())

TYPES: Mapping[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}
SAID = {"$schema", "$defs", "title", "description"}


def output_faults(document: Any) -> list[str]:
    """What of a command's document isn't as docs/output.schema.json says, each with its place."""
    return faults(document, OUTPUT, OUTPUT)


def faults(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], at: str = ""
) -> list[str]:
    """What of ``value`` isn't as ``schema`` says, each with its place; ``root`` has the $defs."""
    found: list[str] = []
    for keyword, stated in schema.items():
        if keyword not in SAID:
            found += _faults(keyword, stated, value, schema, root, at)
    return found


def _faults(
    keyword: str,
    stated: Any,
    value: Any,
    schema: Mapping[str, Any],
    root: Mapping[str, Any],
    at: str,
) -> Iterator[str]:
    members = value if isinstance(value, dict) else {}
    match keyword:
        case "$ref":
            yield from faults(value, root["$defs"][stated.removeprefix("#/$defs/")], root, at)
        case "type":
            names = [stated] if isinstance(stated, str) else stated
            if not any(_is(value, name) for name in names):
                yield f"{at} is no {' or '.join(names)}: {value!r}"
        case "enum":
            if value not in stated:
                yield f"{at} is none of {stated}: {value!r}"
        case "const":
            if value != stated:
                yield f"{at} isn't {stated}: {value!r}"
        case "required":
            yield from (
                f"{at} lacks {name}" for name in stated if value == members and name not in members
            )
        case "properties":
            for name in stated.keys() & members.keys():
                yield from faults(members[name], stated[name], root, f"{at}/{name}")
        case "additionalProperties":
            for name in members.keys() - schema.get("properties", {}).keys():
                if stated is False:
                    yield f"{at} has {name}"
                else:
                    yield from faults(members[name], stated, root, f"{at}/{name}")
        case "items":
            for place, item in enumerate(value if isinstance(value, list) else ()):
                yield from faults(item, stated, root, f"{at}/{place}")
        case "anyOf":
            tried = [faults(value, one, root, at) for one in stated]
            if all(tried):
                yield min(tried, key=len)[0]
        case "if":
            branch = "else" if faults(value, stated, root) else "then"
            yield from faults(value, schema.get(branch, {}), root, at)
        case "then" | "else":
            pass
        case _:
            raise AssertionError(f"the schema has a keyword that isn't looked at: {keyword}")


def _is(value: Any, name: str) -> bool:
    return isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
