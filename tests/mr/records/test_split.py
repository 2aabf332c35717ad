import bz2
import gzip
import io
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from mr.records.split import BOM, CHUNK, MAX_RECORD, Chunks, Split, read_blocks

INPUTS = {
    "LF": b"one\ntwo\n\nthree\n",
    "CRLF": b"one\r\ntwo\r\n\r\nthree\r\n",
    "no newline at the end": b"one\ntwo",
    "a newline only": b"\n",
    "byte order mark": BOM + b"one\ntwo\n",
    "byte order mark only": BOM,
    "multi-byte text": "größe\n名前\n🐘\n".encode(),
    "a line longer than a block": b"a" * 50 + b"\nb\n",
}


def lines_of(data: bytes, start: int, length: int, size: int, name: str = "a.txt") -> bytes:
    return joined(read_blocks(io.BytesIO(data), Split(name, start, length, True), size))


def keyed(at: int, chunk: bytes) -> bytes:
    return b"".join(
        part for each in (at.to_bytes(8), chunk) for part in (len(each).to_bytes(4), each)
    )


def chunked_lines(data: bytes, start: int, length: int, size: int) -> bytes:
    """What a task reads of its split in chunks of 3 bytes, the last one of the input padded."""
    padded = data + b"\n" * (-len(data) % 3)
    end = start + length if start + length < len(data) else len(padded)
    chunks = [keyed(at, padded[at : min(at + 3, end)]) for at in range(start, end, 3)]
    stdin = io.BytesIO(b"".join(chunks))
    behind = (data[at : at + 2] for at in range(start + length, len(data), 2))
    split = Split("a.txt", start, length, local=False, chunked=True)
    stream = io.BufferedReader(Chunks(stdin, split, behind), 4)
    lines = joined(read_blocks(stream, split, size))
    assert not stdin.read(), "what isn't taken would block the writer"
    return lines


def joined(blocks: Iterator[tuple[bytes, int]]) -> bytes:
    return b"".join(block for block, _ in blocks)


@pytest.mark.parametrize("read", [lines_of, chunked_lines])
@pytest.mark.parametrize("data", INPUTS.values(), ids=INPUTS.keys())
@pytest.mark.parametrize("block", [1, 7, 1000])
def test_splits_of_any_size_hold_each_line_once(
    read: Callable[[bytes, int, int, int], bytes], data: bytes, block: int
) -> None:
    """Whatever the split size, the splits' lines are the file's, in order, each once."""
    for size in range(1, len(data) + 1):
        edges = [*range(0, len(data), size), len(data)]
        parts = [read(data, start, end - start, block) for start, end in pairwise(edges)]
        assert b"".join(parts) == data.removeprefix(BOM)
        assert all(part.endswith(b"\n") for part in list(filter(None, parts))[:-1])


def test_a_line_that_begins_at_a_splits_end_is_the_earlier_splits() -> None:
    """As in Hadoop's line reader, a split reads on past its end for a line that begins there."""
    assert lines_of(b"ab\ncd\nef\n", 0, 3, 100) == b"ab\ncd\n"
    assert lines_of(b"ab\ncd\nef\n", 3, 6, 100) == b"ef\n"


@pytest.mark.parametrize(
    ("name", "compress"), [("a.txt.gz", gzip.compress), ("a.txt.bz2", bz2.compress)]
)
def test_a_compressed_input_is_read_whole(name: str, compress: object) -> None:
    """A compressed input is one split; its byte order mark is dropped like any other's."""
    data = compress(BOM + b"one\ntwo\n")  # type: ignore[operator]
    assert lines_of(data, 0, len(data), 4, name) == b"one\ntwo\n"


def test_a_streams_lines_are_taken_as_they_come() -> None:
    """On a cluster, Hadoop has read the split: all of stdin is the task's."""
    split = Split("a.txt", 5, 3, local=False)
    assert joined(read_blocks(io.BytesIO(b"one\ntwo\n"), split, 2)) == b"one\ntwo\n"


