"""Where a record leaves a map task: part files in the attempt's own output folder.

Hadoop's committer moves that folder's files into the job's output only for the attempt that
it lets commit, so a task that was killed, retried or run twice leaves each record once.
"""

import zlib
from pathlib import Path, PurePosixPath
from queue import Queue
from threading import Thread
from typing import Any, Protocol
from urllib.parse import urlparse

from mr.storage.webhdfs import retry, webhdfs_client

__all__ = ["FileSink", "HdfsSink", "PartFile", "Sink"]

QUEUED_WRITES = 4


class Writer(Protocol):
    def write(self, data: bytes, /) -> Any: ...
    def close(self) -> None: ...


class Sink(Protocol):
    """The output folder of one task attempt."""

    def open(self, name: str) -> Writer:
        """Create the file ``name`` (a path below the folder)."""

    def length(self, name: str) -> int:
        """The bytes that the store holds of ``name`` once it is closed."""


class FileSink:
    """The local runner's: plain files."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def open(self, name: str) -> Writer:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")

    def length(self, name: str) -> int:
        return (self._folder / name).stat().st_size


class HdfsSink:
    """The cluster's: HDFS files, written through WebHDFS.

    While a NameNode restarts, calls are repeated for ``retry_seconds``.
    """

    def __init__(self, folder: str, webhdfs_url: str, user: str, retry_seconds: float = 0) -> None:
        self._folder = PurePosixPath(urlparse(folder).path)
        self._client = webhdfs_client(webhdfs_url, user)
        self._retry_seconds = retry_seconds
        self._made: set[PurePosixPath] = set()

    def open(self, name: str) -> Writer:
        path = self._folder / name
        if path.parent not in self._made:
            retry(lambda: self._client.makedirs(str(path.parent)), self._retry_seconds)
            self._made.add(path.parent)
        return _HdfsWriter(self._client, str(path))

    def length(self, name: str) -> int:
        status = retry(lambda: self._client.status(str(self._folder / name)), self._retry_seconds)
        return int(status["length"])


class _HdfsWriter:
    """Sends one file in a thread, so that scoring goes on; a full queue makes it wait."""

    def __init__(self, client: Any, path: str) -> None:
        self._queue: Queue[bytes] = Queue(QUEUED_WRITES)
        self._error: Exception | None = None
        self._thread = Thread(target=self._send, args=(client, path), daemon=True)
        self._thread.start()

    def _send(self, client: Any, path: str) -> None:
        chunks = iter(self._queue.get, b"")
        try:
            client.write(path, data=chunks, overwrite=True)
        except Exception as error:  # raised again in the writing thread
            self._error = error
            for _ in chunks:
                pass

    def write(self, data: bytes) -> None:
        if self._error:
            raise self._error
        self._queue.put(data)

    def close(self) -> None:
        self._queue.put(b"")
        self._thread.join()
        if self._error:
            raise self._error


class PartFile:
    """A part file, made at the first write; its bytes are counted and summed by CRC-32."""

    def __init__(self, sink: Sink, name: str) -> None:
        self.bytes = 0
        self.crc = 0
        self._sink = sink
        self._name = name
        self._writer: Writer | None = None

    def write(self, data: bytes) -> None:
        if not data:
            return
        if self._writer is None:
            self._writer = self._sink.open(self._name)
        self._writer.write(data)
        self.bytes += len(data)
        self.crc = zlib.crc32(data, self.crc)

    def close(self) -> None:
        """Close the file; raise OSError if the store doesn't hold every byte."""
        if self._writer is None:
            return
        self._writer.close()
        held = self._sink.length(self._name)
        if held != self.bytes:
            raise OSError(f"{self._name}: wrote {self.bytes} bytes, the store holds {held}")
