from typing import Any

import pytest

from howdah.jobs.record import Job, State
from howdah.results.record_scores import score_readers
from howdah.settings import Runner


def job(columns: str, kind: str, **predicted: Any) -> Job:
    return Job(
        id="j", state=State.DONE, runner=Runner.LOCAL, pipeline="tabular", model="m", identity="",
        created=0, columns=tuple(columns.split()),
        predicted={"kind": kind, "score": None, "label": None, "classes": {}} | predicted,
    )  # fmt: skip


CLASSES = {"label": "label", "classes": {"a\tb": "score_a", "c": "score_c"}}


@pytest.mark.parametrize(
    ("of", "outputs", "line", "scores"),
    [
        (job("id score label", "binary", score="score", label="label"), [], "7 0.25 no", {"": 25}),
        (job("x predicted_score", "regression", score="predicted_score",
             renamed={"score": "predicted_score"}), [], "9 -1.50", {"": -150}),
        (job("label score_a score_c", "classes", **CLASSES), [], r"a\tb 0.75 0.25", {"": 75}),
        (job("label score_a score_c", "classes", **CLASSES), [], "c 0.25 0.30", {"": 30}),
        (job("label", "labels", label="label"), [], "c", {}),
        (job("id cluster distance", "clusters"), [], "7 2 1.25", {"": 125}),
        (job("id cluster", "clusters"), [], "7 2", {}),
        (job("label_x score_x score_y label_z score_z_0 score_z_1 label_w", "several"),
         ["w", "x", "y", "z"], "1 0.90 -3.00 0 0.60 0.40 5", {"x": 90, "y": -300, "z": 60}),
    ],
    ids=["binary", "renamed", "classes", "other class", "no scores", "clusters", "no centres",
         "several"],
)  # fmt: skip
def test_scores_are_those_that_the_summary_counts(
    of: Job, outputs: list[str], line: str, scores: dict[str, int]
) -> None:
    """Of many classes that of the label; of several outputs, of each that has some."""
    cells = line.encode().split(b" ")
    assert {name: read(cells) for name, read in score_readers(of, outputs).items()} == scores
