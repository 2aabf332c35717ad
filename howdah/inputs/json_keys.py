"""The keys that the records of JSON lines have, as far as their beginnings tell."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from howdah.errors import UsageError
from howdah.inputs.input_file import Head, InputFile

__all__ = ["Keys", "find_keys", "is_object", "objects"]


@dataclass(frozen=True)
class Keys:
    """``names``: the keys, in the order in which they come first; ``records`` have been looked at,
    of ``files``; ``go_on``: there are more."""

    names: tuple[str, ...]
    records: Sequence[dict[str, Any]]
    files: Sequence[str]
    go_on: bool

    @property
    def among(self) -> str:
        """Begins a sentence on what none of the records has."""
        files = ", ".join(self.files[:3]) + (" and others" if len(self.files) > 3 else "")
        return f"{files}: no record among the first {len(self.records):,}"


def find_keys(sources: Sequence[InputFile], heads: Sequence[Head]) -> Keys:
    """The keys of all records in the inputs' beginnings; UsageError for a first line that is no
    JSON."""
    names: dict[str, None] = {}
    records = []
    for source, head in zip(sources, heads, strict=True):
        _check_first(source, head)
        for record in objects(head):
            records.append(record)
            names |= dict.fromkeys(record)
    files = [source.name for source in sources]
    return Keys(tuple(names), records, files, any(head.goes_on for head in heads))


def objects(head: Head) -> Iterator[dict[str, Any]]:
    """The records; what isn't one is left to the tasks, which reject it."""
    for line in head.lines:
        with suppress(ValueError, RecursionError):
            record = json.loads(line.decode())
            if isinstance(record, dict):
                "".join(record).encode()  # half of a surrogate pair is no text
                yield record


def is_object(line: str) -> bool:
    """Whether a line is a record."""
    with suppress(ValueError, RecursionError):
        return isinstance(json.loads(line), dict)
    return False


def _check_first(source: InputFile, head: Head) -> None:
    try:
        json.loads(head.lines[0].decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{source.name}: the first line is not JSON: {error}",
            hint="a record is one JSON object on one line; jq -c . makes such lines",
        ) from None
