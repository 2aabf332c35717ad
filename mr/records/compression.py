"""The one table of compressions: how each is recognised, opened, and found to be damaged.

Add a format here, and inputs in it are taken everywhere: by the host, which recognises them by
their first bytes, and by tasks, which go by the name that they are stored under. What Hadoop's
reader of lines doesn't unpack (not ``for_hadoop``) is stored as a text instead, unless whole files
are records.
"""

import bz2
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, cast

__all__ = [
    "COMPRESSIONS",
    "DAMAGE",
    "HADOOP_ONLY",
    "TESTS",
    "Compression",
    "compression_of",
    "decompressed",
    "detect",
    "is_damage",
]


@dataclass(frozen=True)
class Compression:
    """``name``: the program that makes such files, and tests them with ``-t``; ``suffix``: the end
    of their names; ``is_magic``: whether bytes are the first ones of such a file; ``open``: gives
    the text of anything that has ``read``; ``damage``: the exact types of what that raises for
    damaged files; ``for_hadoop``: Hadoop unpacks them, too."""

    name: str
    suffix: str
    is_magic: Callable[[bytes], bool]
    open: Callable[[Any], Any]
    damage: tuple[type[Exception], ...]
    for_hadoop: bool = True


def _is_zstd(head: bytes) -> bool:
    """A frame, or one to be skipped before it."""
    (number,) = struct.unpack("<I", head[:4].ljust(4, b"\0"))
    return bool(number == 0xFD2FB528 or number >> 4 == 0x184D2A5)


def _is_xz(head: bytes) -> bool:
    """Of ``.xz``, or of the older ``.lzma``: one byte of properties, and the dictionary's size, a
    power of two (or half as much more)."""
    if head.startswith(b"\xfd7zXZ\0"):
        return True
    if not head.startswith(b"\x5d\0\0") or len(head) < 13:
        return False
    size = int.from_bytes(head[1:5], "little")
    power = size & -size
    return size >= 1 << 12 and size in (power, 3 * power)


class _Zstd:
    """The text of zstd's frames, one after the other; those to be skipped are."""

    def __init__(self, packed: Any) -> None:
        import pyarrow as pa

        self._text = pa.CompressedInputStream(pa.PythonFile(_Readable(packed), mode="r"), "zstd")

    def read(self, size: int = -1) -> bytes:
        return bytes(self._text.read(None if size < 0 else size))

    def __enter__(self) -> "_Zstd":
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()


class _Readable:
    """What pyarrow asks of a file."""

    closed = False

    def __init__(self, packed: Any) -> None:
        self.read = packed.read

    def close(self) -> None:
        self.closed = True


# Hadoop splits bzip2's files among tasks, the local runner none of them
COMPRESSIONS = (
    Compression(
        "gzip",
        ".gz",
        lambda head: head.startswith(b"\x1f\x8b"),
        lambda packed: gzip.GzipFile(fileobj=packed),
        (gzip.BadGzipFile, EOFError, zlib.error),
    ),
    Compression(
        "bzip2",
        ".bz2",
        lambda head: head.startswith(b"BZh"),
        bz2.BZ2File,
        (OSError, EOFError),
    ),
    Compression("xz", ".xz", _is_xz, lzma.LZMAFile, (lzma.LZMAError, EOFError), for_hadoop=False),
    Compression("zstd", ".zst", _is_zstd, _Zstd, (OSError, EOFError), for_hadoop=False),
)
HADOOP_ONLY = (".deflate", ".lz4", ".snappy", ".zst")  # what Hadoop would decompress, by the name
TESTS = " or ".join(f"{each.name} -t" for each in COMPRESSIONS)  # commands for people
DAMAGE = (*{kind for each in COMPRESSIONS for kind in each.damage}, zipfile.BadZipFile)


def detect(head: bytes) -> Compression | None:
    """The compression of a file that begins with ``head``; None for plain ones."""
    return next((each for each in COMPRESSIONS if each.is_magic(head)), None)


def compression_of(name: str) -> Compression | None:
    """The compression that a file's ``name`` tells by its end; None for plain ones."""
    return next((each for each in COMPRESSIONS if name.endswith(each.suffix)), None)


def decompressed(packed: Any, name: str) -> IO[bytes]:
    """The text of ``packed`` (anything with ``read``), decompressed as the end of ``name`` says."""
    compression = compression_of(name)
    return cast(IO[bytes], compression.open(packed) if compression else packed)


def is_damage(error: BaseException) -> bool:
    """Whether a decompressor raised ``error`` for a damaged file. bzip2's is a bare OSError, which
    the system's, with their ``errno``, are not."""
    return type(error) in DAMAGE and getattr(error, "errno", None) is None
