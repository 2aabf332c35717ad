"""Which spellings of truths and labels name the same class."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mr.evaluation.class_names import ClassNames
from mr.records.cells import MISSING


@pytest.mark.parametrize(
    ("labels", "seen", "classes"),
    [
        ([], ["1", "1.0", " 1", "1e0", "+1", "0", "-0.0", "0.00"], {"1": 5, "0": 3}),
        ([], ["0.0", "1.0", "nan", "NaN", "", "NA", " None "], {"0.0": 1, "1.0": 1, "": 5}),
        ([], ["True", "true", "TRUE", "False"], {"True": 3, "False": 1}),
        (["0", "1"], ["True", "1.0", "false", "0"], {"1": 2, "0": 2}),
        (["0", "1", "2"], ["True", "1"], {"True": 1, "1": 1}),
        ([], ["yes", " yes", "Yes", "1", "1.0"], {"yes": 2, "Yes": 1, "1": 1, "1.0": 1}),
        ([], ["01", "1", "1.0"], {"01": 1, "1": 1, "1.0": 1}),
        (["1", "1.0"], ["1", "1.0"], {"1": 1, "1.0": 1}),
        (["None", "Mild"], ["None", "nan", "Mild"], {"None": 1, "Mild": 1, "": 1}),
        ([], ["12345678901234567890", "12345678901234567891"],
         {"12345678901234567890": 1, "12345678901234567891": 1}),
    ],
)  # fmt: skip
def test_classes_are_compared_as_what_they_are(
    labels: Sequence[str], seen: list[str], classes: dict[str, int]
) -> None:
    """Numbers as numbers where all are; codes and texts letter by letter."""
    names = ClassNames.of(labels, seen)
    found = [names.name(text) for text in seen]
    assert {name: found.count(name) for name in found} == classes


@given(numbers=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
def test_equal_numbers_are_one_class(numbers: list[float]) -> None:
    """However they are written; unequal ones are two."""
    names = ClassNames.of([], [repr(number) for number in numbers])
    for number in numbers:
        assert names.name(f"{Decimal(repr(number)):E}") == names.name(repr(number))
        for other in numbers:
            same = names.name(repr(number)) == names.name(repr(other))
            assert same == (number == other)


def test_what_pandas_takes_for_missing_is_missing() -> None:
    """All of it."""
    names = ClassNames.of(["yes", "no"])
    assert {names.name(text) for text in MISSING} == {""}


def test_truths_that_only_texts_tell_apart_are_known() -> None:
    """So that they can be told of."""
    names = ClassNames.of([], ["1", "1.0", "unknown", "true", "True"])
    assert names.alike(["1", "1.0", "unknown", "true", "True"]) == [("1", "1.0"), ("true", "True")]
