"""The measures of an evaluation, against scikit-learn's of the same records."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from bench.data.predictions import as_csv, as_json_lines, of_many, of_two
from mr.counting.tally import InputPreview, JobReport
from mr.pipelines.evaluate.pipeline import Evaluate
from mr.pipelines.evaluate.scored_table import LOOKED_AT
from mr.spec import Spec
from tests.mr.conftest import Scored, run_tasks

Evaluated = tuple[Scored, JobReport]
Run = Callable[..., Evaluated]
UNSET = {"truth": "truth", "score": "", "positive": "", "threshold": "", "decimals": "exact"}
UNSET |= {"labels": "", "id": "", "kind": "", "worst": ""}
LEFT = {"kind": "binary", "labels": ["left", "stayed"], "positive": "left", "threshold": 0.5}
LEFT |= {"score": "score", "label": "label", "classes": {}}
CLASSES = ["ant", "bee", "cat"]


@pytest.fixture
def evaluate(tmp_path: Path) -> Run:
    """Evaluate a table, in as many tasks as there are splits."""

    def run(
        text: str, *, splits: int = 1, predicted: dict[str, Any] | None = None, **options: str
    ) -> Evaluated:
        source = tmp_path / "scores.txt"
        source.write_text(text)
        asked: dict[str, Any] = UNSET | options
        seen = InputPreview(source.name, text.encode()[:LOOKED_AT], predicted=predicted or {})
        asked |= Evaluate.options_from_previews([seen], asked)
        headers = [source.name] if asked["header"] else []
        Evaluate.prepare_task_files(asked, tmp_path)
        spec = Spec("evaluate", options=asked, headers=headers)
        done = run_tasks(spec, source, splits, tmp_path)
        return done, Evaluate(asked).conclude(done.partial)

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
        ("id,truth\na,1\n,0\n", "line 3: column id is empty"),
        ("id,truth\n", "has no labels, but a header alone"),
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
    _, report = evaluate("truth,score\n1,0.5\n1,0.7\n", positive="1")
    assert (report.summary["roc_auc"], report.summary["recall"]) == (None, 0.5)


def test_nothing_but_rejects_measures_nothing(evaluate: Run) -> None:
    """That is said instead."""
    done, report = evaluate("truth,score\n1,x\n", positive="1")
    assert done.partial["scored"] == 0
    assert report.summary["problem"] == "no record could be counted"
    assert "accuracy" not in report.summary


def of_left(rows: int, *, threshold: float = 0.5, label: str = "label") -> tuple[str, Any, Any]:
    """A table of scores for `left`, the first of two truths by name; its truths and scores."""
    truths, scores = of_two(rows, decimals=2)
    names = ["left" if truth == "yes" else "stayed" for truth in truths]
    labels = ["left" if score > threshold else "stayed" for score in scores.tolist()]
    columns = {"truth": names, "score": scores.tolist(), label: labels}
    return as_csv(columns), np.array(names) == "left", scores


@pytest.mark.parametrize(
    ("predicted", "why"),
    [(LEFT, "the scoring job's"), ({}, "the label of scores above 0.5")],
    ids=["from the job", "from its labels"],
)
def test_the_positive_truth_is_that_of_the_scores(
    evaluate: Run, predicted: dict[str, Any], why: str
) -> None:
    """Not the last by name."""
    text, truths, scores = of_left(2000)
    told = evaluate(text, splits=3, predicted=predicted)[1].summary
    assert (told["positive"], told["positive_from"], told["warnings"]) == ("left", why, [])
    assert told["roc_auc"] == close(metrics.roc_auc_score(truths, scores))
    assert told["accuracy"] == close(metrics.accuracy_score(truths, scores > 0.5))
    assert told["confusion_matrix"] == {
        "labels": ["stayed", "left"],
        "matrix": metrics.confusion_matrix(truths, scores > 0.5).tolist(),
    }


@pytest.mark.parametrize("predicted", [LEFT | {"threshold": 0.2}, {}], ids=["known", "unknown"])
def test_predictions_are_the_model_s_own_labels(evaluate: Run, predicted: dict[str, Any]) -> None:
    """Whatever its threshold; another one has to be asked for."""
    text, truths, scores = of_left(2000, threshold=0.2)
    told = evaluate(text, predicted=predicted)[1].summary
    assert told["accuracy"] == close(metrics.accuracy_score(truths, scores > 0.2))
    assert (told["threshold"], told["warnings"] == []) == (
        (0.2, True) if predicted else (0.5, False)
    )
    told = evaluate(text, predicted=predicted, threshold="0.7")[1].summary
    assert told["accuracy"] == close(metrics.accuracy_score(truths, scores > 0.7))
    assert (told["threshold"], told["warnings"]) == (0.7, [])


def test_a_tie_has_the_label_that_the_model_gave_it(evaluate: Run) -> None:
    """At 0.5 it is the first class's, as in the model's own predict."""
    text = "truth,score,label\nleft,0.5,left\nstayed,0.5,left\nstayed,0.4,stayed\n"
    told = evaluate(text, predicted=LEFT)[1].summary
    assert (told["recall"], told["accuracy"]) == (1, close(2 / 3))
    assert told["warnings"] == []


def test_columns_have_the_names_that_the_job_gave_them(evaluate: Run) -> None:
    """The input's own label and score aren't taken for predictions."""
    text = as_csv(
        {
            "score": [9, 9, 9, 9],
            "label": ["left", "left", "stayed", "stayed"],
            "predicted_score": [0.9, 0.6, 0.4, 0.7],
            "predicted_label": ["left", "left", "stayed", "left"],
        }
    )
    renamed = LEFT | {"score": "predicted_score", "label": "predicted_label"}
    for predicted in (renamed, {}):
        told = evaluate(text, predicted=predicted, truth="label")[1].summary
        assert told["confusion_matrix"]["matrix"] == [[1, 1], [0, 2]]
        assert told["columns"]["scores"] == ["predicted_score"]


@pytest.mark.parametrize("pair", ["0 1", "-1 1", "False True", "no yes", "NEG POS", "0.0 1.0"])
def test_conventional_truths_need_no_word(evaluate: Run, pair: str) -> None:
    """Where there is no label, the second of them is positive."""
    negative, positive = pair.split()
    told = evaluate(f"truth,score\n{positive},0.9\n{negative},0.1\n")[1].summary
    assert (told["positive"], told["positive_from"]) == (positive, "by convention")
    assert told["roc_auc"] == 1


def test_scores_of_the_other_truth_are_told(evaluate: Run) -> None:
    """Labels and areas contradict who says so."""
    text, truths, scores = of_left(1000)
    told = evaluate(text, positive="stayed")[1].summary
    area = metrics.roc_auc_score(~truths, scores)
    assert told["roc_auc"] == close(area)
    differ = int((scores != 0.5).sum())
    assert told["warnings"] == [
        f"{differ} of 1,000 labels aren't what scores above 0.5 say, which are for stayed: is that"
        " right (--positive), and the threshold (--threshold)?",
        f"ROC AUC {area:.6g} is below 0.5: are the scores those of left? --positive left",
    ]


def test_labels_may_have_other_names_than_truths(evaluate: Run) -> None:
    """If it is said which truth is meant; the summary says that they never meet."""
    text, truths, scores = of_left(1000)
    text = text.replace("\nleft,", "\n1,").replace("\nstayed,", "\n0,")
    text = text.replace("\n1,", "\n1.0,", 100)
    for predicted in (LEFT, {}):
        told = evaluate(text, predicted=predicted, positive="1")[1].summary
        assert told["accuracy"] == close(metrics.accuracy_score(truths, scores > 0.5))
        assert told["warnings"] == [
            "no label is the name of a truth: labels left, stayed; truths 0, 1"
        ]


def test_more_than_two_truths_are_refused_unless_one_is_set_against_all_others(
    evaluate: Run,
) -> None:
    """As soon as they are seen; then it is said what counts as negative."""
    text = "truth,score,label\nleft,0.9,left\nstayed,0.1,stayed\nunknown,0.2,stayed\n"
    message = r"are 3 truths: --positive left counts all .*left \(1\), stayed \(1\), unknown \(1\)"
    with pytest.raises(ValueError, match=message):
        evaluate(text, predicted=LEFT)
    told = evaluate(text, predicted=LEFT, positive="left")[1].summary
    assert told["warnings"] == ["all truths but left count as negative: stayed (1), unknown (1)"]
    late = "truth,score,label\n" + "left,0.9,left\nstayed,0.1,stayed\n" * 40_000
    told = evaluate(late + "unknown,0.2,stayed\n", predicted=LEFT)[1].summary
    assert "there are 3 truths" in told["problem"]
    assert "accuracy" not in told


def test_classes_are_those_of_the_job(evaluate: Run) -> None:
    """A column that only begins like one isn't; --score takes one class alone."""
    truths, chances = of_many(500, CLASSES)
    columns: dict[str, Any] = {"truth": truths, "score_of_last_year": [7] * 500}
    columns |= {f"score_{name}": chances[:, place] for place, name in enumerate(CLASSES)}
    columns["label"] = [CLASSES[place] for place in chances.argmax(axis=1)]
    classes = {name: f"score_{name}" for name in CLASSES}
    predicted = {"kind": "classes", "labels": CLASSES, "label": "label", "classes": classes}
    told = evaluate(as_csv(columns), predicted=predicted)[1].summary
    assert list(told["classes"]) == CLASSES
    assert told["accuracy"] == close(metrics.accuracy_score(truths, columns["label"]))
    told = evaluate(as_csv(columns), predicted=predicted, score="score_bee")[1].summary
    assert told["positive"] == "bee"
    of_class = np.array(truths) == "bee"
    assert told["roc_auc"] == close(metrics.roc_auc_score(of_class, chances[:, 1]))


