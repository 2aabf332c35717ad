"""Input files that HDFS has already, which are read where they are."""

import fnmatch
import glob
import io
import posixpath
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from howdah.errors import UsageError
from howdah.hadoop.store import CHUNK, HdfsStore
from howdah.inputs.input_file import HEAD, InputFile, read_head, suffix_of
from howdah.inputs.part_folders import HIDDEN
from howdah.settings import Cluster
from mr.records.compression import COMPRESSIONS, HADOOP_ONLY
from mr.storage.whole_files import FileEntry, JobFiles

__all__ = ["SCHEME", "HdfsFile", "absolute_path", "check_name", "expand_pattern", "hdfs_file"]

SCHEME = "hdfs:"
PATTERNS = set("*?[]{},\\^")  # Hadoop takes an input's path for a pattern, and a comma for two


@dataclass(frozen=True, kw_only=True)
class HdfsFile(InputFile):
    """A file of HDFS. ``path`` is absolute there; ``length`` in bytes and ``modified`` tell whether
    it is unchanged."""

    cluster: Cluster
    length: int

    @property
    def stamp(self) -> list[object]:
        return [self.cluster.fs_uri + self.path, self.length, self.modified]

    @property
    def size(self) -> int:
        return self.length

    def open(self) -> IO[bytes]:
        """Its bytes, over WebHDFS."""
        chunks = HdfsStore(self.cluster, "").read(self.path.lstrip("/"))
        return io.BufferedReader(_Stream(chunks), CHUNK)

    def open_seekable(self) -> IO[bytes]:
        """The same, for those who read here and there."""
        files = JobFiles("", self.cluster.webhdfs_url, self.cluster.user)
        return files.file(FileEntry(self.name, self.length, self.path)).open()


class _Stream(io.RawIOBase):
    """What a generator yields, as a file."""

    def __init__(self, chunks: Generator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._chunks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        self._chunks.close()
        super().close()


class _Ranges:
    """Reads a file on, a range at a time."""

    def __init__(self, client: Any, path: str, length: int) -> None:
        self._client = client
        self._path = path
        self._length = length
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        if self._at >= self._length:
            return b""
        with self._client.read(self._path, offset=self._at, length=size) as reader:
            data = bytes(reader.read())
        self._at += len(data)
        return data


def hdfs_file(
    client: Any,
    cluster: Cluster,
    path: str,
    name: str,
    columns: tuple[str, ...] = (),
    size: int = HEAD,
) -> HdfsFile:
    """The file at ``path``, called ``name``, with ``size`` bytes or more looked at; UsageError if
    it can't be read.

    Of a job's scores, whose ``columns`` are known, nothing is read yet.
    """
    with _usable(name):
        status = client.status(path)
        if status["type"] == "DIRECTORY":
            raise UsageError(f"{name} is a folder", hint=f"give its files: '{name}/*'")
        head = b""
        if not columns and status["length"]:
            head = read_head(_Ranges(client, path, status["length"]), size)
    suffix = suffix_of(head)
    if not columns:
        _check_packing(name, suffix)
    return HdfsFile(
        name,
        head,
        suffix,
        columns,
        goes_on=bool(columns) or len(head) < status["length"],
        cluster=cluster,
        path=path,
        length=status["length"],
        modified=status["modificationTime"],
    )


def absolute_path(argument: str, cluster: Cluster) -> str:
    """The absolute path of ``hdfs:///path`` or ``hdfs://HOST:PORT/path``."""
    rest = argument.removeprefix(SCHEME)
    if rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        if authority and f"{SCHEME}//{authority}" != cluster.fs_uri:
            raise UsageError(
                f"{argument} is in another HDFS than this cluster's, {cluster.fs_uri}",
                hint=f"{SCHEME}//{slash}{path} is in this cluster's",
            )
        rest = slash + path
    if not rest.startswith("/"):
        raise UsageError(f"{argument} has no absolute path", hint="hdfs:///folder/file.txt")
    return posixpath.normpath("/" + rest.lstrip("/"))


def expand_pattern(client: Any, argument: str, path: str) -> list[str]:
    """The files that a pattern fits, in the order of their names; UsageError if there are none."""
    if not glob.has_magic(path):
        return [path]
    found = {"/": ""}  # and their types, where these are known
    for segment in path.split("/")[1:]:
        if glob.has_magic(segment):
            found = {
                posixpath.join(folder, name): kind
                for folder in found
                for name, kind in _matching(client, folder, segment).items()
            }
        else:
            found = {posixpath.join(folder, segment): "" for folder in found}
    files = [name for name, kind in found.items() if (kind or _type(client, name)) == "FILE"]
    if not files:
        raise UsageError(f"no file matches {argument}", hint="are its folders right?")
    return sorted(files)


def _matching(client: Any, folder: str, pattern: str) -> dict[str, str]:
    """The names right below ``folder`` that ``pattern`` fits, hidden ones left out, and their
    types."""
    if _type(client, folder) != "DIRECTORY":
        return {}
    with _usable(f"hdfs://{folder}"):
        entries = client.list(folder, status=True)
    return {
        name: status["type"]
        for name, status in entries
        if not name.startswith(HIDDEN) and fnmatch.fnmatchcase(name, pattern)
    }


def _type(client: Any, path: str) -> str:
    status = client.status(path, strict=False)
    return status["type"] if status else ""


def check_name(path: str) -> None:
    """UsageError for a file that Hadoop wouldn't find by its path."""
    if posixpath.basename(path).startswith(HIDDEN):
        raise UsageError(f"hdfs://{path} has a hidden name: Hadoop leaves it out",
                         hint="rename it")  # fmt: skip
    if odd := PATTERNS & set(path):
        raise UsageError(
            f"hdfs://{path} has {' '.join(sorted(odd))} in its name, which is a pattern for Hadoop",
            hint="rename it",
        )


def _check_packing(name: str, suffix: str) -> None:
    """UsageError unless Hadoop, which goes by names, unpacks the file as this machine does."""
    stored = [known.suffix for known in COMPRESSIONS if not known.for_hadoop]
    if suffix in stored:  # as a text, which has another name
        return
    suffixes = (*(known.suffix for known in COMPRESSIONS if known.for_hadoop), *HADOOP_ONLY)
    named = next((packed for packed in suffixes if name.endswith(packed)), "")
    if named != suffix:
        names = " or ".join(known.name for known in COMPRESSIONS)
        what = f"is compressed as {suffix}" if suffix else f"isn't {names}"
        raise UsageError(
            f"{name} {what}, and Hadoop goes by its name",
            hint=f"rename it to end in {suffix}" if suffix else "rename it, or unpack it",
        )


@contextmanager
def _usable(name: str) -> Iterator[None]:
    """HDFS' errors that the user can mend become UsageError."""
    from hdfs import HdfsError

    try:
        yield
    except HdfsError as error:
        if error.exception == "FileNotFoundException":
            raise UsageError(f"{name} does not exist", hint="check the name") from None
        if error.exception == "AccessControlException":
            raise UsageError(f"{name} can't be read: no permission",
                             hint="ask its owner") from None  # fmt: skip
        raise
