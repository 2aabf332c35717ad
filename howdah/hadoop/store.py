"""A job's folder, where its input goes and its output comes from: HDFS, or this machine."""

import shutil
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from howdah.errors import ClusterError
from howdah.settings import Cluster
from mr.storage.part_file import FileSink, HdfsSink, Sink
from mr.storage.webhdfs import webhdfs_client

__all__ = ["HdfsStore", "LocalStore", "SegmentSink", "Store", "hdfs_client"]

CHUNK = 1 << 20


class Store(Protocol):
    """Names are paths below the job's folder."""

    uri: str

    def sink(self) -> Sink:
        """What writes files into the folder."""

    def sizes(self, folder: str) -> dict[str, int]:
        """The files right below ``folder`` and their bytes; none if it isn't there."""

    def stamps(self, folder: str) -> dict[str, list[int]]:
        """The same files, with their bytes and time of change: others once a file was written
        anew."""

    def read(self, name: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The bytes of a file from ``offset`` on, up to its end or ``length`` of them."""

    def usage(self, folder: str) -> int:
        """The bytes that all files below ``folder`` take on disks, replicas included; links take
        none."""

    def remove(self, name: str) -> None:
        """Remove a file or folder, if it is there."""

    def reaching(self) -> AbstractContextManager[None]:
        """While what ``sink`` gave is written to: the store's own errors become ClusterError."""


class LocalStore:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.uri = str(folder)
        self._folder = folder

    def sink(self) -> Sink:
        return FileSink(str(self._folder))

    def sizes(self, folder: str) -> dict[str, int]:
        return {name: size for name, (size, _) in self.stamps(folder).items()}

    def stamps(self, folder: str) -> dict[str, list[int]]:
        path = self._folder / folder
        files = [entry for entry in path.iterdir() if entry.is_file()] if path.is_dir() else []
        found = ((entry.name, entry.stat()) for entry in files)
        return {name: [stat.st_size, stat.st_mtime_ns] for name, stat in found}

    def read(self, name: str, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        with (self._folder / name).open("rb") as file:
            file.seek(offset)
            left = sys.maxsize if length is None else length
            while chunk := file.read(min(CHUNK, left)):
                left -= len(chunk)
                yield chunk

    def usage(self, folder: str) -> int:
        files = (path for path in (self._folder / folder).rglob("*") if not path.is_symlink())
        return sum(path.stat().st_size for path in files if path.is_file())

    def remove(self, name: str) -> None:
        path = self._folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def reaching(self) -> AbstractContextManager[None]:
        return nullcontext()


class SegmentSink(HdfsSink):
    """HDFS' folder, for files that arrive as segments."""

    def put(self, name: str, data: Iterable[bytes]) -> None:
        """Write the file ``name`` as a whole."""
        self._client.write(str(self._folder / name), data=data, overwrite=True)

    def join(self, name: str, tail: str) -> None:
        """Move all that ``tail``, a file of the same folder, holds to the end of ``name``."""
        from hdfs.client import _Request

        concat = _Request("POST").to_method("CONCAT")  # the one call that the client lacks
        concat(self._client, str(self._folder / name), sources=str(self._folder / tail))


class HdfsStore:
    """A folder of HDFS, spoken to over WebHDFS."""

    def __init__(self, cluster: Cluster, folder: str) -> None:
        self.uri = cluster.fs_uri + folder
        self._cluster = cluster
        self._folder = folder
        self._client = hdfs_client(cluster)

    def sink(self) -> Sink:
        return SegmentSink(self._folder, self._cluster.webhdfs_url, self._cluster.user)

    def sizes(self, folder: str) -> dict[str, int]:
        return {name: size for name, (size, _) in self.stamps(folder).items()}

    def stamps(self, folder: str) -> dict[str, list[int]]:
        path = f"{self._folder}/{folder}"
        with self.reaching():
            if self._client.status(path, strict=False) is None:
                return {}
            entries = self._client.list(path, status=True)
        return {
            name: [status["length"], status["modificationTime"]]
            for name, status in entries
            if status["type"] == "FILE"
        }

    def read(self, name: str, offset: int = 0, length: int | None = None) -> Generator[bytes]:
        path, part = f"{self._folder}/{name}", {"offset": offset, "length": length}
        with self.reaching(), self._client.read(path, **part, chunk_size=CHUNK) as chunks:
            yield from chunks

    def usage(self, folder: str) -> int:
        with self.reaching():
            summary = self._client.content(f"{self._folder}/{folder}", strict=False)
        return summary["spaceConsumed"] if summary else 0

    def remove(self, name: str) -> None:
        with self.reaching():
            self._client.delete(f"{self._folder}/{name}", recursive=True)

    @contextmanager
    def reaching(self) -> Iterator[None]:
        from hdfs import HdfsError
        from requests import RequestException
        from urllib3.exceptions import HTTPError

        try:
            yield
        except HdfsError as error:
            why = str(error).strip().split("\n")[0]
            raise ClusterError(f"HDFS refuses: {why}", hint="bin/cluster status") from error
        except (RequestException, HTTPError) as error:  # the second: of an answer that is cut off
            raise ClusterError(
                f"HDFS doesn't answer at {self._cluster.webhdfs_url}",
                hint="bin/cluster status; bin/cluster up",
            ) from error


def hdfs_client(cluster: Cluster) -> Any:
    """A WebHDFS client."""
    return webhdfs_client(cluster.webhdfs_url, cluster.user)
