"""Where a record enters a map task: the task's split of an input, read as blocks of whole lines.

On Hadoop the streaming JVM writes the split's lines to stdin; of a large plain input its bytes,
in chunks, since handling lines one at a time costs as much as scoring them. In the local runner
stdin is the whole input file. For the latter two the rule of Hadoop's own line reader is applied
here: a split owns the lines that begin after its start (the first split: at it) and no later than
its end. A range that a task has opened itself begins and ends with a record. A byte order mark at
the start of a file is dropped.
"""

import io
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from mr.records.compression import decompressed

__all__ = [
    "BOM",
    "CHUNK",
    "LONGEST_READ",
    "MAX_RECORD",
    "Chunks",
    "Split",
    "input_path",
    "read_blocks",
]

BOM = b"\xef\xbb\xbf"
MAX_RECORD = 1 << 20
CHUNK = 1 << 20
KEY_BYTES = 8
KEY = struct.Struct(">IQ")  # a key's length, and the key

LONGEST_READ = MAX_RECORD + 1  # the rest of a longer line would only fill the memory


@dataclass(frozen=True)
class Split:
    """A byte range of one stored input; for a compressed input, of its compressed bytes.

    ``chunked``: stdin begins with the range, cut anywhere, and goes on behind it; ``ranged``: the
    stream is the range, of whole records.
    """

    file: str
    start: int
    length: int
    local: bool
    chunked: bool = False
    ranged: bool = False

    @property
    def part(self) -> str:
        """The name of this split's part files; sorted by name, parts are in input order."""
        return f"{self.file.split('.')[0]}-{self.start:015d}"

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], padded: Mapping[str, int], names: Mapping[str, str]
    ) -> "Split":
        """Read the split that the runner gave this task from its job configuration.

        Of an input that is ``padded``, a chunk is in the split that it begins in. ``names`` says
        what inputs go by that aren't the job's own, by their paths.
        """
        path = environ["mapreduce_map_input_file"]
        file = names[input_path(environ)] if names else PurePosixPath(path).name
        start = int(environ["mapreduce_map_input_start"])
        end = start + int(environ["mapreduce_map_input_length"])
        if file in padded:
            start, end = (min(-(-each // CHUNK) * CHUNK, padded[file]) for each in (start, end))
        return cls(file, start, end - start, path.startswith("file:"), file in padded)


def input_path(environ: Mapping[str, str]) -> str:
    """The absolute path of the task's input, without scheme and host."""
    return "/" + environ["mapreduce_map_input_file"].split("/", 3)[3]


def read_blocks(stdin: IO[bytes], split: Split, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the split's lines in blocks of about ``size`` bytes, and how many bytes each was.

    Every block ends with a newline, except where the input's last line has none. Of a line that
    is too long for a record, what is over ``LONGEST_READ`` may be left out: it is the last one
    of its block, which was longer than it is.
    """
    if not (split.local or split.chunked or split.ranged):
        return _whole_lines(stdin, size, math.inf)
    if (text := decompressed(stdin, split.file)) is not stdin:
        return _without_bom(_whole_lines(text, size, math.inf))
    if split.ranged:
        blocks = _whole_lines(stdin, size, math.inf)
        return blocks if split.start else _without_bom(blocks)
    if split.local:
        stdin.seek(split.start)
    if not split.start:
        return _without_bom(_whole_lines(stdin, size, split.length + 1))
    return _whole_lines(stdin, size, split.length + 1 - _skip_line(stdin))


class Chunks(io.RawIOBase):
    """The bytes of a split that stdin has in chunks; then ``behind``, the input's bytes after them.

    A chunk comes as streaming's "rawbytes": its key, which is its offset in the input, and then
    itself, each after its length in four bytes.
    """

    def __init__(self, stdin: IO[bytes], split: Split, behind: Iterator[bytes]) -> None:
        self._stdin = stdin
        self._at = split.start
        self._end = split.start + split.length
        self._chunk = 0
        self._behind = behind
        self._piece = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        if self._at < self._end:
            return self._from_stdin(view)
        self._piece = self._piece or next(self._behind, b"")
        count = min(len(view), len(self._piece))
        view[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def _from_stdin(self, view: memoryview) -> int:
        if not self._chunk:
            if self._stdin.read(KEY.size) != KEY.pack(KEY_BYTES, self._at):
                raise EOFError(f"no chunk begins at {self._at}; the split ends at {self._end}")
            self._chunk = int.from_bytes(self._stdin.read(4))
        room = min(len(view), self._chunk, self._end - self._at)
        count: int = self._stdin.readinto(view[:room])  # type: ignore[attr-defined]
        if not count:
            raise EOFError(f"stdin ended at {self._at}; the split ends at {self._end}")
        self._chunk -= count
        self._at += count
        if self._at == self._end:
            self._stdin.read()  # padding: a writer that can't get rid of it would fail
        return count


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
