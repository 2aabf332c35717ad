"""Many small files on their way into one stored input: a task works on bytes, not on files."""

import io
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from howdah.hadoop.segmented_file import SEGMENT
from howdah.inputs.input_file import STDIN, InputFile, display_name
from howdah.jobs.layout import INPUT
from howdah.jobs.packed_files import PackedFile, pack_name, write_index
from howdah.jobs.stored_input import Input
from howdah.os_errors import naming
from howdah.submission.counted_text import CountedText, HashedBytes, NoRecordsError
from mr.counting.tally import TextWatcher
from mr.records.record_ends import RecordEnds
from mr.records.split import CHUNK
from mr.storage.part_file import PartFile, Sink

__all__ = ["Pack", "SmallText", "packable", "read_small", "read_small_ones"]

SMALL_FILE = 4 << 20  # a file of this machine, or of HDFS, that is worth no task of its own
SMALL_PACKED_FILE = 1 << 20  # which has more bytes once it is decompressed
LARGEST_TEXT = 16 << 20
PACK = SEGMENT
ENOUGH_IN_HDFS = 8  # files that HDFS has are read where they are, if they are few
READ_AT_ONCE = 8
READ_AHEAD = 32


@dataclass(frozen=True)
class SmallText:
    """A small file's records, each of which ends in LF, and what the index tells of it."""

    data: bytes
    name: str
    lines: int
    breaks: int
    cuts: tuple[int, ...]
    skipped: int
    skipped_lines: int
    bytes: int
    sha256: str
    encoding: str


def packable(sources: Sequence[InputFile]) -> set[int]:
    """Which of the inputs are stored together: small ones, next to others, by their numbers."""
    small = [number for number, source in enumerate(sources) if _is_small(source)]
    if sources[0].path and len(small) <= ENOUGH_IN_HDFS:
        return set()
    together = set(small)
    return {number for number in small if together & {number - 1, number + 1}}


def _is_small(source: InputFile) -> bool:
    limit = SMALL_PACKED_FILE if source.suffix else SMALL_FILE
    return source.name != STDIN and (source.size or 0) <= limit


def read_small_ones(
    sources: Sequence[InputFile],
    *,
    header: bool,
    delimiter: str,
    stands_alone: Callable[[bytes], bool] | None = None,
) -> Generator[SmallText | NoRecordsError | None]:
    """``read_small`` of each, several of HDFS at once; NoRecordsError is a value here. None for
    where a text means something else behind another one, too."""

    def read(source: InputFile) -> SmallText | NoRecordsError | None:
        try:
            text = read_small(source, header=header, delimiter=delimiter)
        except NoRecordsError as error:
            return error
        return text if text and (stands_alone is None or stands_alone(text.data)) else None

    if not any(source.path for source in sources):
        yield from map(read, sources)
        return
    reading: deque[Future[SmallText | NoRecordsError | None]] = deque()
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        try:
            for source in sources:
                if len(reading) == READ_AHEAD:
                    yield reading.popleft().result()
                reading.append(pool.submit(read, source))
            while reading:
                yield reading.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def read_small(source: InputFile, *, header: bool, delimiter: str) -> SmallText | None:
    """The file's records; None if it has to be stored by itself: its text isn't small, or a quoted
    field is open at its end, which would go on in the next file."""
    header = header and not source.columns
    counted = CountedText(display_name(source.name), delimiter, header=header, whole=False)
    chunks = []
    length = 0
    with io.BytesIO(source.head) if source.is_read else source.open() as stream:
        packed = HashedBytes(stream, b"", lambda _: None)
        reader = source.reader(packed)
        for chunk in counted.read(reader.chunks()):
            length += len(chunk)
            if length > LARGEST_TEXT:
                return None
            chunks.append(chunk)
    data = b"".join(chunks)
    skipped = data.index(b"\n") + 1 if header else 0
    data = _records(data[skipped:], counted.blank_lines)
    if delimiter and b'"' in data:
        ends = RecordEnds(delimiter)
        ends.add(data)
        if ends.is_within_record:
            return None
    return SmallText(
        data=data,
        name=source.recorded_name,
        lines=counted.counter.lines - header - counted.blank_lines,
        breaks=counted.counter.breaks,
        cuts=tuple(
            cut - skipped
            for cut in counted.counter.cuts or ()
            if skipped < cut < skipped + len(data)
        ),
        skipped=reader.skipped + skipped,
        skipped_lines=source.form.skip_lines + header,
        bytes=packed.bytes,
        sha256=packed.sha256.hexdigest(),
        encoding=source.form.encoding,
    )


def _records(data: bytes, blank_lines: int) -> bytes:
    """The lines that aren't blank ones at the end, each of which ends in LF then."""
    if not data.endswith(b"\n"):
        data += b"\n"
    for _ in range(blank_lines):
        data = data[: data.rfind(b"\n", 0, -1) + 1]
    return data


class Pack:
    """One stored input of several files, in their order."""

    def __init__(
        self, sink: Sink, stored: str, index: Path, watcher: TextWatcher | None, *, padded: bool
    ) -> None:
        self.bytes = 0
        self._stored = stored
        self._part = PartFile(sink, f"{INPUT}/{stored}")
        self._index = index
        self._watcher = watcher
        self._padded = padded
        self._lines = self._breaks = 0
        self._files: list[PackedFile] = []
        self._cuts: list[int] = []  # where the records of each file begin, and some between
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0

    def has_room(self, text: SmallText) -> bool:
        return self.bytes + len(text.data) <= PACK

    def add(self, text: SmallText) -> None:
        self._files.append(
            PackedFile(
                name=text.name,
                start=self.bytes,
                start_line=self._lines,
                lines=text.lines,
                records=text.lines - text.breaks,
                skipped=text.skipped,
                skipped_lines=text.skipped_lines,
                bytes=text.bytes,
                sha256=text.sha256,
                encoding=text.encoding,
            )
        )
        self._cuts += [self.bytes, *(self.bytes + cut for cut in text.cuts)]
        self.bytes += len(text.data)
        self._lines += text.lines
        self._breaks += text.breaks
        if self._watcher:
            self._watcher.add(self._stored, text.data)
        self._waiting.append(text.data)
        self._waiting_bytes += len(text.data)
        if self._waiting_bytes >= CHUNK:
            self._write()

    def close(self) -> tuple[Input, list[PackedFile]]:
        """What is stored, once the store has all of it, and the files in it."""
        if self._padded:
            self._waiting.append(b"\n" * (-self.bytes % CHUNK))
        self._write()
        self._part.close()
        with naming(self._index):
            write_index(self._index, self._files)
        stored = Input(
            name=pack_name([file.name for file in self._files]),
            stored=self._stored,
            bytes=sum(file.bytes for file in self._files),
            lines=self._lines,
            breaks=self._breaks,
            cuts=tuple(self._cuts[1:]),
            padded=self._padded,
            text_bytes=self.bytes,
            index=str(self._index),
        )
        return stored, self._files

    def abort(self) -> None:
        """End what is under way."""
        self._part.close()

    def _write(self) -> None:
        self._part.write(b"".join(self._waiting))
        self._waiting.clear()
        self._waiting_bytes = 0
