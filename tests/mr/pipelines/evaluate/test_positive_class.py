"""Which truth scores are for, as labels tell: rightly, or not at all."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mr.evaluation.class_names import ClassNames
from mr.pipelines.evaluate.positive_class import FirstRecords, settle_positive_class
from mr.pipelines.evaluate.predicted_columns import PredictedColumns

UNKNOWN = PredictedColumns({"": "score"}, "label", threshold=0.5, by_label=True)
PAIRS = st.sampled_from([("0", "1"), ("1", "0"), ("left", "stayed"), ("no", "yes"), ("yes", "no")])
SCORES = st.lists(st.floats(0, 1), max_size=8)


@given(pair=PAIRS, scores=SCORES, threshold=st.floats(0, 1), asked=st.floats(0, 1), seen=st.data())
def test_a_wrong_truth_is_never_guessed(
    pair: tuple[str, str], scores: list[float], threshold: float, asked: float, seen: st.DataObject
) -> None:
    """Whatever the model's own threshold, which isn't known."""
    positive, other = pair
    labels = [positive if score > threshold else other for score in scores]
    sides: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for label, score in zip(labels, scores, strict=True):
        sides[score <= asked][label] += 1
    truths = Counter(seen.draw(st.lists(st.sampled_from(pair), max_size=8)))
    try:
        found = settle_positive_class(
            replace(UNKNOWN, threshold=asked), FirstRecords(truths, *sides), ClassNames()
        )
    except ValueError:
        return
    assert labels == [] or found.positive == positive


@pytest.mark.parametrize("truths", ["0 1 2", "no 1", "No no yes", "left stayed", "1"])
def test_no_other_truths_are_a_convention(truths: str) -> None:
    """They are asked for."""
    seen = FirstRecords(Counter(truths.split()))
    with pytest.raises(ValueError, match="--positive TRUTH"):
        settle_positive_class(replace(UNKNOWN, label=""), seen, ClassNames())


def test_a_column_with_gaps_is_not_of_labels() -> None:
    """A convention is left."""
    seen = FirstRecords(Counter({"0": 1, "1": 1}), Counter({"0": 1, "": 1}), Counter({"1": 1}))
    found = settle_positive_class(UNKNOWN, seen, ClassNames())
    assert (found.positive, found.label, found.by_label) == ("1", "", False)
