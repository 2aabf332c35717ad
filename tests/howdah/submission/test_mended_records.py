import random

import pytest

from howdah.submission.mended_records import cells_of, find_moved

TABLE = [f"{number},{number % 3},city {number % 2},bad" for number in range(8)]
MENDED = [line.replace("bad", str(len(line))) for line in TABLE]


def moved(before: list[str], after: list[str], form: str = "csv") -> tuple[int, int] | None:
    told = [[cells_of(record, form, ",") for record in records] for records in (before, after)]
    return find_moved(*told)


def test_mended_records_in_their_order() -> None:
    """Some mended, some as they were, some with every field but one changed."""
    assert moved(TABLE, MENDED) is None
    assert moved(TABLE, TABLE) is None
    assert moved(TABLE, ["0,9,9,9", *MENDED[1:]]) is None
    assert moved(TABLE, ["1,9,9,9", *MENDED[1:]]) is None  # an id that was wrong


@pytest.mark.parametrize("seed", range(5))
def test_records_in_another_order_are_found(seed: int) -> None:
    """Sorted, moved or shuffled: a record that would take another's place is named."""
    shuffled = MENDED.copy()
    random.Random(seed).shuffle(shuffled)
    found = moved(TABLE, shuffled)
    assert found is not None
    number, other = found
    assert shuffled[number].split(",")[0] == TABLE[other].split(",")[0]


def test_one_that_was_left_out_and_one_that_was_added() -> None:
    """Their number is right, and those between have moved."""
    assert moved(TABLE, [*MENDED[:2], *MENDED[3:], "9,9,9,9"])


@pytest.mark.parametrize(
    ("form", "before"),
    [
        ("json", ['{"id": 1, "age": "x"}', '{"id": 2, "age": "y"}', '{"id": 3', "[4]"]),
        ("tsv", ["1\tx", "2\ty", "3\tz", "4\tv"]),
        ("", ["one of \ufffd these", "and another \ufffd one", "the third of them", "\ufffd"]),
    ],
)
def test_other_formats(form: str, before: list[str]) -> None:
    """Objects by their values, texts by their words."""
    assert moved(before, before, form) is None
    assert moved(before, [before[1], before[0], *before[2:]], form) == (0, 1)