def test_one_of_several_models_is_evaluated(evaluate: Run) -> None:
    """That whose score is asked for, by its own labels."""
    text, truths, scores = of_left(1000, threshold=0.3, label="label_new")
    text = text.replace(",score,", ",score_new,")
    models = {name: {"score": f"score_{name}", "label": f"label_{name}"} for name in ("old", "new")}
    compared = LEFT | {"score": None, "label": None, "threshold": None, "models": models}
    told = evaluate(text, predicted=compared, score="score_new")[1].summary
    assert told["accuracy"] == close(metrics.accuracy_score(truths, scores > 0.3))
    assert (told["threshold"], told["warnings"]) == (None, [])
    with pytest.raises(ValueError, match=r"several models.*--score score_old or score_new"):
        evaluate(text, predicted=compared)


def test_labels_alone_are_measured(evaluate: Run) -> None:
    """Of a model that gives no scores: the confusion matrix, and what follows from it."""
    truths, labels = ["a", "b", "b", "c"], ["a", "b", "c", "c"]
    predicted = {"kind": "labels", "labels": ["a", "b", "c"], "label": "label", "score": None}
    text = as_csv({"truth": truths, "label": labels})
    told = evaluate(text, predicted=predicted)[1].summary
    assert told["accuracy"] == 0.75
    assert told["f1"] == close(metrics.f1_score(truths, labels, average="macro"))
    assert (told["roc_auc"], told["warnings"]) == (None, [])


