"""A zip archive, whose members are inputs: each by itself, under the archive's name and its own."""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from howdah.errors import UsageError
from howdah.inputs.input_file import InputFile, read_head, suffix_of

__all__ = ["ZIP_MAGIC", "ZipMember", "members_of"]

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
IS_ENCRYPTED = 1
METHODS = {0, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
OTHERS = {1: "shrinking", 6: "imploding", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 99: "AES"}
DOCUMENTS = {
    "xl/workbook.xml": ("an Excel workbook (.xlsx)", "save its sheet as CSV UTF-8"),
    "xl/workbook.bin": ("an Excel workbook (.xlsb)", "save its sheet as CSV UTF-8"),
    "word/document.xml": ("a Word document (.docx)", "save it as plain text"),
    "content.xml": ("an OpenDocument file", "save its sheet as CSV, or its text as plain text"),
}


@dataclass(frozen=True, kw_only=True)
class ZipMember(InputFile):
    """A member of a zip archive, with ``length`` bytes once it is unpacked; ``open_archive`` opens
    the archive, ``archive`` tells whether that is the same and unchanged."""

    open_archive: Callable[[], IO[bytes]]
    archive: object
    member: str
    length: int

    @property
    def stamp(self) -> list[object]:
        return [self.archive, self.member]

    @property
    def size(self) -> int:
        return self.length

    @property
    def must_be_stored(self) -> bool:
        return True

    def open(self) -> IO[bytes]:
        """The member's bytes, unpacked."""
        archive = zipfile.ZipFile(self.open_archive())
        return io.BufferedReader(_Member(archive, archive.open(self.member)))


class _Member(io.RawIOBase):
    """Closes the archive with its member."""

    def __init__(self, archive: zipfile.ZipFile, member: IO[bytes]) -> None:
        self._archive = archive
        self._member = member

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._member.readinto(buffer)  # type: ignore[attr-defined, no-any-return]

    def close(self) -> None:
        self._member.close()
        if file := self._archive.fp:
            file.close()
        self._archive.close()
        super().close()


def members_of(
    name: str, open_archive: Callable[[], IO[bytes]], stamp: object, head: int
) -> tuple[list[InputFile], list[str]]:
    """The archive's members, in its order, each with ``head`` bytes looked at, and what is left
    out; UsageError for an archive that can't be unpacked, or is a document."""
    try:
        with open_archive() as file, zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _refuse_documents(name, [info.filename for info in infos])
            taken = [info for info in infos if not _is_left_out(info)]
            for info in taken:
                _check(name, info)
            heads = []
            for info in taken:
                with archive.open(info) as member:
                    heads.append(read_head(member, head))
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise UsageError(
            f"{name} is a zip archive that is cut off or damaged: {error}",
            hint="copy it again; unzip -t tells when it is whole",
        ) from None
    if not taken:
        raise UsageError(
            f"{name} is a zip archive without files", hint="unzip -l lists what it has"
        )
    left_out = [info.filename for info in infos if _is_left_out(info) and not info.is_dir()]
    members: list[InputFile] = [
        ZipMember(
            f"{name}/{info.filename}",
            begin,
            suffix_of(begin),
            goes_on=len(begin) < info.file_size,
            open_archive=open_archive,
            archive=stamp,
            member=info.filename,
            length=info.file_size,
        )
        for info, begin in zip(taken, heads, strict=True)
    ]
    return members, _notes(name, left_out)


def _is_left_out(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.split("/")
    hidden = any(part.startswith(".") for part in parts if part not in (".", ".."))
    return info.is_dir() or parts[0] == "__MACOSX" or hidden


def _check(name: str, info: zipfile.ZipInfo) -> None:
    if info.flag_bits & IS_ENCRYPTED:
        raise UsageError(f"{name}: {info.filename} is encrypted",
                         hint="unpack the archive with its password first")  # fmt: skip
    if info.compress_type not in METHODS:
        method = OTHERS.get(info.compress_type, f"method {info.compress_type}")
        raise UsageError(f"{name}: {info.filename} is packed by {method}",
                         hint="unpack the archive first, for instance by 7z x")  # fmt: skip


def _refuse_documents(name: str, members: Sequence[str]) -> None:
    for member, (what, hint) in DOCUMENTS.items():
        if member in members and (member != "content.xml" or "mimetype" in members):
            raise UsageError(f"{name} is {what}", hint=hint)
    if members and all(member.endswith(".npy") for member in members):
        raise UsageError(f"{name} has NumPy arrays (.npz)",
                         hint="--pipeline column-means takes them one by one")  # fmt: skip


def _notes(name: str, left_out: Sequence[str]) -> list[str]:
    if not left_out:
        return []
    shown = ", ".join(left_out[:3]) + (" and others" if len(left_out) > 3 else "")
    return [f"{name}: hidden files of it are left out: {shown}"]
