"""The first step of a record's way: each input read once, checked, counted and stored."""

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from howdah.errors import UsageError
from howdah.hadoop.segmented_file import SEGMENT, SegmentedFile
from howdah.hadoop.store import SegmentSink
from howdah.inputs.input_file import STDIN, InputFile
from howdah.jobs.layout import INPUT
from howdah.jobs.record import Input
from howdah.submission.record_counter import RecordCounter, settle_cuts
from mr.records.compression import TESTS, decompressed, is_damage
from mr.storage.part_file import PartFile, Sink

__all__ = ["LONGEST_LINE", "store_input", "store_inputs"]

READ_BYTES = 1 << 20
SMALL_FILE = 8 << 20  # such files take round trips rather than bandwidth
UPLOADS_AT_ONCE = 4
LONGEST_LINE = 32 << 20  # Hadoop's reader holds a whole line in memory


@dataclass
class _InputReader:
    """The input's own bytes: read on demand, hashed, and handed on to the store."""

    head: bytes
    stream: IO[bytes]
    part: PartFile | SegmentedFile | None
    progress: Callable[[int], None]

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256()
        self.bytes = 0

    def read(self, size: int = -1) -> bytes:
        data = self.head[:size] if self.head else self.stream.read(size)
        self.head = self.head[len(data) :]
        self.sha256.update(data)
        self.bytes += len(data)
        if self.part:
            self.part.write(data)
        self.progress(len(data))
        return data


def store_inputs(
    sources: Sequence[InputFile],
    sink: Sink,
    *,
    links: Path | None,
    header: bool,
    delimiter: str = "",
    whole: bool = False,
    progress: Callable[[int], None],
) -> tuple[Input, ...]:
    """Store ``sources`` under numbered names, small ones a few at once; files become links in
    the folder ``links`` if one is given, and those of HDFS stay where they are. Large ones are
    padded for tasks that read them in chunks, if no other is among them; ``whole`` files aren't.
    ``delimiter``: what is between the fields of a table that may be quoted, if they are such.
    Raises as ``store_input`` does."""
    copied = not any(source.path for source in sources)
    chunked = copied and not whole and isinstance(sink, SegmentSink)
    padded = chunked and all(map(_is_large, sources))

    def store(number: int, progress: Callable[[int], None]) -> Input:
        source = sources[number]
        name = f"{number:05d}.txt{source.suffix}"
        link = links / name if links and source.name != STDIN else None
        stays = link or source.path
        return store_input(
            source,
            name,
            None if stays else sink,
            link=link,
            header=header,
            delimiter=delimiter,
            padded=padded,
            whole=whole,
            progress=progress,
        )

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        try:
            small = {
                number: pool.submit(store, number, lambda _: None)
                for number, source in enumerate(sources)
                if source.size is not None and source.size <= SMALL_FILE
            }
            stored = []
            for number in range(len(sources)):
                if number in small:
                    stored.append(small[number].result())
                    progress(stored[-1].bytes)
                else:
                    stored.append(store(number, progress))
            return settle_cuts(stored)
        finally:
            pool.shutdown(cancel_futures=True)  # nothing comes into the store after an error


def store_input(
    source: InputFile,
    stored: str,
    sink: Sink | None,
    *,
    link: Path | None = None,
    header: bool = False,
    delimiter: str = "",
    padded: bool = False,
    whole: bool = False,
    progress: Callable[[int], None],
) -> Input:
    """Read ``source`` to its end into ``sink`` (or link to it, or leave it where it is), and say
    what was read.

    Raises UsageError for a compressed file that is cut off or damaged, for lines too long to
    be records and for a text without any; OSError if the store doesn't take every byte.
    """
    head = source.head if source.name == STDIN else b""
    header = header and not source.columns
    with source.open() as stream:
        part = _part(source, stream, sink, f"{INPUT}/{stored}", padded) if sink else None
        reader = _InputReader(head, stream, part, progress)
        try:
            longest = sys.maxsize if whole else LONGEST_LINE
            counter = RecordCounter(source.name, longest, delimiter, header=header)
            lines = decompressed(reader, source.suffix)
            while data := lines.read(READ_BYTES):
                counter.add(data)
            counter.end()
        except BaseException as error:
            if part:
                end = part.abort if isinstance(part, SegmentedFile) else part.close
                with suppress(Exception):  # a file still being written would outlive its removal
                    end()
            if not is_damage(error):
                raise
            raise UsageError(
                f"{source.name} is cut off or damaged: {error}",
                hint=f"copy it again; {TESTS} tells when it is whole",
            ) from None
        if part:
            part.close()
    if source.path and reader.bytes != source.size:
        raise UsageError(f"{source.name} changed while it was read",
                         hint="submit it again once nothing writes to it")  # fmt: skip
    if link:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(source.local_path.resolve())
    return Input(
        name=os.fsencode(source.name).decode(errors="backslashreplace"),
        stored=stored,
        bytes=reader.bytes,
        sha256=reader.sha256.hexdigest(),
        lines=counter.lines,
        breaks=counter.breaks,
        cuts=() if source.suffix else counter.cuts,
        bom=counter.bom,
        header=header,
        padded=padded,
        whole=whole,
        path=source.path,
        modified=source.modified,
    )


def _is_large(source: InputFile) -> bool:
    return not source.suffix and (source.size or 0) > SEGMENT


def _part(
    source: InputFile, stream: IO[bytes], sink: Sink, name: str, padded: bool
) -> PartFile | SegmentedFile:
    """What takes the input's bytes: a large plain file goes to HDFS in segments."""
    if isinstance(sink, SegmentSink) and _is_large(source):
        return SegmentedFile(sink, name, stream, padded=padded)
    return PartFile(sink, name)
