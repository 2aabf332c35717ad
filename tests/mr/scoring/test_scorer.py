import re
from typing import Any

import numpy as np
import pytest

from mr.models.manifest import Manifest
from mr.records.tsv import escape, escape_row, escape_text, substitute
from mr.scoring.format import Layout, format_lines, prediction_columns
from mr.scoring.predict import predict_rows
from tests.mr.small_models import like


def unescape(field: bytes) -> str:
    """The rule of docs/formats.md, backwards."""
    meaning = {"\\\\": "\\", "\\t": "\t", "\\r": "\r", "\\n": "\n"}
    return re.sub(r"\\.", lambda found: meaning[found[0]], field.decode())


class Fixed:
    """A model that gives what it was told to."""

    def __init__(self, values: Any) -> None:
        self.values = np.array(values)

    def predict_proba(self, rows: Any) -> Any:
        return np.resize(self.values, (len(rows), *self.values.shape[1:]))

    predict = decision_function = predict_proba


@pytest.mark.parametrize(
    "text", ["plain", "a\tb", "a\\tb", "\\", "\\\\t", "\r", "a\nb", "größe\t🐘", ""], ids=repr
)
def test_escaping_is_reversible(text: str) -> None:
    """Any text comes back from its TSV field, which holds no tab and no newline."""
    field = escape_text(text)
    assert unescape(field) == text
    assert not set(field) & set(b"\t\n\r")
    assert escape_row([text, "x"]) == field + b"\tx"


def test_records_are_escaped_one_by_one() -> None:
    """A block's records become as many fields."""
    assert escape(b"a\tb\nc\\d\n\r\n") == [b"a\\tb", b"c\\\\d", b"\\r"]


@pytest.mark.parametrize("pair", [(b",", b"\t"), (b"\t", b","), (b"|", b"\t")], ids=str)
def test_substitute_replaces_a_byte(pair: tuple[bytes, bytes]) -> None:
    """As bytes.replace does, whichever of the two is greater."""
    data = bytes(range(256)) * 3
    assert substitute(data, *pair) == data.replace(*pair)


@pytest.mark.parametrize(
    ("chance", "threshold", "positive", "label"),
    [(0.7, 0.5, 1, 1), (0.3, 0.5, 1, 0), (0.5, 0.5, 1, 0), (0.5, 0.5, 0, 1), (0.3, 0.2, 1, 1)],
)
def test_a_binary_label_is_given_above_the_threshold(
    manifest: Manifest, chance: float, threshold: float, positive: int, label: int
) -> None:
    """Where the user has set one: the positive label above it; at it, the other one."""
    stated = like(manifest, threshold=threshold, positive=positive, labels_from="threshold")
    values = [[1 - chance, chance]] if positive else [[chance, 1 - chance]]
    prediction = predict_rows(Fixed(values), stated, np.zeros((1, 2)))
    assert prediction.scores.tolist() == [round(chance * 1e6)]
    assert prediction.classes is not None
    assert prediction.classes.tolist() == [label]


def test_a_decision_function_is_a_score(manifest: Manifest) -> None:
    """A binary model without chances gives one number a row."""
    stated = like(manifest, score="decision_function", threshold=0.0)
    prediction = predict_rows(Fixed([-1.5]), stated, np.zeros((1, 2)))
    assert prediction.scores.tolist() == [-1_500_000]


def test_lines_of_many_classes_name_the_likeliest(manifest: Manifest) -> None:
    """The likeliest label, then a column a class."""
    stated = like(manifest, kind="classes", labels=("x", "y", "z"), decimals=2)
    prediction = predict_rows(Fixed([[0.2, 0.7, 0.1]]), stated, np.zeros((1, 2)))
    assert prediction.scores.tolist() == [70]
    line = format_lines(Layout.PREDICTION_LAST, [b"a\tb"], prediction, stated)
    assert line == b"a\tb\ty\t0.20\t0.70\t0.10\n"
    assert prediction_columns(stated) == ["label", "score_x", "score_y", "score_z"]


def test_lines_of_a_regression_end_with_the_number(manifest: Manifest) -> None:
    """A regression's score has no label, and may be negative."""
    stated = like(manifest, kind="regression", score="predict", labels=(), decimals=1)
    prediction = predict_rows(Fixed([-12.25]), stated, np.zeros((1, 2)))
    line = format_lines(Layout.PREDICTION_LAST, [b"a"], prediction, stated)
    assert line == b"a\t-12.2\n"
    assert prediction_columns(stated) == ["score"]


def test_lines_of_texts_begin_with_the_score(manifest: Manifest) -> None:
    """Score and label, then the text."""
    prediction = predict_rows(Fixed([[0.9, 0.1]]), manifest, np.zeros((2, 2)))
    lines = format_lines(Layout.PREDICTION_FIRST, [b"one", b"two"], prediction, manifest)
    assert lines == b"0.100000\tno\tone\n0.100000\tno\ttwo\n"


def test_no_records_make_no_lines(manifest: Manifest) -> None:
    """Nothing in, nothing out."""
    prediction = predict_rows(Fixed([[0.9, 0.1]]), manifest, np.zeros((1, 2)))
    assert format_lines(Layout.PREDICTION_FIRST, [], prediction, manifest) == b""
