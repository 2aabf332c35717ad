"""The measures of an evaluation, against scikit-learn's of the same records."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from mr.pipelines.evaluate import Evaluate
from mr.spec import Spec
from mr.tally import Report, Source
from tests.data.predictions import as_csv, as_json_lines, of_many, of_two
from tests.mr.conftest import Scored, run_tasks

Evaluated = tuple[Scored, Report]
Run = Callable[..., Evaluated]
UNSET = {"truth": "truth", "score": "score", "positive": "", "threshold": "0.5", "decimals": "6"}
UNSET |= {"labels": "", "id": ""}
CLASSES = ["ant", "bee", "cat"]


@pytest.fixture
def evaluate(tmp_path: Path) -> Run:
    """Evaluate a table, in as many tasks as there are splits."""

    def run(text: str, *, splits: int = 1, **options: str) -> Evaluated:
        source = tmp_path / "scores.txt"
        source.write_text(text)
        asked: dict[str, Any] = UNSET | options
        asked |= Evaluate.look([Source(source.name, text.encode())], asked)
        headers = [source.name] if asked["header"] else []
        Evaluate.prepare(asked, tmp_path)
        spec = Spec("evaluate", options=asked, headers=headers)
        done = run_tasks(spec, source, splits, tmp_path)
        return done, Evaluate(asked).report(done.partial["counts"])

    return run


def close(value: float | None) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("splits", [1, 4])
@pytest.mark.parametrize("decimals", [1, 6])
def test_two_classes_are_measured_as_scikit_learn_does(
    evaluate: Run, splits: int, decimals: int
) -> None:
    """With ties and without, in one task and in several."""
    truths, scores = of_two(5000, decimals=decimals)
    text = as_csv({"id": range(5000), "score": scores.tolist(), "truth": truths})
    done, report = evaluate(text, splits=splits, threshold="0.3")
    assert (done.partial["scored"], done.rejected) == (5000, b"")
    told, labels = report.summary, np.array(truths) == "yes"
    predicted = scores > 0.3
    assert told["truths"] == {"no": truths.count("no"), "yes": truths.count("yes")}
    assert told["confusion_matrix"] == {
        "labels": ["no", "yes"],
        "matrix": metrics.confusion_matrix(labels, predicted).tolist(),
    }
    assert told["accuracy"] == close(metrics.accuracy_score(labels, predicted))
    assert told["precision"] == close(metrics.precision_score(labels, predicted))
    assert told["recall"] == close(metrics.recall_score(labels, predicted))
    assert told["f1"] == close(metrics.f1_score(labels, predicted))
    assert told["roc_auc"] == close(metrics.roc_auc_score(labels, scores))
    assert told["roc_auc_bound"] == 0
    assert told["pr_auc"] == close(metrics.average_precision_score(labels, scores))
    assert told["log_loss"] == close(metrics.log_loss(labels, scores))
    assert told["brier"] == close(metrics.brier_score_loss(labels, scores))
    shares, means = calibration_curve(labels, scores, n_bins=10)
    assert [entry["share_positive"] for entry in told["calibration"]] == close(shares.tolist())
    assert [entry["mean_score"] for entry in told["calibration"]] == close(means.tolist())
    swept = told["threshold_sweep"][7]
    assert swept["threshold"] == 0.35
    assert swept["f1"] == close(metrics.f1_score(labels, scores > 0.35))


@pytest.mark.parametrize("with_labels", [True, False])
def test_many_classes_are_measured_as_scikit_learn_does(evaluate: Run, with_labels: bool) -> None:
    """Each against all others, and their means; the label is the likeliest where none is given."""
    truths, chances = of_many(2000, CLASSES)
    labels = [CLASSES[place] for place in chances.argmax(axis=1)]
    columns: dict[str, Any] = {"truth": truths}
    columns |= {f"score_{name}": chances[:, place] for place, name in enumerate(CLASSES)}
    _, report = evaluate(as_csv(columns | ({"label": labels} if with_labels else {})), splits=3)
    told = report.summary
    assert told["confusion_matrix"] == {
        "labels": CLASSES,
        "matrix": metrics.confusion_matrix(truths, labels).tolist(),
    }
    assert told["accuracy"] == close(metrics.accuracy_score(truths, labels))
    assert told["f1"] == close(metrics.f1_score(truths, labels, average="macro"))
    assert told["precision"] == close(metrics.precision_score(truths, labels, average="macro"))
    for place, name in enumerate(CLASSES):
        of_class = np.array(truths) == name
        auc = metrics.roc_auc_score(of_class, chances[:, place])
        assert told["classes"][name]["roc_auc"] == close(auc)
    given = -np.log(chances[np.arange(2000), [CLASSES.index(name) for name in truths]])
    assert told["log_loss"] == close(given.mean())


@pytest.mark.parametrize("write", [as_csv, as_json_lines, lambda columns: as_csv(columns, "\t")])
def test_each_kind_of_table_is_read(evaluate: Run, write: Callable[..., str]) -> None:
    """Truths are texts, even where they are written as numbers."""
    columns = {"score": [0.25, 0.75, 0.5, 1.0], "truth": [0, 1, 1, 0]}
    _, report = evaluate(write(columns))
    assert report.summary["truths"] == {"0": 2, "1": 2}
    assert report.summary["confusion_matrix"]["matrix"] == [[1, 1], [1, 1]]
    assert report.summary["roc_auc"] == 0.5


def test_rounding_has_a_bound_and_exact_scores_need_none(evaluate: Run) -> None:
    """Scores of seventeen digits: rounded, the area is off by no more than it says."""
    random = np.random.default_rng(1)
    labels = random.random(3000) < 0.4
    scores = random.random(3000) + labels / 3  # beyond 1: not chances
    text = as_csv({"score": scores.tolist(), "truth": labels.astype(int).tolist()})
    exact = metrics.roc_auc_score(labels, scores)
    _, rounded = evaluate(text, decimals="1", splits=2)
    _, sharp = evaluate(text, decimals="exact", splits=2)
    assert 0 < abs(rounded.summary["roc_auc"] - exact) <= rounded.summary["roc_auc_bound"] < 0.1
    assert sharp.summary["roc_auc"] == close(exact)
    assert (sharp.summary["roc_auc_bound"], sharp.summary["log_loss"]) == (0, None)


def test_a_truth_may_be_set_against_all_others(evaluate: Run) -> None:
    """--positive names it."""
    columns = {"score": [0.9, 0.8, 0.1], "truth": ["b", "a", "c"]}
    _, report = evaluate(as_csv(columns), positive="a")
    assert report.summary["positive"] == "a"
    assert report.summary["confusion_matrix"] == {
        "labels": ["not a", "a"],
        "matrix": [[1, 1], [0, 1]],
    }


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".csv.gz"])
def test_truths_come_from_a_second_file(evaluate: Run, tmp_path: Path, suffix: str) -> None:
    """In any order, joined by id; records without one are left out, labels without one unused."""
    truths, scores = of_two(1000)
    ids = [f"id {number}" for number in range(1000)]
    labelled = dict(reversed(list(zip(ids, truths, strict=True))[:900]))
    labelled["unused"] = "yes"
    columns = {"truth": list(labelled.values()), "id": list(labelled)}
    text = as_csv(columns, "\t" if suffix == ".tsv" else ",").encode()
    path = tmp_path / f"labels{suffix}"
    path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    scored = as_csv({"id": ids, "score": scores.tolist()})
    done, report = evaluate(scored, splits=3, labels=str(path), id="id")
    area = metrics.roc_auc_score(np.array(truths[:900]) == "yes", scores[:900])
    assert report.summary["roc_auc"] == close(area)
    assert done.partial["scored"] == 1000
    assert done.partial["left_out"] == {"no label has its id": 100}


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("id,truth\na,1\nb,0\na,0\n", "has the id a twice"),
        ("id,truth\na,1\nb,\n", "line 3: column truth is empty"),
        ("id,outcome\na,1\n", "has no column truth; it has id, outcome"),
        ("id,truth\na,1,2\n", "Expected 2 columns, got 3"),
        (None, "there is no such file"),
    ],
)
def test_labels_that_cannot_be_used_are_told(
    evaluate: Run, tmp_path: Path, labels: str | None, message: str
) -> None:
    """With what is wrong, and where."""
    path = tmp_path / "labels.csv"
    if labels is not None:
        path.write_text(labels)
    with pytest.raises(ValueError, match=message):
        evaluate("id,score\na,0.5\n", labels=str(path), id="id")


def test_records_that_tell_nothing_are_rejected(evaluate: Run) -> None:
    """With the column, and what is wrong in it."""
    done, report = evaluate("truth,score\n1,0.5\n,0.5\n1,\n1,inf\n0,x\n0,0.1\n1,1e300\n0\n")
    assert sorted(done.reasons) == [
        "column score: a missing value",
        "column score: an infinite value",
        "column score: missing: 1 of 2 fields",
        "column score: not a number: 'x'",
        "column score: too large a number",
        "column truth: a missing value",
    ]
    assert report.summary["truths"] == {"0": 1, "1": 1}


def test_one_truth_alone_has_no_areas(evaluate: Run) -> None:
    """They are null, not wrong."""
    _, report = evaluate("truth,score\n1,0.5\n1,0.7\n")
    assert (report.summary["roc_auc"], report.summary["recall"]) == (None, 0.5)


def test_nothing_but_rejects_is_reported(evaluate: Run) -> None:
    """Measures of no records."""
    done, report = evaluate("truth,score\n1,x\n")
    assert (done.partial["scored"], report.summary["accuracy"]) == (0, None)
    assert report.tables["curves.tsv"].rows == []


def test_many_scores_are_joined_on_the_way(evaluate: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by distinct scores; the counts are the same."""
    truths, scores = of_two(4000, decimals=2)
    text = as_csv({"truth": truths, "score": scores.tolist()})
    whole, _ = evaluate(text)
    monkeypatch.setattr("mr.truths.JOINED_AT", 100)
    monkeypatch.setattr(Evaluate, "block_size", 2000)
    joined, _ = evaluate(text)
    assert joined.partial["counts"] == whole.partial["counts"]


@pytest.mark.parametrize(
    ("head", "options", "message"),
    [
        ("a,score\n", {}, "--truth truth: the input has no such column; it has a, score"),
        ("truth,score\n", {"truth": ""}, "evaluate needs --truth COLUMN; the input has truth"),
        ("truth,s\n", {}, "--score score: the input has no such column"),
        ("truth,score,score\n", {}, "names 'score' twice"),
        ("truth,score\n", {"threshold": "x"}, "--threshold x: it is a number"),
        ("truth,score\n", {"decimals": "17"}, "--decimals 17: it is 0 to 15, or exact"),
        ("{truth", {}, "the first line names no columns"),
    ],
)
def test_what_cannot_be_evaluated_is_told(head: str, options: dict[str, str], message: str) -> None:
    """With what would do."""
    asked: dict[str, Any] = UNSET | options
    with pytest.raises(ValueError, match=message):
        Evaluate(asked | Evaluate.look([Source("scores.tsv", head.encode())], asked))
