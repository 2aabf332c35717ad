"""What inputs are, beyond lines of UTF-8: recognised by their beginnings, or as it was stated."""

import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

from howdah.errors import UsageError
from howdah.inputs.file_types import refuse_foreign_file
from howdah.inputs.hdfs import HdfsFile
from howdah.inputs.input_file import STDIN, InputFile, display_name, head_size
from howdah.inputs.json_array import begins_array
from howdah.inputs.text_encoding import UTF_8, encoding_of
from howdah.inputs.text_form import TextForm
from howdah.inputs.zip_archive import ZIP_MAGIC, ZipMember, members_of
from mr.records.compression import DAMAGE
from mr.records.split import BOM
from mr.records.table_format import DELIMITERS

__all__ = ["Kind", "Reading", "read_as"]

SEPARATOR = re.compile(rb"sep=(.?)\r?(\n|$)", re.IGNORECASE)
FIRST_LINES = 100  # that say whether a text is UTF-8
SEEN = 200  # bytes that tell UTF-16, whose letters mostly have a NUL byte each
SHOWN = 20  # bytes of a line that isn't, before the one that tells


class Kind(Enum):
    """What an input's records are: rows of a table, lines, or the whole file."""

    TABLE = "table"
    LINES = "lines"
    FILES = "files"


@dataclass(frozen=True)
class Reading:
    """How inputs are to be read: as which ``kind``; in which ``encoding`` (empty: UTF-8, unless a
    byte order mark says otherwise), and behind how many lines."""

    kind: Kind
    encoding: str = ""
    skip_lines: int = 0


def read_as(sources: Sequence[InputFile], reading: Reading) -> tuple[list[InputFile], list[str]]:
    """The inputs with what their beginnings tell, an archive's members one by one and empty ones
    left out; and what people are told of it. UsageError for what can't be read so."""
    if reading.kind == Kind.FILES:
        return _whole(sources), []
    found: list[InputFile] = []
    notes: list[str] = []
    for source in sources:
        members, left_out = _unpacked(source, len(sources))
        found += members
        notes += left_out
    read = [_recognised(source, reading) for source in found]
    full = [source for source in read if not _is_empty(source)]
    if not full:
        raise _empty_error(read[0])
    left_out = [display_name(source.name) for source in read if _is_empty(source)]
    if left_out:
        more = f", and so are {len(left_out) - 1:,} more" if len(left_out) > 1 else ""
        notes.append(f"{left_out[0]} is empty{more}: it has no records")
    return full, notes


def _whole(sources: Sequence[InputFile]) -> list[InputFile]:
    for source in sources:
        if not source.head:
            raise _empty_error(source)
    return [*sources]


def _empty_error(source: InputFile) -> UsageError:
    return UsageError(f"{display_name(source.name)} is empty",
                      hint="there is nothing to score in it")  # fmt: skip


def _is_empty(source: InputFile) -> bool:
    """Whether there is no text in it at all; of what is damaged that isn't known."""
    if source.columns or source.footer or source.goes_on or _has_text(source):
        return False
    with suppress(*DAMAGE):
        return not any(source.reader(io.BytesIO(source.head)).chunks())
    return False


def _has_text(source: InputFile) -> bool:
    is_plain = source.form.is_plain and not source.suffix
    return source.head not in (b"", BOM) if is_plain else bool(source.text_head(1))


def _unpacked(source: InputFile, inputs: int) -> tuple[list[InputFile], list[str]]:
    if source.columns or not source.head.startswith(ZIP_MAGIC):
        return [source], []
    if source.name == STDIN:
        raise UsageError(
            "stdin is a zip archive, which has to be read from its end",
            hint="give the file itself; of one member: unzip -p FILE | bin/submit -",
        )
    opener = source.open_seekable if isinstance(source, HdfsFile) else source.open
    return members_of(source.name, opener, source.stamp, head_size(inputs))


