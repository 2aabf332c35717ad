"""Storing an input: what is counted, what is refused, what reaches the store."""

import bz2
import gzip
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from howdah.errors import UsageError
from howdah.inputs.local import find_local_files
from howdah.jobs.stored_input import Input
from howdah.submission import upload
from howdah.submission.counted_text import LONGEST_LINE
from howdah.submission.upload import store_input, store_inputs
from mr.storage.part_file import FileSink


def store(folder: Path, data: bytes, name: str = "input", header: bool = False) -> Input:
    """Store a file of ``data`` below ``folder``/store."""
    path = folder / name
    path.write_bytes(data)
    (source,) = find_local_files([str(path)])
    sink = FileSink(str(folder / "store"))
    return store_input(source, "00000.txt", sink, header=header, progress=lambda count: None)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"one\n", 1),
        (b"one", 1),
        (b"one\ntwo", 2),
        (b"one\n\n \r\n", 3),
        (b"one\r\ntwo\r\n", 2),
        (b"one\rstill one\n", 1),
        (b"\xef\xbb\xbfone\n", 1),
    ],
    ids=["one", "no end", "two, no end", "blank", "CRLF", "lone CR", "mark"],
)
def test_lines_are_counted(tmp_path: Path, text: bytes, lines: int) -> None:
    """A line ends at LF; a last one needs none."""
    assert store(tmp_path, text).lines == lines


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_store_holds_the_files_bytes(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """The store gets the file as it is; lines are counted in its text."""
    packed = pack(b"one\ntwo\n" * 200_000)
    stored = store(tmp_path, packed)
    assert (tmp_path / "store" / "input" / "00000.txt").read_bytes() == packed
    assert (stored.bytes, stored.sha256) == (len(packed), hashlib.sha256(packed).hexdigest())
    assert stored.lines == 400_000


def test_a_watcher_is_given_what_is_stored(tmp_path: Path) -> None:
    """The text of each input, decompressed, by the name that it is stored by."""
    texts = {"00000.txt": b"one\n" * 900_000, "00001.txt.gz": b"two\n" * 9}
    for name, text in texts.items():
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    seen: dict[str, bytes] = {}

    class Watcher:
        def stands_alone(self, text: bytes) -> bool:
            return True

        def add(self, stored: str, text: bytes) -> None:
            seen[stored] = seen.get(stored, b"") + text

        def options(self, names: Mapping[str, str]) -> dict[str, Any]:
            return dict(names)

    store_inputs(
        find_local_files([str(tmp_path / name) for name in texts]),
        FileSink(str(tmp_path / "store")),
        links=None,
        header=False,
        watcher=Watcher(),
        progress=lambda count: None,
    )
    assert seen == texts


def test_header_alone(tmp_path: Path) -> None:
    """A header without records is nothing to score."""
    with pytest.raises(UsageError, match="has a header and no records"):
        store(tmp_path, b"a,b\n", header=True)


def test_line_too_long_to_hold(tmp_path: Path) -> None:
    """A line that Hadoop's reader couldn't hold in memory is refused with its number."""
    with pytest.raises(UsageError, match="line 2 is longer than 32 MiB"):
        store(tmp_path, b"short\n" + b"x" * (LONGEST_LINE + 1))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("left", [0.5, 0.99])
def test_damaged_archive(tmp_path: Path, pack: Callable[[bytes], bytes], left: float) -> None:
    """An archive that ends too early is told apart from a short text."""
    packed = pack(os.urandom(5000))
    with pytest.raises(UsageError, match="is cut off or damaged"):
        store(tmp_path, packed[: int(len(packed) * left)])


def test_name_that_is_not_utf8(tmp_path: Path) -> None:
    """A name of any bytes is kept as text that can be written."""
    stored = store(tmp_path, b"one\n", name=os.fsdecode(b"caf\xe9"))
    assert stored.name == f"{tmp_path}/caf\\xe9"


def test_many_files_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones go a few at once, beside larger ones; each gets its number and its counts."""
    monkeypatch.setattr(upload, "SMALL_FILE", 30)
    texts = [b"text %d\n" % number * (number % 7 + 1) for number in range(40)]
    for number, text in enumerate(texts):
        (tmp_path / f"{number:02d}.txt").write_bytes(text)
    sources = find_local_files([str(tmp_path / "*.txt")])
    told: list[int] = []
    sink = FileSink(str(tmp_path / "store"))
    stored = store_inputs(sources, sink, links=None, header=False, progress=told.append)
    assert [source.name for source in stored] == [source.name for source in sources]
    assert [source.lines for source in stored] == [number % 7 + 1 for number in range(40)]
    held = [(tmp_path / "store" / "input" / source.stored).read_bytes() for source in stored]
    assert held == texts
    assert [source.stored for source in stored] == [f"{number:05d}.txt" for number in range(40)]
    assert sum(told) == sum(map(len, texts))


def test_the_first_unusable_of_many_files(tmp_path: Path) -> None:
    """It is the one that is told, and what comes after it need not be stored."""
    damaged = gzip.compress(b"one\n")[:-1]
    for number in range(40):
        (tmp_path / f"{number:02d}.txt").write_bytes(damaged if number > 4 else b"one\n")
    sources = find_local_files([str(tmp_path / "*.txt")])
    sink = FileSink(str(tmp_path / "store"))
    with pytest.raises(UsageError, match=r"/05\.txt is cut off"):
        store_inputs(sources, sink, links=None, header=False, progress=lambda count: None)
