import pytest

from mr.records.block import parse_block
from mr.records.raw_block import line_starts
from mr.records.split import MAX_RECORD

LONG = b"x" * (MAX_RECORD + 1)


@pytest.mark.parametrize(
    ("raw", "records"),
    [
        pytest.param(b"one\ntwo\n", [b"one", b"two"], id="LF"),
        pytest.param(b"one\r\ntwo\r\n", [b"one", b"two"], id="CRLF"),
        pytest.param(b"one\ntwo", [b"one", b"two"], id="no newline at the end"),
        pytest.param(b"one\r\ntwo\r", [b"one", b"two"], id="a carriage return at the end"),
        pytest.param(b"o\rne\n", [b"o\rne"], id="a lone carriage return"),
        pytest.param(b"\t\n", [b"\t"], id="empty fields"),
        pytest.param(b"  one\n", [b"  one"], id="indented"),
        pytest.param("größe\n".encode(), ["größe".encode()], id="multi-byte text"),
        pytest.param(b"x" * MAX_RECORD + b"\n", [b"x" * MAX_RECORD], id="1 MiB"),
    ],
)
def test_lines_are_records(raw: bytes, records: list[bytes]) -> None:
    """A line without its line end is a record."""
    block, rejects = parse_block(raw)
    assert block.records == records
    assert list(block.numbers) == list(range(len(records)))
    assert not rejects


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param(b"", "blank line", id="empty"),
        pytest.param(b"\r", "blank line", id="CRLF alone"),
        pytest.param(b"   ", "blank line", id="spaces"),
        pytest.param(b"o\0ne", "NUL byte", id="NUL"),
        pytest.param(b"o\xffne", "invalid UTF-8", id="invalid UTF-8"),
        pytest.param(LONG, "longer than 1 MiB", id="too long"),
    ],
)
def test_a_line_that_is_no_record_is_set_aside(line: bytes, reason: str) -> None:
    """The lines around a bad one stay records, under their own numbers."""
    block, rejects = parse_block(b"one\n" + line + b"\ntwo\n")
    assert block.records == [b"one", b"two"]
    assert block.data == b"one\ntwo\n"
    assert list(block.numbers) == [0, 2]
    assert [(reject.line, reject.reason) for reject in rejects] == [(1, reason)]


@pytest.mark.parametrize("line", [b"   ", b"\t", b"  x", b"\r"], ids=repr)
def test_a_lines_fate_does_not_depend_on_its_neighbours(line: bytes) -> None:
    """A block with a bad line in it judges the others as one without does."""
    alone, _ = parse_block(line + b"\n")
    beside, _ = parse_block(line + b"\n\xff\n")
    assert alone.records == beside.records


@pytest.mark.parametrize("raw", [b"a\nbcd\n", b"a\nbcd"], ids=["newline", "no newline"])
def test_line_starts_say_where_each_line_is(raw: bytes) -> None:
    """Line n is what stands from its start to the byte before the next one's."""
    assert line_starts(raw).tolist() == [0, 2, 6]
