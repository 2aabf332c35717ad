"""A large file stored in segments: a few at once, whole and in order, or not at all."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Event

import pytest

from howdah.errors import UsageError
from howdah.hadoop import segmented_file
from howdah.hadoop.store import HdfsStore, SegmentSink
from howdah.inputs.local import find_local_files
from howdah.jobs.stored_input import Input
from howdah.submission import counted_text, stored_bytes, upload
from howdah.submission.upload import store_input
from tests.conftest import Howdah
from tests.end_to_end.watching import cluster_of, hdfs_of

TEXT = b"".join(b"line %d\n" % number for number in range(5000))


class Folder(SegmentSink):
    """Segments as plain files; ``writing`` has those that aren't whole yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writing: set[str] = set()

    def put(self, name: str, data: Iterable[bytes]) -> None:
        self.writing.add(name)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            try:
                file.writelines(self.received(name, data))
            finally:
                self.writing.remove(name)

    def received(self, name: str, data: Iterable[bytes]) -> Iterator[bytes]:
        yield from data

    def join(self, name: str, tail: str) -> None:
        with (self.folder / name).open("ab") as file:
            file.write((self.folder / tail).read_bytes())
        (self.folder / tail).unlink()

    def length(self, name: str) -> int:
        return (self.folder / name).stat().st_size


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmented_file, "SEGMENT", 5000)
    monkeypatch.setattr(upload, "SEGMENT", 5000)
    monkeypatch.setattr(stored_bytes, "SEGMENT", 5000)
    monkeypatch.setattr(segmented_file, "CHUNK", 1000)
    monkeypatch.setattr(upload, "READ_BYTES", 1000)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    return path


def store(path: Path, sink: SegmentSink) -> Input:
    (source,) = find_local_files([str(path)])
    return store_input(source, "00000.txt", sink, progress=lambda count: None)


class Backwards(Folder):
    """Takes the first segments' last bytes only once a later one has arrived."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.later = Event()

    def received(self, name: str, data: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in data:
            if name in ("input/00000.txt", "input/00000.txt.1"):
                assert self.later.wait(60)
            yield chunk
        if name == "input/00000.txt.2":
            self.later.set()


def test_segments_that_arrive_out_of_order(tmp_path: Path, text: Path) -> None:
    """Several are under way at once, and what they are joined to is the file."""
    stored = store(text, Backwards(tmp_path / "store"))
    assert [path.name for path in (tmp_path / "store" / "input").iterdir()] == ["00000.txt"]
    assert (tmp_path / "store" / "input" / "00000.txt").read_bytes() == TEXT
    assert (stored.bytes, stored.lines) == (len(TEXT), 5000)
    assert stored.sha256 == hashlib.sha256(TEXT).hexdigest()


def test_a_padded_input_ends_with_a_chunk(tmp_path: Path, text: Path) -> None:
    """Hadoop hands over whole chunks; what is known of the input is without the padding."""
    (source,) = find_local_files([str(text)])
    sink = Folder(tmp_path / "store")
    stored = store_input(source, "00000.txt", sink, padded=True, progress=lambda count: None)
    held = (tmp_path / "store" / "input" / "00000.txt").read_bytes()
    assert held == TEXT + b"\n" * (-len(TEXT) % segmented_file.CHUNK)
    assert stored.padded
    assert (stored.bytes, stored.lines) == (len(TEXT), 5000)


class Refusing(Folder):
    """Refuses the third segment."""

    def received(self, name: str, data: Iterable[bytes]) -> Iterator[bytes]:
        if name == "input/00000.txt.2":
            raise ConnectionResetError(name)
        yield from data


def test_a_lost_stream_ends_the_others(tmp_path: Path, text: Path) -> None:
    """Once the error is told, no other segment is being written, so all can be removed."""
    sink = Refusing(tmp_path / "store")
    with pytest.raises(ConnectionResetError, match=r"00000\.txt\.2"):
        store(text, sink)
    assert not sink.writing
    left = {path.name for path in (tmp_path / "store" / "input").iterdir()}
    assert "00000.txt.7" not in left


def test_refused_text_ends_the_streams(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that turns out not to be a text isn't sent to its end."""
    monkeypatch.setattr(counted_text, "LONGEST_LINE", 2)
    sink = Folder(tmp_path / "store")
    with pytest.raises(UsageError, match="is longer than"):
        store(text, sink)
    assert not sink.writing
    assert not (tmp_path / "store" / "input" / "00000.txt.7").exists()


class Meddled(Folder):
    """Has the file changed while its first segment is sent."""

    def __init__(self, folder: Path, path: Path, size: int) -> None:
        super().__init__(folder)
        self.path = path
        self.size = size

    def received(self, name: str, data: Iterable[bytes]) -> Iterator[bytes]:
        if name == "input/00000.txt":
            os.truncate(self.path, self.size)
            os.utime(self.path, (0, 0))
        yield from data


@pytest.mark.parametrize("size", [8000, len(TEXT), len(TEXT) + 9000])
def test_file_that_changes(tmp_path: Path, text: Path, size: int) -> None:
    """What was counted may not be what was sent: shorter, as long, longer."""
    with pytest.raises(UsageError, match="changed while it was uploaded"):
        store(text, Meddled(tmp_path / "store", text, size))


class Lossy(Folder):
    """Keeps less than it was given."""

    def join(self, name: str, tail: str) -> None:
        (self.folder / tail).write_bytes(b"")
        super().join(name, tail)


def test_store_that_lost_a_segment(tmp_path: Path, text: Path) -> None:
    """The store's length is compared with the file's."""
    with pytest.raises(OSError, match=f"wrote {len(TEXT)} bytes, the store holds 5000"):
        store(text, Lossy(tmp_path / "store"))


@pytest.mark.hadoop
def test_segments_in_hdfs(hadoop: Howdah, tmp_path: Path, text: Path) -> None:
    """HDFS joins them to one file of all bytes."""
    inside = HdfsStore(cluster_of(hadoop), "/howdah/test-segments")
    sink = inside.sink()
    assert isinstance(sink, SegmentSink)
    try:
        store(text, sink)
        assert inside.sizes("input") == {"00000.txt": len(TEXT)}
        assert b"".join(inside.read("input/00000.txt")) == TEXT
    finally:
        inside.remove("")
    assert hdfs_of(hadoop).status("/howdah/test-segments", strict=False) is None
