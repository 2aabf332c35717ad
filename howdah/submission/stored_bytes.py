"""Where an input's own bytes go: a file of the store, or a link to where they are."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from howdah.hadoop.segmented_file import SEGMENT, SegmentedFile
from howdah.hadoop.store import SegmentSink
from howdah.inputs.input_file import InputFile
from mr.storage.part_file import PartFile, Sink

__all__ = ["ended_on_error", "is_large", "link_to", "open_part"]


def is_large(source: InputFile) -> bool:
    """Whether a plain file goes to HDFS in segments."""
    return not source.suffix and not source.must_be_stored and (source.size or 0) > SEGMENT


def open_part(
    source: InputFile, stream: IO[bytes], sink: Sink, name: str, padded: bool, as_text: bool
) -> PartFile | SegmentedFile:
    """What takes the input's bytes: a large plain file goes to HDFS in segments."""
    if isinstance(sink, SegmentSink) and is_large(source) and not as_text:
        return SegmentedFile(sink, name, stream, padded=padded)
    return PartFile(sink, name)


@contextmanager
def ended_on_error(part: PartFile | SegmentedFile | None) -> Iterator[None]:
    """Let go of ``part`` if something fails: a file still being written would outlive its
    removal."""
    try:
        yield
    except BaseException:
        if part:
            end = part.abort if isinstance(part, SegmentedFile) else part.close
            with suppress(Exception):
                end()
        raise


def link_to(source: InputFile, link: Path) -> None:
    """Have ``link`` lead to the file."""
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(source.local_path.resolve())
