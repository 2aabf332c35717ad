"""Whole files as records: what a task reads of one, here or in HDFS."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from mr.records.compression import decompressed
from mr.storage.webhdfs import RESTART_SECONDS, check_unchanged, read_range, webhdfs_client

__all__ = ["FileEntry", "JobFiles", "StorageError", "StoredFile", "UnusableFile"]

READ_AHEAD = 4 << 20


class UnusableFile(Exception):
    """``reason`` is one of few, so that it can be counted; ``detail`` is free."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class StorageError(Exception):
    """The store doesn't give what it holds: nothing is known about the file."""


@dataclass(frozen=True)
class StoredFile:
    """``name`` tells, by its end, how it is compressed; ``size`` in bytes, as it is stored;
    ``raw`` opens it without a buffer, so that nothing but what is asked for is read."""

    name: str
    size: int
    raw: Callable[[], io.RawIOBase]

    @classmethod
    def of(cls, path: Path, name: str) -> "StoredFile":
        """A file of this machine."""
        return cls(name, path.stat().st_size, lambda: path.open("rb", buffering=0))

    def open(self) -> IO[bytes]:
        """Its bytes, which can be sought in."""
        return io.BufferedReader(self.raw(), READ_AHEAD)

    def text(self) -> IO[bytes]:
        """Its bytes, decompressed."""
        return decompressed(self.open(), self.name)


@dataclass(frozen=True)
class FileEntry:
    """A line of a task's list: a file's name in the job's folder, or its ``path`` in HDFS if it
    wasn't copied, with its time of change there (milliseconds since 1970)."""

    name: str
    size: int
    path: str = ""
    modified: int = 0

    def line(self) -> bytes:
        return f"{self.name}\t{self.size}\t{self.path}\t{self.modified}\n".encode()

    @classmethod
    def read(cls, line: bytes) -> "FileEntry":
        name, size, path, modified = line.decode().split("\t")
        return cls(name, int(size), path, int(modified))


class JobFiles:
    """The files of a job, below ``folder``: of this machine, or of HDFS at ``webhdfs_url``."""

    def __init__(self, folder: str, webhdfs_url: str = "", user: str = "") -> None:
        self._folder = folder
        self._client = webhdfs_client(webhdfs_url, user) if webhdfs_url else None

    def file(self, entry: FileEntry) -> StoredFile:
        """The file that a list names."""
        path = entry.path or f"{self._folder}/{entry.name}"
        if self._client is None:
            return StoredFile.of(Path(path), entry.name)
        remote = partial(_RemoteFile, self._client, path, entry.size)
        return StoredFile(entry.name, entry.size, remote)

    def check(self, entry: FileEntry) -> None:
        """Raise InputChangedError if the file, which is read by now, isn't what was submitted."""
        if entry.path:
            check_unchanged(self._client, entry.path, entry.size, entry.modified)


class _RemoteFile(io.RawIOBase):
    """A file of HDFS; each read asks for a range of it."""

    def __init__(self, client: Any, path: str, size: int) -> None:
        self._client = client
        self._path = path
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        at = self._at
        pieces = read_range(self._client, self._path, at, end, RESTART_SECONDS, len(buffer))
        try:
            for piece in pieces:
                buffer[self._at - at : self._at - at + len(piece)] = piece
                self._at += len(piece)
        except Exception as error:  # or a reader would take it for damage of the file
            raise StorageError(f"{self._path}: {error}") from error
        return self._at - at
