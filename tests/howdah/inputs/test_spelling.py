"""How a table's numbers are written: what is told, and what is refused before anything runs."""

from pathlib import Path

import pytest

from howdah.errors import HowdahError, UsageError
from howdah.inputs.spelling import Spelling
from howdah.inputs.table_columns import find_columns
from tests.howdah.inputs.test_table_columns import files, model

AB = model("a", "b")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a;b\n1,5;2\n", "--decimal ,"),
        ("a;b\n1,5;2\n;3\n-2,25;NA\n", "--decimal ,"),
        ("a;b\n1.234,5;2\n", "--decimal , --thousands ."),
        ('a,b\n"1,234,567",2\n', "--thousands ,"),
        ("a\tb\n1 234 567\t2\n", "--thousands ' '"),
        ("1,5;2,5\n3;4\n", "--decimal ,"),
    ],
)
def test_numbers_that_look_like_others_are_refused_with_the_option(
    tmp_path: Path, text: str, options: str
) -> None:
    """Nothing is guessed: what would read the column is named."""
    with pytest.raises(HowdahError) as refused:
        find_columns(files(tmp_path, text.encode()), AB)
    assert options in str(refused.value.hint)


@pytest.mark.parametrize(
    "text", ["a;b\n1.5;2\n1,5;3\n", "a;b\nx;2\n1,5;3\n", "a;b\n-;2\n", "a;b\n1.5;2\n"]
)
def test_what_no_other_spelling_reads_is_left_to_the_tasks(tmp_path: Path, text: str) -> None:
    """They reject the records that have no numbers."""
    assert find_columns(files(tmp_path, text.encode()), AB).names == ("a", "b")


@pytest.mark.parametrize("text", ["1,5;2,5\n-3;4,0\n", "-;2,5\n3;4\n"])
def test_a_record_with_decimal_commas_is_no_header(tmp_path: Path, text: str) -> None:
    """Nor is the comma a delimiter then."""
    spelling = Spelling.of_options({"decimal": ",", "missing": "-"})
    columns = find_columns(files(tmp_path, text.encode()), AB, spelling=spelling)
    assert (columns.delimiter, columns.header, columns.names) == (";", False, ("a", "b"))
    assert columns.options["decimal"] == ","


@pytest.mark.parametrize(
    "options",
    [
        {"decimal": ";"},
        {"thousands": "."},
        {"thousands": "5"},
        {"decimal": ",", "thousands": ","},
        {"missing": '"x'},
        {"thousands": ".."},
    ],
)
def test_what_can_be_no_spelling_is_refused(options: dict[str, str]) -> None:
    """Before anything is read."""
    with pytest.raises(UsageError):
        Spelling.of_options(options)


def test_json_has_its_own_spelling(tmp_path: Path) -> None:
    """A decimal comma is none of JSON's."""
    with pytest.raises(UsageError, match="is JSON"):
        find_columns(
            files(tmp_path, b'{"a": 1, "b": 2}\n'),
            AB,
            spelling=Spelling.of_options({"decimal": ","}),
        )
