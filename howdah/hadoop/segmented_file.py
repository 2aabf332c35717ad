"""A large file on its way into HDFS: a few segments of it at once, joined there in order."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import IO

from howdah.errors import UsageError
from howdah.hadoop.store import SegmentSink
from mr.records.split import CHUNK

__all__ = ["SEGMENT", "SegmentedFile"]

SEGMENT = 128 << 20  # a block of HDFS
STREAMS = 3  # one waits for the DataNode's disk while the others' bytes flow


@dataclass(frozen=True)
class _Segment:
    """``length`` bytes of ``file`` from ``start`` on, and as many newlines as ``padding`` says."""

    file: IO[bytes]
    start: int
    length: int
    padding: int
    stop: Event

    def __len__(self) -> int:  # the DataNode is told it, and doesn't take less for a whole file
        return self.length + self.padding

    def __iter__(self) -> Iterator[bytes]:
        start, end = self.start, self.start + self.length
        while start < end:
            chunk = os.pread(self.file.fileno(), min(CHUNK, end - start), start)
            if self.stop.is_set():
                raise CancelledError
            if not chunk:
                raise _changed(self.file)
            start += len(chunk)
            yield chunk
        yield b"\n" * self.padding


class SegmentedFile:
    """Stores what its caller reads of ``file``, which ends up as the store's ``name``; if it is to
    be ``padded``, with newlines up to a multiple of ``CHUNK`` bytes.

    Of what the caller writes only the length is used: where in the file it is. The threads that
    send read the same places again, out of the cache, so that nothing waits for checksums.
    """

    def __init__(self, sink: SegmentSink, name: str, file: IO[bytes], *, padded: bool) -> None:
        self._sink = sink
        self._name = name
        self._file = file
        self._stat = os.fstat(file.fileno())
        self._padding = -self._stat.st_size % CHUNK if padded else 0
        self._read = 0
        self._begun = 0
        self._sending: deque[tuple[str, Future[None]]] = deque()
        self._pool = ThreadPoolExecutor(STREAMS)
        self._stop = Event()

    def write(self, data: bytes) -> None:
        """Begin each segment that the caller has come to, once there aren't too many."""
        self._read += len(data)
        while self._begun < min(self._read, self._stat.st_size):
            if len(self._sending) == STREAMS:
                self._join_first()
            self._begin_next()

    def close(self) -> None:
        """Wait until the store holds the file.

        Raises UsageError if the file has changed meanwhile, OSError if the store lacks bytes.
        """
        try:
            while self._sending:
                self._join_first()
        finally:
            self.abort()
        stat = os.fstat(self._file.fileno())
        if stat.st_mtime_ns != self._stat.st_mtime_ns or stat.st_size != self._read:
            raise _changed(self._file)
        held = self._sink.length(self._name)
        wrote = self._read + self._padding
        if held != wrote:
            raise OSError(f"{self._name}: wrote {wrote} bytes, the store holds {held}")

    def abort(self) -> None:
        """End what is under way; nothing comes into the store after this."""
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def _begin_next(self) -> None:
        number = self._begun // SEGMENT
        name = f"{self._name}.{number}" if number else self._name
        length = min(SEGMENT, self._stat.st_size - self._begun)
        last = self._begun + length == self._stat.st_size
        padding = self._padding if last else 0
        segment = _Segment(self._file, self._begun, length, padding, self._stop)
        self._sending.append((name, self._pool.submit(self._sink.put, name, segment)))
        self._begun += length

    def _join_first(self) -> None:
        name, sent = self._sending.popleft()
        sent.result()
        if name != self._name:
            self._sink.join(self._name, name)


def _changed(file: IO[bytes]) -> UsageError:
    return UsageError(
        f"{file.name} changed while it was uploaded",
        hint="submit it again once nothing writes to it",
    )
