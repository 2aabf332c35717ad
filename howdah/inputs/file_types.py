"""What files are that no pipeline of lines reads, told by their first bytes.

Add a row to the table, and a file of that kind is named for what it is; take one out once there is
something that reads it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from howdah.errors import UsageError

__all__ = ["refuse_foreign_file"]

TAR_MAGIC, TAR_AT, TAR_NAME = b"ustar", 257, 100
HTML = re.compile(rb"\s*<(!doctype html|html[\s>])", re.IGNORECASE)
CONVERT = "write it as CSV, TSV or JSON lines"


@dataclass(frozen=True)
class FileType:
    """``name``: what the file is, after "is"; ``is_magic``: whether bytes are its first ones;
    ``hint``: what to do instead."""

    name: str
    is_magic: Callable[[bytes], object]
    hint: str


def _begins(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magic)


def _binary(magic: bytes) -> Callable[[bytes], bool]:
    """For magic bytes that could be a text's first word."""
    return lambda head: head.startswith(magic) and b"\0" in head[:4096]


TYPES = (
    FileType("a Parquet file", _binary(b"PAR1"), f"{CONVERT}: pandas.read_parquet, then to_csv"),
    FileType(
        "a Feather file",
        lambda head: head.startswith(b"ARROW1\0") or _binary(b"FEA1")(head),
        f"{CONVERT}: pandas.read_feather, then to_csv",
    ),
    FileType("an ORC file", _binary(b"ORC"), f"{CONVERT}: pandas.read_orc, then to_csv"),
    FileType("an Avro file", _begins(b"Obj\x01"), f"{CONVERT}: avro-tools tojson"),
    FileType("an SQLite database", _begins(b"SQLite format 3\0"), f"{CONVERT}: sqlite3 -csv"),
    FileType("an HDF5 file", _begins(b"\x89HDF\r\n\x1a\n"), CONVERT),
    FileType(
        "a Python pickle (or a joblib file)",
        _begins(*(b"\x80" + bytes([protocol]) for protocol in range(2, 6))),
        "is it a model? bin/models add takes those",
    ),
    FileType(
        "a NumPy array",
        _begins(b"\x93NUMPY"),
        "--pipeline column-means takes one-dimensional ones",
    ),
    FileType("a ROOT file", _binary(b"root"), "--pipeline root-reduce reads it"),
    FileType("a PDF file", _begins(b"%PDF-"), "take the table or text out of it first"),
    FileType(
        "an old Office file, such as an Excel workbook (.xls)",
        _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        "save its sheet as CSV UTF-8",
    ),
    FileType(
        "an HTML page",
        HTML.match,
        "is it a login page or an error that was downloaded instead of the file?",
    ),
    FileType("a 7z archive", _begins(b"7z\xbc\xaf\x27\x1c"), "unpack it: 7z x"),
    FileType("a RAR archive", _begins(b"Rar!\x1a\x07"), "unpack it"),
    FileType("an RTF document", _begins(b"{\\rtf"), "save it as plain text"),
    FileType("an LZ4 file", _begins(b"\x04\x22\x4d\x18"), "unpack it: lz4 -d"),
    FileType(
        "an image", _begins(b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF89a"), "is it the right one?"
    ),
)


def refuse_foreign_file(name: str, head: bytes) -> None:
    """UsageError for a file, or what a compressed one holds, that begins with ``head`` and isn't
    lines of text."""
    for kind in TYPES:
        if kind.is_magic(head):
            raise UsageError(f"{name} is {kind.name}", hint=kind.hint)
    if head[TAR_AT : TAR_AT + len(TAR_MAGIC)] == TAR_MAGIC:
        first = head[:TAR_NAME].rstrip(b"\0").decode(errors="backslashreplace")
        raise UsageError(
            f"{name} is a tar archive, whose first member is {first}",
            hint="unpack it (tar -xf), and submit its files",
        )