def test_a_block_ends_with_a_line() -> None:
    """Blocks are about as large as asked for, and hold whole lines."""
    blocks = list(read_blocks(io.BytesIO(b"one\ntwo\nthree\n"), Split("a", 0, 14, True), 5))
    assert blocks == [(b"one\ntwo\n", 8), (b"three\n", 6)]


@pytest.mark.parametrize("end", [b"\n", b""], ids=["newline", "end of input"])
@pytest.mark.parametrize("split", [Split("a", 0, 5 << 20, True), Split("a", 0, 0, False)])
def test_a_line_too_long_for_a_record_is_not_held_in_memory(split: Split, end: bytes) -> None:
    """Enough of it is kept to see that it is too long; its bytes are counted."""
    data = b"one\n" + b"x" * (4 << 20) + end + (b"two\n" if end else b"")
    blocks = list(read_blocks(io.BytesIO(data), split, 100))
    assert blocks[0] == (data[: 101 + MAX_RECORD], len(data.removesuffix(b"two\n")))
    assert blocks[1:] == ([(b"two\n", 4)] if end else [])


def test_a_split_within_a_long_line_begins_after_it() -> None:
    """The line that began before the split is skipped, however long it is."""
    data = b"x" * (4 << 20) + b"\ntwo\n"
    assert lines_of(data, 10, len(data) - 10, 100) == b"two\n"


def environment(start: int, length: int) -> dict[str, str]:
    return {
        "mapreduce_map_input_file": "hdfs://namenode:8020/jobs/1/input/000-a.txt",
        "mapreduce_map_input_start": str(start),
        "mapreduce_map_input_length": str(length),
    }


def test_a_split_is_read_from_the_tasks_environment() -> None:
    """The runner tells a task its split in its job configuration."""
    split = Split.from_environment(environment(1024, 99), {}, {})
    assert split == Split("000-a.txt", 1024, 99, local=False)
    assert split.part == "000-a-000000000001024"


def test_an_input_that_is_not_the_jobs_own_goes_by_another_name() -> None:
    """One that sorts as the job's inputs do; a path that isn't among them is an error."""
    names = {"/jobs/1/input/000-a.txt": "00007.txt"}
    split = Split.from_environment(environment(1024, 99), {}, names)
    assert split.part == "00007-000000000001024"
    with pytest.raises(KeyError):
        Split.from_environment(environment(1024, 99), {}, {"/else": "00000.txt"})


def test_a_chunk_is_in_the_split_that_it_begins_in() -> None:
    """As Hadoop's reader has it; the padding of the last one is in none."""
    edges = [0, CHUNK // 2, CHUNK, 2 * CHUNK + 1, 4 * CHUNK]
    splits = [
        Split.from_environment(environment(start, end - start), {"000-a.txt": 3 * CHUNK + 5}, {})
        for start, end in pairwise(edges)
    ]
    assert [(split.start, split.length) for split in splits] == [
        (0, CHUNK),
        (CHUNK, 0),
        (CHUNK, 2 * CHUNK),
        (3 * CHUNK, 5),
    ]
    assert all(split.chunked for split in splits)


@pytest.mark.parametrize(
    "stdin",
    [b"", keyed(0, b"one\nt")[:-2], keyed(0, b"one\n"), keyed(0, b"one\n") + keyed(5, b"two\n")],
    ids=["nothing", "cut in a chunk", "cut between chunks", "a gap"],
)
def test_chunks_that_are_not_the_split_are_an_error(stdin: bytes) -> None:
    """A task must not take for its whole split what isn't."""
    split = Split("a.txt", 0, 9, local=False, chunked=True)
    stream = io.BufferedReader(Chunks(io.BytesIO(stdin), split, iter([])), 100)
    with pytest.raises(EOFError, match="the split ends at 9"):
        joined(read_blocks(stream, split, 100))
