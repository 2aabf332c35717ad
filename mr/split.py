"""Where a record enters a map task: the task's split of an input, read as blocks of whole lines.

On Hadoop the streaming JVM writes the split's lines to stdin. In the local runner stdin is
the whole input file, and the rule of Hadoop's own line reader is applied here: a split owns
the lines that begin after its start (the first split: at it) and no later than its end; a
byte order mark at the start of a file is dropped.
"""

import bz2
import gzip
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, cast

__all__ = ["BOM", "MAX_RECORD", "Split", "read_blocks"]

BOM = b"\xef\xbb\xbf"
MAX_RECORD = 1 << 20

LONGEST_READ = MAX_RECORD + 1  # the rest of a longer line would only fill the memory


@dataclass(frozen=True)
class Split:
    """A byte range of one stored input; for a compressed input, of its compressed bytes."""

    file: str
    start: int
    length: int
    local: bool

    @property
    def part(self) -> str:
        """The name of this split's part files; sorted by name, parts are in input order."""
        return f"{self.file.split('.')[0]}-{self.start:015d}"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Split":
        """Read the split that the runner gave this task from its job configuration."""
        path = environ["mapreduce_map_input_file"]
        return cls(
            file=PurePosixPath(path).name,
            start=int(environ["mapreduce_map_input_start"]),
            length=int(environ["mapreduce_map_input_length"]),
            local=path.startswith("file:"),
        )


def read_blocks(stdin: IO[bytes], split: Split, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the split's lines in blocks of about ``size`` bytes, and how many bytes each was.

    Every block ends with a newline, except where the input's last line has none. Of a line that
    is too long for a record, what is over ``LONGEST_READ`` may be left out: it is the last one
    of its block, which was longer than it is.
    """
    if not split.local:
        return _whole_lines(stdin, size, math.inf)
    if split.file.endswith(".gz"):
        return _without_bom(_whole_lines(cast(IO[bytes], gzip.open(stdin)), size, math.inf))
    if split.file.endswith(".bz2"):
        return _without_bom(_whole_lines(cast(IO[bytes], bz2.open(stdin)), size, math.inf))
    stdin.seek(split.start)
    if not split.start:
        return _without_bom(_whole_lines(stdin, size, split.length + 1))
    return _whole_lines(stdin, size, split.length + 1 - _skip_line(stdin))


def _whole_lines(stream: IO[bytes], size: int, budget: float) -> Iterator[tuple[bytes, int]]:
    """Yield blocks of the lines that begin in the next ``budget`` bytes of ``stream``."""
    while budget > 0:
        block = stream.read(int(min(size, budget)))
        if not block:
            return
        left_out = 0
        if not block.endswith(b"\n"):
            block += stream.readline(LONGEST_READ)
            if not block.endswith(b"\n"):
                left_out = _skip_line(stream)
        budget -= len(block) + left_out
        yield block, len(block) + left_out


def _skip_line(stream: IO[bytes]) -> int:
    """Read to the end of the line, however long it is; return its bytes."""
    skipped = 0
    while piece := stream.readline(LONGEST_READ):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped


def _without_bom(blocks: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    for first, length in blocks:
        rest = first.removeprefix(BOM)
        if rest:
            yield rest, length - len(first) + len(rest)
        break
    yield from blocks
