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

__all__ = ["BOM", "Split", "read_blocks"]

BOM = b"\xef\xbb\xbf"


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


def read_blocks(stdin: IO[bytes], split: Split, size: int) -> Iterator[bytes]:
    """Yield the split's lines, unchanged, in blocks of about ``size`` bytes.

    Every block ends with a newline, except where the input's last line has none.
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
    return _whole_lines(stdin, size, split.length + 1 - len(stdin.readline()))


def _whole_lines(stream: IO[bytes], size: int, budget: float) -> Iterator[bytes]:
    """Yield blocks of the lines that begin in the next ``budget`` bytes of ``stream``."""
    while budget > 0:
        block = stream.read(int(min(size, budget)))
        if not block:
            return
        if not block.endswith(b"\n"):
            block += stream.readline()
        budget -= len(block)
        yield block


def _without_bom(blocks: Iterator[bytes]) -> Iterator[bytes]:
    for first in blocks:
        if rest := first.removeprefix(BOM):
            yield rest
        break
    yield from blocks
