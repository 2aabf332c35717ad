import zlib
from pathlib import Path

import pytest

from mr.storage.part_file import FileSink, PartFile, Writer


def test_a_part_file_counts_what_it_writes(tmp_path: Path) -> None:
    """Its bytes and their checksum are those of the file."""
    part = PartFile(FileSink(str(tmp_path)), "scores/a-0")
    for data in (b"one\n", b"", b"two\n"):
        part.write(data)
    part.close()
    assert (tmp_path / "scores" / "a-0").read_bytes() == b"one\ntwo\n"
    assert (part.bytes, part.crc) == (8, zlib.crc32(b"one\ntwo\n"))


def test_a_part_without_bytes_is_no_file(tmp_path: Path) -> None:
    """Nothing rejected, no file of rejects."""
    part = PartFile(FileSink(str(tmp_path)), "rejected/a-0")
    part.write(b"")
    part.close()
    assert list(tmp_path.iterdir()) == []


class Lossy(FileSink):
    """A store that keeps less than it was given."""

    def open(self, name: str) -> Writer:
        writer = super().open(name)
        writer.write(b"")
        return writer

    def length(self, name: str) -> int:
        return super().length(name) - 1


def test_a_store_that_lost_bytes_is_noticed(tmp_path: Path) -> None:
    """A file that isn't whole fails the task."""
    part = PartFile(Lossy(str(tmp_path)), "scores/a-0")
    part.write(b"one\n")
    with pytest.raises(OSError, match="wrote 4 bytes, the store holds 3"):
        part.close()
