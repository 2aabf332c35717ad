"""What files are that no pipeline of lines reads, told by their first bytes.

Add a row to the table, and a file of that kind is named for what it is; take one out once there is
something that reads it.
"""

import re
from dataclasses import dataclass

from howdah.errors import UsageError

__all__ = ["refuse_foreign_file"]

TAR_MAGIC, TAR_AT, TAR_NAME = b"ustar", 257, 100
HTML = re.compile(rb"\s*<(!doctype html|html[\s>])", re.IGNORECASE)
CONVERT = "write it as CSV, TSV or JSON lines"

UNPACK = "take it out of what it is packed in: a file of its own is read as it is"


@dataclass(frozen=True)
class FileType:
    """``name``: what the file is, after "is"; ``magic``: its first bytes, one of these; ``hint``:
    what to do instead. ``is_word``: a text could begin so, too, if it weren't for NUL bytes."""

    name: str
    magic: tuple[bytes, ...]
    hint: str
    is_word: bool = False


TYPES = (
    FileType("a Parquet file", (b"PAR1",), UNPACK, True),
    FileType("a Feather file", (b"ARROW1", b"FEA1"), UNPACK, True),
    FileType("an ORC file", (b"ORC",), f"{CONVERT}: pandas.read_orc, then to_csv", True),
    FileType("an Avro file", (b"Obj\x01",), f"{CONVERT}: avro-tools tojson"),
    FileType("an SQLite database", (b"SQLite format 3\0",), f"{CONVERT}: sqlite3 -csv"),
    FileType("an HDF5 file", (b"\x89HDF\r\n\x1a\n",), CONVERT),
    FileType(
        "a Python pickle (or a joblib file)",
        tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6)),
        "is it a model? bin/models add takes those",
    ),
    FileType(
        "a NumPy array", (b"\x93NUMPY",), "--pipeline column-means takes one-dimensional ones"
    ),
    FileType("a ROOT file", (b"root",), "--pipeline root-reduce reads it", True),
    FileType("a PDF file", (b"%PDF-",), "take the table or text out of it first"),
    FileType(
        "an old Office file, such as an Excel workbook (.xls)",
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
        "save its sheet as CSV UTF-8",
    ),
    FileType("a 7z archive", (b"7z\xbc\xaf\x27\x1c",), "unpack it: 7z x"),
    FileType("a RAR archive", (b"Rar!\x1a\x07",), "unpack it"),
    FileType("an RTF document", (b"{\\rtf",), "save it as plain text"),
    FileType("an LZ4 file", (b"\x04\x22\x4d\x18",), "unpack it: lz4 -d"),
    FileType("an image", (b"\x89PNG", b"\xff\xd8\xff", b"GIF89a"), "is it the right file?"),
)
MAGIC = tuple(magic for kind in TYPES for magic in kind.magic)


def refuse_foreign_file(name: str, head: bytes) -> None:
    """UsageError for a file, or what a compressed one holds, that begins with ``head`` and isn't
    lines of text."""
    if head.startswith(MAGIC):
        for kind in TYPES:
            if head.startswith(kind.magic) and (not kind.is_word or b"\0" in head[:4096]):
                raise UsageError(f"{name} is {kind.name}", hint=kind.hint)
    if HTML.match(head):
        raise UsageError(
            f"{name} is an HTML page",
            hint="is it a login page or an error that was downloaded instead of the file?",
        )
    if head[TAR_AT : TAR_AT + len(TAR_MAGIC)] == TAR_MAGIC:
        first = head[:TAR_NAME].rstrip(b"\0").decode(errors="backslashreplace")
        raise UsageError(
            f"{name} is a tar archive, whose first member is {first}",
            hint="unpack it (tar -xf), and submit its files",
        )
