"""What a model prints, as the task's log has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mr.log_lines import PRINTED
from mr.supervision.printed_output import FIRST, LAST, LONGEST, PrefixedLines


def logged(*pieces: bytes) -> list[str]:
    """The lines of the log, without the mark that each must have."""
    written: list[bytes] = []
    lines = PrefixedLines(written.append)
    for piece in pieces:
        lines.add(piece)
    lines.end()
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in written)
    found = [line.decode() for line in written]
    assert all(line.startswith(PRINTED) for line in found)
    return [line.removeprefix(PRINTED)[:-1] for line in found]


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        (b"fitting\ndone\n", ["fitting", "done"]),
        (b"cut off", ["cut off"]),
        (b"10 %\r20 %\r\nreporter:status:x\n", ["10 %", "20 %", "reporter:status:x"]),
        (b"caf\xc3\xa9 \xff\0\x1b[1m\n", ["café \\xff\\x00\\x1b[1m"]),
        (b"", []),
    ],
)
def test_lines_are_marked_and_clean(printed: bytes, lines: list[str]) -> None:
    """A line's end is a CR, too; what isn't text is written as such."""
    assert logged(printed) == lines


@given(st.lists(st.binary(max_size=50)))
def test_it_does_not_matter_how_bytes_come(pieces: list[bytes]) -> None:
    """Whatever is printed at a time, the lines are the same, and each is marked."""
    assert logged(*pieces) == logged(b"".join(pieces))


def test_a_line_without_an_end_is_cut() -> None:
    """No line is longer than a pipe takes in one piece, all of it escaped."""
    lines = logged(*[b"\xff" * 10_000] * 30)
    assert "".join(lines) == "\\xff" * 300_000
    assert max(map(len, lines)) == 4 * LONGEST


def test_a_flood_is_left_out_but_for_its_beginning_and_its_end() -> None:
    """The log stays small, and so does what is kept in memory."""
    lines = logged(*(b"%07d\n" % number * 1000 for number in range(1000)))
    assert lines[0] == "0000000"
    assert lines[-1] == "0000999"
    assert sum(map(len, lines)) < FIRST + LAST + 100
    (told,) = [line for line in lines if line.startswith("[")]
    assert told == f"[{1_000_000 - len(lines) + 1} lines are left out here]"