def test_no_positive_record_measures_nothing(evaluate: Run) -> None:
    """What was seen is said, however late."""
    text = "truth,score\n" + "0,0.5\n" * 3 + "1,0.7\n"
    with pytest.raises(ValueError, match=r"--positive 2: .*; truths seen: 0 \(3\), 1 \(1\)"):
        evaluate(text, positive="2")
    _, report = evaluate(text + "0,0.5\n" * 150_000, positive="2")
    assert report.summary["problem"] == (
        "--positive 2: no record has this truth; truths seen: 0 (150,003), 1 (1)"
    )
    assert (report.tables, report.plots) == ({}, {})


@pytest.mark.parametrize(
    ("ids", "labelled", "pair"),
    [
        (["0001", "0002"], ["1", "2"], "'0001' in the input, for example, and '1' in"),
        (["1", "2"], ["001", "002"], "'1' in the input, for example, and '001' in"),
        (["1", "2"], ["1.0", "2.0"], "'1' in the input, for example, and '1.0' in"),
        (["x1", "x2"], ["X1", "X2"], "'x1' in the input, for example, and 'X1' in"),
        (["1", "2"], ["a1", "a2"], "'1' in the input, for example, and 'a1' in"),
    ],
)
def test_ids_that_never_join_are_refused(
    evaluate: Run, tmp_path: Path, ids: list[str], labelled: list[str], pair: str
) -> None:
    """With both spellings; of a long input at its end, unless another spelling joins."""
    labels = tmp_path / "labels.csv"
    labels.write_text(as_csv({"id": labelled, "truth": ["no", "yes"]}))
    asked = {"labels": str(labels), "id": "id"}
    with pytest.raises(ValueError, match=f"none of 2 records has a label: --id id is {pair}"):
        evaluate(as_csv({"id": ids, "score": [0.5, 0.7]}), **asked)
    others = [f"other {number}" for number in range(80_000)]
    late = as_csv({"id": others + ids, "score": [0.5] * 80_002})
    told = evaluate(late, **asked)[1].summary
    assert told["problem"].startswith("none of 80,002 records has a label: --id id is 'other 0' in")
    with pytest.raises(ValueError, match=r"no record has this truth; truths seen: no \(1\)"):
        evaluate(late, positive="maybe", **asked)


