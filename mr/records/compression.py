"""The one table of compressions: how each is recognised, opened, and found to be damaged.

Add a format here, and inputs in it are taken everywhere: by the host, which recognises them by
their first bytes and stores them under names with the format's suffix, and by tasks, which go by
the name.
"""

import bz2
import gzip
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
    of their names; ``magic``: their first bytes; ``open``: gives the text of anything that has
    ``read``; ``damage``: the exact types of what that raises for damaged files."""

    name: str
    suffix: str
    magic: bytes
    open: Callable[[Any], Any]
    damage: tuple[type[Exception], ...]


# Hadoop splits bzip2's files among tasks, the local runner none of them
COMPRESSIONS = (
    Compression(
        "gzip",
        ".gz",
        b"\x1f\x8b",
        lambda packed: gzip.GzipFile(fileobj=packed),
        (gzip.BadGzipFile, EOFError, zlib.error),
    ),
    Compression("bzip2", ".bz2", b"BZh", bz2.BZ2File, (OSError, EOFError)),
)
HADOOP_ONLY = (".deflate", ".lz4", ".snappy", ".zst")  # what Hadoop would decompress, by the name
TESTS = " or ".join(f"{each.name} -t" for each in COMPRESSIONS)  # commands for people
DAMAGE = tuple({kind for each in COMPRESSIONS for kind in each.damage})


def detect(head: bytes) -> Compression | None:
    """The compression of a file that begins with ``head``; None for plain ones."""
    return next((each for each in COMPRESSIONS if head.startswith(each.magic)), None)


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
