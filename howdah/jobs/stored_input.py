"""An input as a job's store holds it, and as its record says it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Input", "read_input"]


@dataclass(frozen=True)
class Input:
    """One input as the job's store holds it; ``name`` as the user gave it.

    ``bytes`` and ``sha256`` are the file's; ``lines`` and ``bom`` those of its
    (decompressed) text; ``padded``: the store holds newlines behind it, so that tasks can be
    handed it in chunks; ``whole``: the file is one record. ``path`` is where HDFS has it if it
    wasn't copied, and ``modified`` its time of change there, in milliseconds since 1970. ``cuts``:
    where it may be cut, in ascending order, if it can't be cut at lines: tasks are given ranges of
    the job's inputs then. ``breaks`` are those of its lines that end within a record. ``footer``:
    of a file that has its rows in columns, the SHA-256 of its footer; the file is read in whole,
    and has a ``sha256``, only where it is copied.

    ``blank_lines`` behind the last record are none. Where the store has the file's text instead of
    itself, as lines of UTF-8, that has ``text_bytes``; ``skipped`` bytes and ``skipped_lines`` are
    before it in the file's own, and ``encoding`` is the file's if it isn't UTF-8. Several small
    files are one input: ``index`` is the file of this machine that tells of each (packed_files.py).
    """

    name: str
    stored: str
    bytes: int = 0
    sha256: str = ""
    lines: int = 0
    bom: bool = False
    header: bool = False
    padded: bool = False
    whole: bool = False
    path: str = ""
    modified: int = 0
    cuts: tuple[int, ...] | None = None
    footer: str = ""
    breaks: int = 0
    blank_lines: int = 0
    text_bytes: int | None = None
    skipped: int = 0
    skipped_lines: int = 0
    encoding: str = ""
    index: str = ""

    @property
    def records(self) -> int:
        return 1 if self.whole else self.lines - self.breaks - self.header - self.blank_lines

    @property
    def stored_bytes(self) -> int:
        """What tasks read, without padding."""
        return self.bytes if self.text_bytes is None else self.text_bytes


def read_input(stated: dict[str, Any], folder: Path) -> Input:
    """Of what a record says; ``folder`` is the job's on this machine."""
    cuts, index = stated.get("cuts"), stated.get("index")
    found = {"index": str(folder / Path(index).name)} if index else {}
    return Input(**stated | found | {"cuts": None if cuts is None else tuple(cuts)})
