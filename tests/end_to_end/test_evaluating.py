"""Evaluations of a model's own scores, whose positive class is the first by name."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.neighbors import KNeighborsClassifier

from bench.data.predictions import as_csv
from tests.conftest import Howdah

THEN = ("evaluate", "--truth", "churned")


@dataclass(frozen=True)
class Churn:
    """A model's name, its table, and what it says of the table: chances to have left."""

    name: str
    text: str
    truths: NDArray[np.str_]
    chances: NDArray[np.float64]
    labels: NDArray[np.str_]

    def check(self, told: dict[str, Any]) -> None:
        """Compare measures with scikit-learn's, of the model's own predictions."""
        left = self.truths == "left"
        assert told["positive"] == "left"
        assert told["truths"] == {"left": left.sum(), "stayed": (~left).sum()}
        assert told["accuracy"] == pytest.approx(metrics.accuracy_score(self.truths, self.labels))
        assert told["roc_auc"] == pytest.approx(metrics.roc_auc_score(left, self.chances))
        assert told["pr_auc"] == pytest.approx(metrics.average_precision_score(left, self.chances))
        names = ["stayed", "left"]
        matrix = metrics.confusion_matrix(self.truths, self.labels, labels=names).tolist()
        assert told["confusion_matrix"] == {"labels": names, "matrix": matrix}
        assert told["warnings"] == []


@pytest.fixture(scope="module")
def churn(add_model: Callable[..., str]) -> Churn:
    """Many of its chances are 0.5: it says then what the first class is, which has left."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(600, 2)).round(3)
    truths = np.where(random.random(600) < 1 / (1 + np.exp(2 * rows[:, 0])), "left", "stayed")
    model = KNeighborsClassifier(4).fit(rows[:300], truths[:300])
    name = add_model(model, "--features", "age,spend", "--positive-class", "left")
    columns: dict[str, Any] = {"age": rows[:, 0].tolist(), "spend": rows[:, 1].tolist()}
    text = as_csv(columns | {"churned": truths.tolist()})
    return Churn(name, text, truths, model.predict_proba(rows)[:, 0], model.predict(rows))


def then(howdah: Howdah, churn: Churn, *options: str, exits: int = 0) -> Any:
    """Score the table, and evaluate that."""
    (howdah.cwd / "customers.csv").write_text(churn.text)
    first = ("customers.csv", "--model", churn.name, "--runner", howdah.runner)
    return howdah("submit", *first, "--then", *THEN, *options, exits=exits)


def check_worst(path: Path, scores: Path, churn: Churn) -> None:
    """Compare the records that are furthest from their truth, and where they are said to be."""
    header, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    columns, *records = scores.read_text().splitlines(keepends=True)
    assert header == ["error", "true", *columns.split(), "file", "offset"]
    off = np.abs((churn.truths == "left") - churn.chances)
    order = np.argsort(-off, kind="stable")[:5].tolist()
    assert [row[2:-2] for row in rows] == [records[place].split() for place in order]
    assert [float(row[0]) for row in rows] == pytest.approx(off[order].tolist())
    assert {row[-2] for row in rows} == {str(scores)}
    text = scores.read_text()
    assert [text[int(row[-1]) :].split("\n")[0].split("\t") for row in rows] == [
        row[2:-2] for row in rows
    ]


def test_scores_are_evaluated_as_the_model_means_them(local: Howdah, churn: Churn) -> None:
    """The next step, the fetched file, and the same moved elsewhere: all as scikit-learn does."""
    run, *lines = then(local, churn).stdout.splitlines()
    assert f"{run}/evaluate   positive          left  the scoring job's" in lines
    local("getresults", run)
    results = local.cwd / "results" / run
    churn.check(json.loads((results / "evaluate" / "summary.json").read_text()))

    scores = results / churn.name / "scores.tsv"
    done = local.submit(scores, "--pipeline", *THEN, "--worst", 5)
    assert done["summary"]["positive_from"] == "the scoring job's"
    churn.check(done["summary"])
    check_worst(local.results(done["job"]) / "worst.tsv", scores, churn)

    shutil.copy(scores, local.cwd / "moved.tsv")
    told = local.submit("moved.tsv", "--pipeline", *THEN)["summary"]
    assert told["positive_from"] == "the label of scores above 0.5"
    churn.check(told)


def test_a_workflow_s_step_is_evaluated_too(howdah: Howdah, churn: Churn) -> None:
    """By the record of the job that it reads."""
    (howdah.cwd / "customers.csv").write_text(churn.text)
    score = f'[steps.score]\ninputs = ["customers.csv"]\nmodel = "{churn.name}"\nsplits = 3\n'
    quality = '[steps.quality]\ninputs = ["@score"]\npipeline = "evaluate"\ntruth = "churned"\n'
    (howdah.cwd / "w.toml").write_text(score + quality)
    done = howdah("submit", "--workflow", "w.toml", "--runner", howdah.runner, "--json")
    churn.check(json.loads(done.stdout)["steps"]["quality"]["summary"])


def test_another_positive_truth_than_the_model_s_is_refused(local: Howdah, churn: Churn) -> None:
    """Before anything is scored."""
    done = then(local, churn, "--positive", "stayed", exits=2)
    assert "step evaluate: --positive stayed: the scores are those of left" in done.stderr
    assert not list(local.state.glob("jobs/*/job.json"))


def test_an_evaluation_of_nothing_fails(local: Howdah, churn: Churn) -> None:
    """With what was seen, at the end of the job and when it is fetched."""
    late = "no,0.1\n" * 100_000 + "yes,0.7\n"  # more than is looked at before
    (local.cwd / "scores.csv").write_text("truth,score\n" + late)
    given = ("--pipeline", "evaluate", "--truth", "truth", "--positive", "yess")
    done = local("submit", "scores.csv", *given, "--runner", "local", exits=2)
    why = "--positive yess: no record has this truth; truths seen: no (100,000), yes (1)"
    assert why in done.stderr
    assert "accuracy" not in done.stdout
    assert why in local("getresults", "-o", "fetched", exits=2).stderr
    assert (local.cwd / "fetched" / "rejected.tsv").exists()
    run = then(local, churn, "--positive", "yess", exits=2).stdout.split()[0]
    assert "no record has this truth" in local("submit", "--resume", run, exits=2).stderr


def test_doubts_are_printed(local: Howdah) -> None:
    """Where scores seem to be those of the other truth."""
    path: Path = local.cwd / "scores.csv"
    path.write_text("truth,score\nno,0.9\nyes,0.1\n")
    given = ("--pipeline", "evaluate", "--truth", "truth")
    lines = local("submit", path, *given, "--runner", "local").stdout.splitlines()
    assert "  positive           yes  by convention" in lines
    assert lines[-1] == (
        "  warning   ROC AUC 0 is below 0.5: are the scores those of no? --positive no"
    )