def _recognised(source: InputFile, reading: Reading) -> InputFile:
    """The input, with the form of its text."""
    name = display_name(source.name)
    if source.columns:
        if reading.encoding or reading.skip_lines:
            raise UsageError(f"{name} is what a job has scored: UTF-8, without lines before it",
                             hint="leave --encoding and --skip-lines out")  # fmt: skip
        return source
    if source.footer:
        if reading.encoding or reading.skip_lines:
            raise UsageError(f"{name} is a {source.footer.format} file, which has no lines",
                             hint="leave --encoding and --skip-lines out")  # fmt: skip
        return source
    if isinstance(source, ZipMember) and source.head.startswith(ZIP_MAGIC):
        raise UsageError(f"{name} is a zip archive within another", hint="unpack the outer one")
    beginning = source.unpacked_head() if source.suffix else source.head
    if source.suffix and beginning.startswith(ZIP_MAGIC):
        raise UsageError(f"{name} is a zip archive, compressed again", hint="unpack it once")
    encoding = encoding_of(name, beginning, reading.encoding)
    if encoding in ("", UTF_8):
        refuse_foreign_file(name, beginning)
    if not encoding:
        _refuse_unmarked_utf16(name, beginning[:SEEN])
    form = TextForm("" if encoding == UTF_8 else encoding)
    source = source if form.is_plain else replace(source, form=form)
    text = source.text_head(1 << 20) if source.suffix or not form.is_plain else beginning
    if b"\n" not in text and b"\r" in text:
        form = replace(form, ends_in_cr=True)
        text = text.replace(b"\r", b"\n")
    delimiter = _delimiter(name, text) if reading.kind == Kind.TABLE else ""
    skip_lines = max(reading.skip_lines, bool(delimiter))
    form = replace(form, skip_lines=skip_lines)
    if reading.kind == Kind.TABLE and b"[" in text[:1024]:
        behind = b"\n".join(text.split(b"\n", skip_lines)[skip_lines:])
        form = replace(form, is_array=begins_array(behind.removeprefix(BOM)))
    if form != source.form or delimiter:
        source = replace(source, form=form, delimiter=delimiter)
    if not encoding and not text.isascii():
        _check_is_utf8(name, text, goes_on=bool(source.goes_on))
    return source


def _delimiter(name: str, text: bytes) -> str:
    """The delimiter that Excel's first line names, such as ``sep=;``; empty if there is none."""
    found = SEPARATOR.match(text.removeprefix(BOM))
    if not found:
        return ""
    delimiter = found[1].decode(errors="replace")
    if delimiter not in DELIMITERS:
        raise UsageError(
            f"{name}: its first line says that fields are separated by {delimiter!r}",
            hint="fields are separated by commas, semicolons or tabs",
        )
    return delimiter


def _refuse_unmarked_utf16(name: str, beginning: bytes) -> None:
    for encoding, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        halves = beginning[place::2]
        if halves.count(0) > len(halves) // 2 and not beginning[1 - place :: 2].count(0):
            raise UsageError(
                f"{name} has a NUL byte at every other place: UTF-16 without byte order mark?",
                hint=f"--encoding {encoding} if it is that",
            )


def _check_is_utf8(name: str, text: bytes, *, goes_on: bool) -> None:
    """UsageError if the first of the first lines that has letters beyond ASCII isn't UTF-8."""
    lines = text.split(b"\n", FIRST_LINES)
    if goes_on or len(lines) > FIRST_LINES:
        lines.pop()  # or it may end within a character
    for number, line in enumerate(lines, start=1):
        if line.isascii():
            continue
        try:
            line.decode()
        except UnicodeDecodeError as error:
            if not _is_in_word(line, error.start):
                continue  # damage, and no letter of another encoding
            before = line[max(error.start - SHOWN, 0) : error.start].decode(errors="replace")
            meant = line[error.start : error.start + 1].decode("windows-1252", "replace")
            raise UsageError(
                f"{name} isn't UTF-8: line {number}, column {error.start + 1} has the byte"
                f" 0x{line[error.start]:02x}, after {before!r}",
                hint=f"--encoding windows-1252 if that is {meant}, or the encoding that it has;"
                " --encoding utf-8 to have such records rejected",
            ) from None
        return


def _is_in_word(line: bytes, place: int) -> bool:
    """Whether a byte beyond ASCII stands beside a letter or digit, or another such byte."""
    before, after = line[max(place - 1, 0) : place], line[place + 1 : place + 2]
    return before.isalnum() or after.isalnum() or not after.isascii()
