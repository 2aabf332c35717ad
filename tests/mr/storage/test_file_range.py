from itertools import pairwise
from pathlib import Path

import pytest

from mr.records.split import BOM, read_blocks
from mr.storage.file_range import FileRange
from mr.storage.whole_files import FileEntry, JobFiles

TEXT = BOM + b"one\ntwo\n\nthree"
CUTS = [0, 7, 11, 12, len(TEXT)]


def entry(size: int = len(TEXT)) -> FileEntry:
    return FileEntry("00000.txt", size)


def test_a_list_names_its_range() -> None:
    """What was written is what a task reads; its part file is named as any other split's."""
    named = FileRange(FileEntry("00001.txt", 100, "/data/a b.txt", 17), 20, 90)
    assert FileRange.read(named.line()) == named
    assert named.line().count(b"\n") == 1
    assert named.split.part == "00001-000000000000020"


def test_ranges_are_read_once_and_in_order(tmp_path: Path) -> None:
    """Together they are the file, without the byte order mark at its start."""
    (tmp_path / "00000.txt").write_bytes(TEXT)
    blocks: list[tuple[bytes, int]] = []
    for start, end in pairwise(CUTS):
        named = FileRange(entry(), start, end)
        with named.open(JobFiles(str(tmp_path))) as stream:
            blocks += read_blocks(stream, named.split, 5)
    assert b"".join(block for block, _ in blocks) == TEXT.removeprefix(BOM)
    assert sum(length for _, length in blocks) == len(TEXT) - len(BOM)


def test_a_file_that_is_shorter_than_the_range_is_an_error(tmp_path: Path) -> None:
    """A task must not take for its whole split what isn't."""
    (tmp_path / "00000.txt").write_bytes(TEXT)
    named = FileRange(entry(), 7, len(TEXT) + 3)
    with named.open(JobFiles(str(tmp_path))) as stream, pytest.raises(EOFError, match="3 bytes"):
        list(read_blocks(stream, named.split, 5))
