"""The table of compressions, against Python's own compressors."""

import bz2
import gzip
import io
import lzma
import struct
import subprocess
from collections.abc import Callable

import pytest

from mr.records.compression import (
    COMPRESSIONS,
    Compression,
    compression_of,
    decompressed,
    detect,
    is_damage,
)


def zstd(data: bytes) -> bytes:
    """What ``zstd`` writes, checksum included."""
    return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}
TEXT = bytes(range(256)) * 100
EACH = pytest.mark.parametrize("known", COMPRESSIONS, ids=lambda known: known.name)


@EACH
def test_a_file_is_recognised_and_decompressed(known: Compression) -> None:
    """The host goes by a file's first bytes, a task by its name."""
    packed = COMPRESSORS[known.name](TEXT)
    name = f"00000.txt{known.suffix}"
    assert detect(packed) is known
    assert compression_of(name) is known
    assert decompressed(io.BytesIO(packed), name).read() == TEXT


@EACH
@pytest.mark.parametrize("damage", ["cut off", "altered", "another file behind it"])
def test_damage_is_told_from_other_errors(known: Compression, damage: str) -> None:
    """Whatever a decompressor raises for it."""
    packed = COMPRESSORS[known.name](TEXT)
    broken = {
        "cut off": packed[: len(packed) // 2],
        "altered": packed[:20] + bytes(byte ^ 255 for byte in packed[20:60]) + packed[60:],
        "another file behind it": packed + packed[:20],
    }[damage]
    with pytest.raises(Exception) as raised:  # noqa: PT011
        decompressed(io.BytesIO(broken), known.suffix).read()
    assert is_damage(raised.value)
    assert not is_damage(FileNotFoundError(2, "No such file"))
    assert not is_damage(OSError(28, "No space left on device"))


SKIPPED = struct.pack("<II", 0x184D2A50, 5) + b"other"


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (lzma.compress(TEXT) * 2, TEXT * 2),
        (lzma.compress(TEXT, lzma.FORMAT_ALONE), TEXT),
        (zstd(TEXT) * 2, TEXT * 2),
        (SKIPPED + zstd(TEXT) + SKIPPED + zstd(b"more") + SKIPPED, TEXT + b"more"),
        (zstd(b"") + zstd(TEXT), TEXT),
    ],
    ids=["xz streams", "lzma", "zstd frames", "skipped frames", "an empty frame first"],
)
def test_parts_of_a_compressed_file_are_one_text(packed: bytes, text: bytes) -> None:
    """One after the other; what zstd's readers are to skip is skipped."""
    known = detect(packed)
    assert known
    assert decompressed(io.BytesIO(packed), known.suffix).read() == text


def test_a_plain_file_is_left_as_it_is() -> None:
    """The very stream that was given."""
    stream = io.BytesIO(b"text\n")
    assert detect(b"text\n") is compression_of("00000.txt") is None
    assert decompressed(stream, "00000.txt") is stream