def test_few_labels_are_told(evaluate: Run, tmp_path: Path) -> None:
    """Blanks around ids are no part of them; a missing truth rejects its record."""
    labels = tmp_path / "labels.csv"
    labels.write_text("id,truth\n 2 ,yes\n1,no\n3,nan\n")
    text = as_csv({"id": [" 1", *range(2, 9)], "score": [0.1, 0.9, *[0.5] * 6]})
    done, report = evaluate(text, labels=str(labels), id="id")
    assert report.summary["truths"] == {"no": 1, "yes": 1}
    assert done.reasons == ["column truth: a missing value"]
    assert report.summary["warnings"] == ["only 2 of 7 records have a label, by their id"]


@pytest.mark.parametrize(
    ("column", "truths"),
    [
        (["0", "1", "1", "0", "1", "0"], {"0": 3, "1": 3}),
        (["0", "1", "1.0", "0.0", "1", " 0"], {"0": 3, "1": 3}),
        (["False", "true", "TRUE", "false", "True", "False"], {"false": 3, "true": 3}),
        (["False", "1", "true", "0", "1.0", "0"], {"0": 3, "1": 3}),
    ],
)
@pytest.mark.parametrize("labels", [False, True], ids=["in a column", "in a second file"])
def test_truths_are_compared_as_what_they_are(
    evaluate: Run, tmp_path: Path, column: list[str], truths: dict[str, int], labels: bool
) -> None:
    """However they are spelled: the same measures, and it is said how."""
    scores = [0.1, 0.9, 0.4, 0.6, 0.8, 0.2]
    asked: dict[str, str] = {}
    columns: dict[str, Any] = {"id": range(6), "score": scores}
    if labels:
        (tmp_path / "labels.csv").write_text(as_csv({"id": range(6), "truth": column}))
        asked = {"labels": str(tmp_path / "labels.csv"), "id": "id"}
    told = evaluate(as_csv(columns if labels else columns | {"truth": column}), splits=2, **asked)[
        1
    ].summary
    counts = {name.lower(): count for name, count in told["truths"].items()}
    assert (counts, told["accuracy"]) == (truths, close(4 / 6))
    assert told["roc_auc"] == close(8 / 9)
    spelled = told.get("spellings", {})
    assert all(sum(ways.values()) == told["truths"][name] for name, ways in spelled.items())
    assert bool(spelled) == (len({text.strip() for text in column}) > 2)


def test_labels_of_a_model_name_its_classes(evaluate: Run) -> None:
    """Truths are the same if they are the same numbers, or booleans where labels are 0 and 1."""
    stated = {"kind": "binary", "labels": ["0", "1"], "positive": "1", "threshold": 0.5}
    stated |= {"score": "score", "label": "label", "classes": {}}
    text = "truth,score,label\nTrue,0.9,1\n0.0,0.2,0\nfalse,0.7,1\n1,0.8,1\n"
    told = evaluate(text, predicted=stated)[1].summary
    assert told["truths"] == {"0": 2, "1": 2}
    assert told["confusion_matrix"] == {"labels": ["0", "1"], "matrix": [[1, 1], [0, 2]]}
    with pytest.raises(ValueError, match="the scores are those of 1, says the job"):
        evaluate(text, predicted=stated, positive="0.0")


def test_classes_without_records_are_told(evaluate: Run) -> None:
    """And truths that are no class."""
    text = "truth,score_ant,score_bee,score_cat\nant,1,0,0\nbee,0,1,0\ndog,0,0,1\n"
    told = evaluate(text)[1].summary
    assert told["warnings"] == [
        "no record has the truth cat, which is predicted",
        "1 records have a truth that isn't predicted, dog: no label is right for them",
    ]


