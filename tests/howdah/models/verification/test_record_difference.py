"""Whether a prediction is its known answer, as exactly as that is written."""

import pytest

from howdah.models.verification.record_difference import digits_of, find_known_difference


def test_a_short_answer_in_a_column_of_long_ones_is_exact() -> None:
    answers = ["0.25", "0.5", "0.333333", "1"]
    assert digits_of(answers, 6) == 6
    digits = {"score": digits_of(answers, 6)}
    assert find_known_difference({"score": "0.960000"}, {"score": "1"}, digits)
    assert find_known_difference({"score": "0.500001"}, {"score": "0.5"}, digits) is None


def test_answers_that_are_all_short_are_rounded_ones() -> None:
    assert digits_of(["0.7", "", "0.3"], 6) == 1
    assert find_known_difference({"score": "0.723456"}, {"score": "0.7"}, {"score": 1}) is None
    why = find_known_difference({"score": "0.760000"}, {"score": "0.7"}, {"score": 1})
    assert why == "score is 0.760000, and the known answer 0.7"


@pytest.mark.parametrize("answer", ["nan", "inf", "high", "4e-1"])
def test_what_is_no_such_number_differs(answer: str) -> None:
    assert find_known_difference({"score": "0.500000"}, {"score": answer}, {"score": 6})


def test_large_scores_may_differ_by_the_last_bits_of_their_sums() -> None:
    known = {"score": "123456789.1234567"}
    assert find_known_difference({"score": "123456789.123460"}, known, {"score": 6}) is None
    assert find_known_difference({"score": "123456790.123457"}, known, {"score": 6})


def test_every_column_of_the_prediction_is_compared() -> None:
    found = {"label": "a", "score_a": "0.700000", "score_b": "0.300000"}
    digits = {"label": 0, "score_a": 6, "score_b": 6}
    assert find_known_difference(found, {"label": "a", "score_b": "0.3"}, digits) is None
    why = find_known_difference(found, {"label": "a", "score_b": "0.4"}, digits)
    assert why == "score_b is 0.300000, and the known answer 0.4"
    assert find_known_difference(found, {"label": "b"}, digits)
