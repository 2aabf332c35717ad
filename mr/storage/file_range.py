"""A range of an input that its task reads itself, where inputs can't be cut at lines."""

import io
from dataclasses import dataclass
from typing import IO, Any

from mr.records.split import Split
from mr.storage.whole_files import READ_AHEAD, FileEntry, JobFiles

__all__ = ["FileRange"]


@dataclass(frozen=True)
class FileRange:
    """The only line of a task's list: a file, and which of its bytes, ``start`` to ``end``, are the
    task's split."""

    file: FileEntry
    start: int
    end: int

    def line(self) -> bytes:
        return self.file.line().removesuffix(b"\n") + f"\t{self.start}\t{self.end}\n".encode()

    @classmethod
    def read(cls, line: bytes) -> "FileRange":
        file, start, end = line.rsplit(b"\t", 2)
        return cls(FileEntry.read(file), int(start), int(end))

    @property
    def split(self) -> Split:
        return Split(self.file.name, self.start, self.end - self.start, local=False, ranged=True)

    def open(self, files: JobFiles) -> IO[bytes]:
        """Its bytes; EOFError if the file ends before they do."""
        raw = files.file(self.file).raw()
        raw.seek(self.start)
        return io.BufferedReader(_Range(raw, self.end - self.start), READ_AHEAD)


class _Range(io.RawIOBase):
    """The next ``length`` bytes of ``raw``."""

    def __init__(self, raw: io.RawIOBase, length: int) -> None:
        self._raw = raw
        self._left = length

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: self._left]
        count = self._raw.readinto(view) or 0
        if len(view) and not count:
            raise EOFError(f"the file ends {self._left} bytes before the task's range does")
        self._left -= count
        return count