NUMBERS = {"kind": "regression", "labels": [], "score": "score", "label": None}


@pytest.mark.parametrize("write", [as_csv, as_json_lines])
@pytest.mark.parametrize("labels", [False, True], ids=["in a column", "in a second file"])
def test_a_regression_is_measured_as_scikit_learn_does(
    evaluate: Run, tmp_path: Path, write: Callable[..., str], labels: bool
) -> None:
    """That of the job that scored, or one that is asked for; the same bytes from any split."""
    random = np.random.default_rng(4)
    truths = random.normal(100, 20, 500).tolist()
    scores = (np.array(truths) + random.normal(0, 3, 500)).tolist()
    columns: dict[str, Any] = {"id": range(500), "score": scores}
    asked = {}
    if labels:
        (tmp_path / "labels.csv").write_text(as_csv({"id": range(500), "truth": truths}))
        asked = {"labels": str(tmp_path / "labels.csv"), "id": "id"}
    else:
        columns["truth"] = truths
    told = evaluate(write(columns), splits=3, predicted=NUMBERS, **asked)[1].summary
    assert told == evaluate(write(columns), kind="regression", **asked)[1].summary
    assert told["r2"] == close(metrics.r2_score(truths, scores))
    assert told["mean_absolute_error"] == close(metrics.mean_absolute_error(truths, scores))
    rmse = metrics.root_mean_squared_error(truths, scores)
    assert told["root_mean_squared_error"] == close(rmse)


def test_numbers_are_not_taken_for_classes(evaluate: Run) -> None:
    """It is asked for what was predicted; records without a number are rejected."""
    text = "truth,score\n1.5,1\n2.5,2\n3.5,3\nnan,1\nx,1\n1,inf\n"
    with pytest.raises(ValueError, match="--kind regression, if it predicts these numbers"):
        evaluate(text.replace("x,1\n", ""))
    done, report = evaluate(text, kind="regression")
    assert sorted(done.reasons) == [
        "column score: an infinite value",
        "column truth: a missing value",
        "column truth: not a number: 'x'",
    ]
    assert report.summary["mean_error"] == -0.5
    nothing = evaluate("truth,score\nx,1\n", kind="regression")[1].summary
    assert nothing["problem"] == "no record could be counted"


@pytest.mark.parametrize("write", [as_csv, as_json_lines])
def test_the_worst_records_are_told_of_whole(
    evaluate: Run, monkeypatch: pytest.MonkeyPatch, write: Callable[..., str]
) -> None:
    """Of any split the same, ties in input order, the id first."""
    monkeypatch.setattr(Evaluate, "block_size", 2000)
    truths, scores = of_two(1000, decimals=2)
    columns = {"note": ["a\tb"] * 1000, "score": scores.tolist(), "truth": truths}
    text = write(columns | {"id": range(1000)})
    table = evaluate(text, worst="30", id="id")[1].tables["worst.tsv"]
    off = np.abs((np.array(truths) == "yes") - scores)
    order = np.argsort(-off, kind="stable")[:30].tolist()
    assert [*table.columns] == ["id", "error", "true", "note", "score", "truth"]
    assert [row[0] for row in table.rows] == [str(number) for number in order]
    assert [row[1] for row in table.rows] == close(off[order].tolist())
    assert table.rows[0][2:] == (
        truths[order[0]], "a\\tb", repr(float(scores[order[0]])), truths[order[0]]
    )  # fmt: skip
    split = evaluate(text, splits=3, worst="30", id="id")[1].tables["worst.tsv"]
    assert split.rows == table.rows


def test_the_largest_errors_of_a_regression_are_told_of(evaluate: Run) -> None:
    """With their sign; and of classes those with the least score of their own."""
    text = "truth,score\n1,3\n2,2\n9,5\n1,1.5\n"
    table = evaluate(text, kind="regression", worst="2", splits=2)[1].tables["worst.tsv"]
    assert [row[:2] for row in table.rows] == [(-4.0, "9.0"), (2.0, "1.0")]
    text = "truth,score_a,score_b\na,0.9,0.1\nb,0.7,0.3\na,0.2,0.8\n"
    table = evaluate(text, worst="2")[1].tables["worst.tsv"]
    assert [row[0] for row in table.rows] == close([0.8, 0.7])
    for worst in ("0", "x", "1001"):
        with pytest.raises(ValueError, match=f"--worst {worst}: it is a number of records"):
            evaluate(text, worst=worst)


