"""Where ``#Fields`` lines of W3C's logs change what follows: found by the host, for tasks.

A task that begins in the middle of a log doesn't see the last of these lines before it, and what it
counted by another one would be wrong. The host reads every byte of every input anyway, so it looks
for them while a text is stored: tasks then look up which one is in force where their split begins.
Nothing has to be read twice, and a log may be split anywhere.
"""

import io
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from mr.pipelines.requests_by_os.w3c_format import W3cLayout, w3c_fields, without_requests
from mr.records.split import BOM, MAX_RECORD

__all__ = ["FieldsInTexts", "fields_at"]

LINE = b"\n#Fields:"
HEAD = 1 << 14
Change = tuple[int, tuple[str, ...]]  # where a line begins, and the names in it


def fields_at(options: Mapping[str, Any], stored: str, start: int) -> Sequence[str] | None:
    """The fields in force at byte ``start`` of a stored text; None where there are none before.

    ValueError where they change in a compressed text that is split: it isn't known where.
    """
    if not start:
        return None
    changes = options.get("changes", {}).get(stored)
    if changes is None:
        return list(options["fields"][0])
    if stored.endswith(".bz2"):
        raise ValueError(
            "its #Fields change, and Hadoop splits a .bz2 where nobody knows which are in force:"
            " decompress it, or submit it as .gz"
        )
    before = [number for offset, number in changes if offset <= start]
    return list(options["fields"][before[-1]]) if before else None


class FieldsInTexts:
    """Looks at all that is stored of a job's inputs."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._fields = [tuple(fields) for fields in options["fields"]]
        self._texts: dict[str, _FieldsInText] = {}

    def stands_alone(self, text: bytes) -> bool:
        """Whether a text names its fields before its first request."""
        lines = takewhile(lambda line: line.startswith(b"#"), io.BytesIO(text))
        return any(line.startswith(LINE[1:]) for line in lines)

    def add(self, stored: str, text: bytes) -> None:
        """The next bytes of the text that is stored by this name."""
        self._texts.setdefault(stored, _FieldsInText()).add(text)

    def options(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The different ``fields``; ``changes``: by stored name, at which bytes which of them
        begin to hold, unless the first ones hold from the first request on; ``without_bytes``: the
        name of a log, one of ``names``, with fields that don't tell bytes."""
        if unseen := names.keys() - self._texts.keys():  # its tasks would count by other fields
            raise RuntimeError(f"{min(unseen)} was stored, and not looked at")
        known = dict.fromkeys([*self._fields, *self._all()])
        numbers = {fields: number for number, fields in enumerate(known)}
        changes = {
            stored: [(offset, numbers[fields]) for offset, fields in text.changes]
            for stored, text in self._texts.items()
            if not stored.endswith(".gz")  # which is never split
            and not (text.begins_with_it and [numbers[each] for _, each in text.changes] == [0])
        }
        silent = {fields for fields in known if "bytes" in W3cLayout(fields, ()).lacking}
        without = [
            names.get(stored, stored)
            for stored, text in self._texts.items()
            if any(fields in silent for _, fields in text.changes) and not text.is_empty
        ]
        return {
            "fields": [list(fields) for fields in known],
            "changes": changes,
            "without_bytes": min(without, default=""),
        }

    def _all(self) -> list[tuple[str, ...]]:
        return [
            fields for stored in sorted(self._texts) for _, fields in self._texts[stored].changes
        ]


class _FieldsInText:
    """``changes``: where other fields begin to hold; ``begins_with_it``: before the first of them
    are but directives."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.begins_with_it = False
        self._bytes = 0
        self._head = b""
        self._open = b"\n"  # a line that isn't whole yet, after its newline; or nothing, within one

    @property
    def is_empty(self) -> bool:
        """Whether it is known to have no requests."""
        return self._bytes < HEAD and without_requests(self._head)

    def add(self, text: bytes) -> None:
        if not self._bytes and text.startswith(BOM):
            text = text.replace(BOM, b"\n" * len(BOM), 1)
        if len(self._head) < HEAD:
            self._head += text[:HEAD]
        self._look_at(self._open + text, self._bytes - len(self._open))
        self._bytes += len(text)

    def _look_at(self, text: bytes, at: int) -> None:
        place = text.find(LINE) if b"#" in text else -1  # a byte is found much faster than more
        while place >= 0:
            end = text.find(b"\n", place + 1)
            if end < 0:
                break
            self._take(at + place + 1, text[place + 1 : end].removesuffix(b"\r"))
            place = text.find(LINE, end)
        last = text[max(text.rfind(b"\n"), 0) :]
        unfinished = last == b"\n" or (last.startswith(b"\n#") and len(last) <= MAX_RECORD + 2)
        self._open = last if unfinished else b""

    def _take(self, offset: int, line: bytes) -> None:
        try:
            fields = None if b"\0" in line else w3c_fields(line.decode())
        except UnicodeDecodeError:  # tasks reject the line
            return
        if fields is not None and (not self.changes or self.changes[-1][1] != tuple(fields)):
            if not self.changes and offset < len(self._head):
                self.begins_with_it = without_requests(self._head[:offset])
            self.changes.append((offset, tuple(fields)))
