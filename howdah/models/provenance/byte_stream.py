"""The bytes of a pickle, read forward once: plain, or unpacked as joblib packs them."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from howdah.errors import ModelError, UsageError

__all__ = [
    "FEWEST_INSTRUCTIONS",
    "LONGEST_TEXT",
    "UNREADABLE",
    "ByteStream",
    "open_unpacked",
    "windows",
]

LONGEST_TEXT = 1000  # bytes; no name of a module or class is longer
CHUNK = 1 << 20
OVERLAP = 4096  # bytes of a chunk that are seen again with the next one
MOST_BYTES = 16 << 30  # more is a file that was made to unpack without end
FEWEST_INSTRUCTIONS = 10_000_000  # that a file may have; more if it is larger
# What the standard library raises for damaged or truncated files
UNREADABLE = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)

Watch = Callable[[bytes], None]
SAVE_AGAIN = "save it again: joblib.dump(model, 'model.joblib')"


@contextmanager
def open_unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file as ``joblib.load`` does, which tells compression by the first bytes.

    Raises UsageError for what can't be unpacked here.
    """
    with path.open("rb") as file:
        head = file.peek(6)[:6] if hasattr(file, "peek") else b""
    if head.startswith(b"ZF"):
        raise UsageError(
            f"{path} was saved by a joblib older than 0.10",
            hint=f"load it with that version and {SAVE_AGAIN}",
        )
    if head.startswith(b"\x04\x22\x4d\x18"):
        raise UsageError(f"{path} is packed with LZ4, which isn't installed here", hint=SAVE_AGAIN)
    with _opened(path, head) as unpacked:
        yield unpacked


def _opened(path: Path, head: bytes) -> IO[bytes]:
    if head.startswith(b"\x78"):
        from joblib.compressor import BinaryZlibFile

        return cast(IO[bytes], BinaryZlibFile(str(path), "rb"))
    if head.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(path))
    if head.startswith(b"BZ"):
        return bz2.open(path)
    if head.startswith((b"\x5d\x00", b"\xfd7zXZ")):
        return lzma.open(path)
    return path.open("rb")


def windows(file: IO[bytes]) -> Iterator[bytes]:
    """All bytes of a file in pieces, each of which begins with the end of the one before."""
    before = b""
    for _ in range(MOST_BYTES // CHUNK):
        data = file.read(CHUNK)
        if not data:
            return
        yield before + data
        before = data[-OVERLAP:]
    raise _too_long()


class ByteStream:
    """Takes and skips bytes; EOFError where there are fewer.

    ``instructions``: how many a pickle in it may have; a file made to unpack without end has more.
    """

    def __init__(self, file: IO[bytes], instructions: int = FEWEST_INSTRUCTIONS) -> None:
        self.read = file.read
        self._instructions = instructions
        self._readline = file.readline
        self._tell = file.tell
        self._skipped = 0

    def spend(self, instructions: int) -> None:
        """Note that instructions have been read; ModelError where there are too many."""
        self._instructions -= instructions
        if self._instructions < 0:
            raise ModelError("it unpacks to many more instructions than a model has")

    def take(self, count: int) -> bytes:
        data = self.read(count)
        if len(data) != count:
            raise EOFError("it ends too early")
        return data

    def take_line(self) -> bytes | None:
        """A line without its end; None for one longer than a name, which is skipped."""
        line = self._readline(LONGEST_TEXT)
        if line.endswith(b"\n"):
            return line[:-1]
        while not line.endswith(b"\n"):
            line = self._readline(CHUNK)
            if not line:
                raise EOFError("it ends too early")
            self._count(len(line))
        return None

    def skip(self, count: int, watch: Watch | None = None) -> None:
        """Pass over ``count`` bytes; ``watch`` sees them, in windows that overlap."""
        self._count(count)
        before = b""
        while count:
            data = self.take(min(count, CHUNK))
            count -= len(data)
            if watch:
                watch(before + data)
                before = data[-OVERLAP:]

    def is_at_end(self) -> bool:
        return not self.read(1)

    @property
    def position(self) -> int:
        return self._tell()

    def _count(self, count: int) -> None:
        self._skipped += count
        if self._skipped > MOST_BYTES:
            raise _too_long()


def _too_long() -> ModelError:
    return ModelError(f"it unpacks to more than {MOST_BYTES >> 30} GiB")