UNKNOWN = "truth,score\nstayed,0.9\nleft,0.2\nleft,0.3\n"
ONE_SIDED = "truth,score,label\nstayed,0.1,stayed\nleft,0.2,stayed\n"
CONTRARY = "truth,score,label\n1,0.9,0\n0,0.8,0\n"
NOT_SCORES = {"kind": "regression", "labels": [], "score": "score", "label": None}


@pytest.mark.parametrize(
    ("head", "options", "message"),
    [
        ("a,score\n", {}, "--truth truth: the input has no such column; it has a, score"),
        ("truth,score\n", {"truth": ""}, "evaluate needs --truth COLUMN; the input has truth"),
        ("truth,s\n", {}, "--score score: the input has no such column"),
        ("truth,score,score\n", {}, "names 'score' twice"),
        ("truth,score\n", {"threshold": "x"}, "--threshold x: it is a number"),
        ("truth,score\n", {"threshold": "nan"}, "--threshold nan: it is a number"),
        ("truth,score\n", {"decimals": "17", "positive": "1"}, "--decimals 17: it is 0 to 15"),
        ("truth,score\n", {"decimals": "-1", "positive": "1"}, "--decimals -1: it is 0 to 15"),
        ("{truth", {}, "the first line names no columns"),
        ("truth,score,score_a,score_b\n", {}, "says which of them are predictions: --score"),
        ("truth,score_a,score_b\na,1,0\n", {"positive": "a"}, "--positive is for one score"),
        ("truth,score_a,score_b\nx,1,0\n", {}, r"no truth is one of the classes a, b.*x \(1\)"),
        (UNKNOWN, {}, r"which truth is the column score for.*left \(2\), stayed \(1\)"),
        (ONE_SIDED, {}, "which truth is the column score for"),
        (CONTRARY, {}, "which truth is the column score for"),
        ("truth,score\n", {}, "no truth is seen yet"),
    ],
)
def test_what_cannot_be_evaluated_is_told(head: str, options: dict[str, str], message: str) -> None:
    """With what would do."""
    asked: dict[str, Any] = UNSET | options
    with pytest.raises(ValueError, match=message):
        Evaluate(
            asked
            | Evaluate.options_from_previews([InputPreview("scores.tsv", head.encode())], asked)
        )


@pytest.mark.parametrize(
    ("predicted", "options", "message"),
    [
        (LEFT, {"positive": "stayed"}, "--positive stayed: the scores are those of left, says"),
        (LEFT, {"truth": "label"}, "--truth label: this column is what was predicted"),
        (NOT_SCORES, {"kind": "classes"}, "the job that scored the input predicted numbers"),
        (NOT_SCORES, {"positive": "1"}, "--positive is for scores of classes"),
        (LEFT, {"kind": "regression"}, "--kind regression: the job .* predicted classes"),
        (LEFT, {"kind": "x"}, "--kind x: it is classes or regression"),
        (LEFT | {"score": "gone"}, {}, "--score gone: the input has no such column"),
        (LEFT, {"score": "other"}, "which truth is the column other for"),
        (LEFT | {"labels": ["a", "b"], "positive": "a"}, {}, "no record has this truth"),
    ],
)
def test_what_contradicts_the_scoring_job_is_refused(
    predicted: dict[str, Any], options: dict[str, str], message: str
) -> None:
    """Before anything runs."""
    text = b"truth,score,label,other\nleft,0.9,left,1\nstayed,0.1,stayed,2\n"
    asked: dict[str, Any] = UNSET | options
    with pytest.raises(ValueError, match=message):
        Evaluate.options_from_previews(
            [InputPreview("scores.tsv", text, predicted=predicted)], asked
        )


def test_inputs_that_were_scored_otherwise_are_not_mixed() -> None:
    """Scores of one may be for another truth than those of the other."""
    text = b"truth,score,label\nleft,0.9,left\nstayed,0.1,stayed\n"
    known = InputPreview("known.tsv", text, predicted=LEFT)
    with pytest.raises(ValueError, match=r"unknown.tsv was scored by another kind of job, or"):
        Evaluate.options_from_previews([known, InputPreview("unknown.tsv", text)], UNSET)
