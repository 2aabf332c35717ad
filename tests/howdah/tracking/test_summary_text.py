"""What people read of a summary, of every kind of prediction."""

from typing import Any

import pytest

from howdah.jobs.record import Job
from howdah.tracking.summary_text import summary_lines

NUMBERS = {"mean": 0.5, "min": 0.25, "max": 0.75, "quantiles": {"0.5": 0.4}}


def lines(**told: Any) -> list[str]:
    """The lines below the first, for a job of three records."""
    summary = {"records": 3, "scored": 3, "rejected": 0, "rejected_by_reason": {}} | told
    job = Job("20260314-092653-58b1", "done", "local", "tabular", "m", "same", 0.0)
    return list(summary_lines(job, summary))[1:]


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (
            {"labels": {"yes": 2, "no": 1}, "score": NUMBERS,
             "highest": [{"score": 0.75, "record": "b"}]},
            ["  label                2  yes", "  label                1  no",
             "  score     mean 0.5, median 0.4, 0.25 to 0.75", "  highest           0.75  b"],
        ),
        ({"labels": {"yes": 3}, "score": None, "highest": []}, ["  label                3  yes"]),
        (
            {"labels": {"normal": 2, "anomaly": 1}, "score": NUMBERS,
             "lowest": [{"score": 0.25, "record": "a"}]},
            ["  label                2  normal", "  label                1  anomaly",
             "  score     mean 0.5, median 0.4, 0.25 to 0.75", "  lowest            0.25  a"],
        ),
        (
            {"clusters": {"7": 3}, "distance": NUMBERS,
             "farthest": [{"distance": 0.75, "record": "b"}]},
            ["  cluster              3  7", "  distance  mean 0.5, median 0.4, 0.25 to 0.75",
             "  farthest          0.75  b"],
        ),
        (
            {"outputs": {
                "left": {"labels": {"yes": 3}, "score": None, "highest": []},
                "price": {"labels": {}, "score": NUMBERS,
                          "highest": [{"score": 0.75, "record": "b"}]},
            }},
            ["  output    left", "  label                3  yes", "  output    price",
             "  score     mean 0.5, median 0.4, 0.25 to 0.75", "  highest           0.75  b"],
        ),
    ],
    ids=["binary", "labels", "outliers", "clusters", "several"],
)  # fmt: skip
def test_a_summary_is_told_in_the_words_of_its_kind(
    told: dict[str, Any], wanted: list[str]
) -> None:
    """Labels and scores; what is odd of outliers; clusters; each of several outputs."""
    assert lines(**told) == wanted
