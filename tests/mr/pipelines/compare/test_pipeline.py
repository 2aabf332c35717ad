"""Models compared, against their own jobs and scikit-learn on the same records."""

import shutil
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from scipy import stats
from sklearn import metrics
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from bench.data.predictions import as_csv, as_json_lines
from mr.counting.tally import InputPreview
from mr.models.manifest import Manifest, read_manifest
from mr.pipelines.compare.assignment import Assignment
from mr.pipelines.compare.models import common_options
from mr.pipelines.compare.pipeline import Compare
from mr.spec import MODEL_FILE, Spec
from mr.summary import finish
from tests.mr.conftest import Scored, run_tasks, write_manifest
from tests.mr.small_models import like

ROWS = 3000
UNSET = {"models": "one,two", "weights": "", "id": "", "truth": "", "threshold": ""}
TABLE = {"format": "csv", "delimiter": ",", "header": True}
COLUMNS = ("id", "a", "b", "c", "truth")
FEATURES = {"one": ("a", "b"), "two": ("c", "a")}


def table(labels: tuple[str, ...]) -> dict[str, list[Any]]:
    """Numbers with one decimal, so that some scores are equal, and a label that they hint at."""
    random = np.random.default_rng(5)
    columns = {name: random.normal(size=ROWS).round(1) for name in "abc"}
    hint = columns["a"] + columns["b"] / 2 + random.normal(size=ROWS)
    places = np.searchsorted(np.quantile(hint, np.arange(1, len(labels)) / len(labels)), hint)
    numbers = {name: column.tolist() for name, column in columns.items()}
    ids = [f"customer {number % 2500}" for number in range(ROWS)]
    return {"id": ids} | numbers | {"truth": [labels[place] for place in places.tolist()]}


class Case:
    """Two models of the same table, in a folder as tasks have it."""

    def __init__(self, folder: Path, models: dict[str, Any], labels: tuple[str, ...]) -> None:
        self.folder, self.models, self.labels = folder, models, labels
        self.columns = table(labels or ("x",))
        self.manifests: dict[str, Manifest] = {}
        for name, model in models.items():
            rows = self.rows(name)
            target = self.columns["truth"] if labels else self.columns["b"]
            self._add(name, model.fit(rows, target), features=list(FEATURES[name]))

    def _add(self, name: str, model: Any, **stated: Any) -> None:
        home = self.folder / name
        home.mkdir()
        joblib.dump(model, home / "model.joblib")
        kind = {0: "regression", 2: "binary"}.get(len(self.labels), "classes")
        score = "predict_proba" if self.labels else "predict"
        stated["refuses_missing"] = stated["features"]
        stated |= {"name": name, "kind": kind, "score": score, "labels": list(self.labels)}
        write_manifest(home, "model.joblib", **stated)
        for path in home.iterdir():
            shutil.copy(path, self.folder / f"{name}.{path.name}")
        self.manifests[name] = read_manifest(home / MODEL_FILE)

    def rows(self, name: str) -> Any:
        return np.column_stack([self.columns[feature] for feature in FEATURES[name]])

    def options(self, **asked: Any) -> dict[str, Any]:
        options = UNSET | TABLE | {"columns": list(COLUMNS)} | asked
        options |= common_options(list(self.manifests.values()))
        return options | Compare.options_from_previews([], options)

    def run(self, text: str = "", *, splits: int = 1, **asked: Any) -> tuple[Scored, Any]:
        """Compare the models; also what the job's report is."""
        source = self.folder / "customers.csv"
        source.write_text(text or as_csv(self.columns))
        options = self.options(**asked)
        headers = [source.name] if options["header"] else []
        done = run_tasks(Spec("compare", headers, options=options), source, splits, self.folder)
        return done, Compare(options).conclude(done.partial)

    def alone(self, name: str) -> Scored:
        """The model's own job."""
        source = self.folder / "customers.csv"
        options = TABLE | {"columns": list(COLUMNS)}
        return run_tasks(
            Spec("tabular", [source.name], options=options), source, 1, self.folder / name
        )


@pytest.fixture
def two(tmp_path: Path) -> Case:
    """Models of two classes."""
    forest = RandomForestClassifier(10, max_depth=3, random_state=0)
    return Case(tmp_path, {"one": LogisticRegression(), "two": forest}, ("left", "stayed"))


@pytest.fixture
def three(tmp_path: Path) -> Case:
    """Models of three classes."""
    tree = DecisionTreeClassifier(max_depth=4)
    return Case(tmp_path, {"one": LogisticRegression(), "two": tree}, ("low", "mid", "top"))


@pytest.mark.parametrize("asked", [{}, {"weights": "1,1", "id": "id"}], ids=["all", "one each"])
def test_columns_that_are_kept(two: Case, asked: dict[str, str]) -> None:
    """Those that were asked for, in that order, or none, stand before the same predictions."""
    lines = [line.split(b"\t") for line in two.run(**asked)[0].scores.splitlines()]
    width = len(COLUMNS)
    for keep in (["truth", "id"], ["b"], []):
        kept, _ = two.run(keep=keep, **asked)
        places = [COLUMNS.index(name) for name in keep]
        wanted = [[line[place] for place in places] + line[width:] for line in lines]
        assert kept.scores == b"".join(b"\t".join(line) + b"\n" for line in wanted)


def close(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("splits", [1, 3])
def test_every_model_scores_every_record(two: Case, splits: int) -> None:
    """With the digits, the labels and the summary of its own job."""
    done, report = two.run(splits=splits)
    assert done.partial["scored"] == ROWS
    assert Compare(two.options()).header() == (
        *COLUMNS, "score_one", "label_one", "score_two", "label_two"
    )  # fmt: skip
    own = {name: two.alone(name) for name in two.models}
    assert [row[:7] for row in done.rows] == own["one"].rows
    assert [row[:5] + row[7:] for row in done.rows] == own["two"].rows
    for name, told in report.summary["models"].items():
        wanted = finish(own[name].partial, 6)
        assert told["labels"] == wanted["labels"]
        assert told["score"] == wanted["score"]
        assert [entry["record"] for entry in told["highest"]] == [
            entry["record"] for entry in wanted["highest"]
        ]


def test_agreement_is_scikit_learns_and_numpys(two: Case) -> None:
    """Labels against labels, scores against scores; and the records where they differ most."""
    done, report = two.run(splits=2)
    (pair,) = report.summary["pairs"]
    labels = [model.predict(two.rows(name)) for name, model in two.models.items()]
    assert (pair["models"], pair["labels"]) == (["one", "two"], ["left", "stayed"])
    assert pair["matrix"] == metrics.confusion_matrix(*labels).tolist()
    assert pair["agreed"] == metrics.accuracy_score(*labels, normalize=False)
    one, other = (np.array([float(row[place]) for row in done.rows]) for place in (5, 7))
    assert pair["correlation"] == close(np.corrcoef(one, other)[0, 1])
    assert pair["mean_absolute_difference"] == close(np.abs(one - other).mean())
    order = np.argsort(-np.abs(one - other).round(6), kind="stable")[:10].tolist()
    assert [entry["record"] for entry in pair["most_different"]] == [
        "\t".join(done.rows[row][:5]) for row in order
    ]
    assert [entry["scores"] for entry in pair["most_different"]] == [
        [one[row], other[row]] for row in order
    ]
    assert "comparison.tsv" not in report.tables


@pytest.mark.parametrize("write", [as_csv, as_json_lines])
def test_two_classes_are_measured_as_scikit_learn_does(
    two: Case, write: Callable[..., str]
) -> None:
    """Each model's, and whether the difference in accuracy is chance."""
    text = {"format": "csv"} if write is as_csv else {"format": "json", "header": False}
    _, report = two.run(write(two.columns), splits=3, truth="truth", **text)
    truth = np.array(two.columns["truth"])
    right = {}
    for name, model in two.models.items():
        told = report.summary["models"][name]["evaluation"]
        given, chances = model.predict(two.rows(name)), model.predict_proba(two.rows(name))[:, 1]
        right[name] = given == truth
        assert told["confusion_matrix"]["matrix"] == metrics.confusion_matrix(truth, given).tolist()
        assert told["f1"] == close(metrics.f1_score(truth, given, pos_label="stayed"))
        area = metrics.roc_auc_score(truth == "stayed", chances)
        assert told["roc_auc"] == close(area)
        assert told["log_loss"] == close(metrics.log_loss(truth == "stayed", chances))
    (pair,) = report.summary["pairs"]
    only = [int((right["one"] & ~right["two"]).sum()), int((right["two"] & ~right["one"]).sum())]
    assert pair["mcnemar"]["only_right"] == only
    assert pair["mcnemar"]["p_value"] == close(stats.binomtest(only[0], sum(only)).pvalue)
    rows = {row[0]: row[1:] for row in report.tables["comparison.tsv"].rows}
    assert report.tables["comparison.tsv"].columns == ["measure", "one", "two"]
    assert rows["records"] == (ROWS, ROWS)
    assert rows["accuracy"] == (right["one"].mean(), right["two"].mean())


def test_many_classes_are_compared(three: Case) -> None:
    """By the likeliest label and its score."""
    done, report = three.run(splits=2, truth="truth")
    truth = three.columns["truth"]
    for place, (name, model) in zip((5, 7), three.models.items(), strict=True):
        own = [[float(cell) for cell in row[6:]] for row in three.alone(name).rows]
        given = model.predict(three.rows(name)).tolist()
        assert [row[place + 1] for row in done.rows] == given
        assert [float(row[place]) for row in done.rows] == [max(cells) for cells in own]
        told = report.summary["models"][name]["evaluation"]
        assert told["accuracy"] == close(metrics.accuracy_score(truth, given))
        for column, label in enumerate(three.labels):
            of_class = np.array(truth) == label
            chances = model.predict_proba(three.rows(name))[:, column]
            area = metrics.roc_auc_score(of_class, chances)
            assert told["classes"][label]["roc_auc"] == close(area)
    assert len(report.summary["pairs"][0]["matrix"]) == 3


def test_regressions_are_compared(tmp_path: Path) -> None:
    """By their scores alone."""
    models = {"one": LinearRegression(), "two": DecisionTreeRegressor(max_depth=4)}
    case = Case(tmp_path, models, ())
    done, report = case.run()
    assert Compare(case.options()).header()[5:] == ("score_one", "score_two")
    found = np.array([[float(cell) for cell in row[5:]] for row in done.rows])
    wanted = [model.predict(case.rows(name)) for name, model in models.items()]
    np.testing.assert_allclose(found.T, wanted, atol=1e-6)
    (pair,) = report.summary["pairs"]
    assert pair["correlation"] == close(np.corrcoef(found.T)[0, 1])
    assert "matrix" not in pair


def met(identity: str, share: float) -> int:
    digest = blake2b(identity.encode(), digest_size=8).digest()
    return int(int.from_bytes(digest) / 2**64 >= share)


@pytest.mark.parametrize("splits", [1, 3])
def test_each_record_meets_one_model(two: Case, splits: int) -> None:
    """By its id; it gets that model's own score, and the accuracies are compared."""
    asked = {"weights": "70,30", "id": "id", "truth": "truth"}
    done, report = two.run(splits=splits, **asked)
    assert Compare(two.options(**asked)).header()[5:] == ("model", "score", "label")
    own = [two.alone(name).rows for name in two.models]
    choice = [met(identity, 0.7) for identity in two.columns["id"]]
    assert done.rows == [
        [*own[place][row][:5], ("one", "two")[place], *own[place][row][5:]]
        for row, place in enumerate(choice)
    ]
    told = report.summary["models"]
    assert [told[name]["scored"] for name in told] == [choice.count(0), choice.count(1)]
    right = [0, 0]
    for row, place in enumerate(choice):
        right[place] += own[place][row][6] == two.columns["truth"][row]
    (pair,) = report.summary["pairs"]
    wrong = [choice.count(place) - right[place] for place in (0, 1)]
    wanted = stats.chi2_contingency([right, wrong], correction=False)
    assert pair["two_proportions"]["right"] == right
    assert pair["two_proportions"]["p_value"] == close(wanted.pvalue)


def test_shares_are_the_same_everywhere() -> None:
    """``printf %s 17 | b2sum -l 64`` says 20…: the first quarter. A larger share keeps its ids."""
    ids = [str(number).encode() for number in range(10_000)]
    quarters = Assignment([1, 1, 1, 1]).of(ids)
    assert np.bincount(quarters) == pytest.approx(np.full(4, 2500), rel=0.05)
    assert [int(quarters[number]) for number in (0, 1, 17)] == [2, 3, 0]
    small, large = Assignment([10, 90]).of(ids), Assignment([2, 8]).of(ids)
    assert (large[small == 0] == 0).all()
    assert (Assignment([20, 80]).of(ids) == large).all()


def test_texts_are_compared(tmp_path: Path) -> None:
    """A text is its own id."""
    texts = [f"{word} and {other}" for word in ("good", "bad", "odd") for other in "abcdefgh"]
    for name, limit in (("one", 1.0), ("two", 0.01)):
        vectorizer = CountVectorizer()
        rows = vectorizer.fit_transform(texts)
        model = LogisticRegression(C=limit).fit(rows, ["bad" in text for text in texts])
        for part, thing in (("vectorizer", vectorizer), ("model", model)):
            joblib.dump(thing, tmp_path / f"{part}.joblib")
        files = ("vectorizer.joblib", "model.joblib")
        write_manifest(tmp_path, *files, name=name, pipeline="moderation", kind="binary",
                       labels=["fine", "bad"])  # fmt: skip
        for file in (*files, MODEL_FILE):
            (tmp_path / file).rename(tmp_path / f"{name}.{file}")
    source = tmp_path / "texts.txt"
    source.write_text("".join(f"{text}\n" for text in texts))
    manifests = [read_manifest(tmp_path / f"{name}.{MODEL_FILE}") for name in ("one", "two")]
    options = (
        UNSET | {"columns": ["text"], "format": "", "delimiter": ""} | common_options(manifests)
    )
    rows = run_tasks(Spec("compare", options=options), source, 2, tmp_path).rows
    assert [row[0] for row in rows] == texts
    spec = Spec("compare", options=options | {"weights": "1,1"})
    split = run_tasks(spec, source, 2, tmp_path).rows
    places = [met(text, 0.5) for text in texts]
    assert split == [
        [row[0], ("one", "two")[place], *row[1 + 2 * place : 3 + 2 * place]]
        for row, place in zip(rows, places, strict=True)
    ]


def test_another_threshold_is_that_of_all_models(two: Case) -> None:
    """Labels, agreement and measures follow it."""
    done, report = two.run(threshold="0.8", truth="truth")
    for place, name in ((5, "one"), (7, "two")):
        above = two.models[name].predict_proba(two.rows(name))[:, 1] > 0.8
        assert [row[place + 1] == "stayed" for row in done.rows] == above.tolist()
        told = report.summary["models"][name]["evaluation"]
        assert told["threshold"] == 0.8
        assert sum(row[1] for row in told["confusion_matrix"]["matrix"]) == above.sum()


@pytest.mark.parametrize("threshold", ["high", "nan", "inf"])
def test_a_threshold_is_a_finite_number(two: Case, threshold: str) -> None:
    """Anything else is refused before a job is made of it."""
    with pytest.raises(ValueError, match=f"--threshold {threshold}: it is a number"):
        two.run(threshold=threshold)


@pytest.mark.parametrize("kind", ["labels", "outliers", "clusters", "several"])
def test_kinds_without_a_score_of_their_label_are_not_compared(
    kind: str, manifest: Manifest
) -> None:
    """It is said which model it is, and what can be."""
    other = like(manifest, name="other", kind=kind)
    with pytest.raises(ValueError, match=f"model other can't be compared: its .* {kind}, and"):
        common_options([manifest, other])


def test_records_that_cannot_be_compared_are_rejected(three: Case) -> None:
    """By all models, by one of them, or for their truth."""
    lines = ["id,a,b,c,truth", "1,1,,1,low", "2,1,1", "3,1,1,1,", "4,1,1,1,huge", "5,x,1,1,mid"]
    lines += ["6,1,1,1, nan"]
    done, report = three.run("\n".join([*lines, "7,1,1,1, top", ""]), truth="truth")
    assert done.reasons == [
        "column b: a missing value: model one",
        "column c: missing: 3 of 5 fields",
        "column truth: a missing value",
        "column truth: not a label of the models: huge",
        "column a: not a number: 'x'",
        "column truth: a missing value",
    ]
    assert [row[0] for row in done.rows] == ["7"]
    assert report.summary["models"]["two"]["evaluation"]["records"] == 1


def test_nothing_but_rejects_is_reported(three: Case) -> None:
    """Measures of no records."""
    done, report = three.run("id,a,b,c,truth\n1,x,1,1,low\n", truth="truth")
    (pair,) = report.summary["pairs"]
    accuracy = report.summary["models"]["one"]["evaluation"]["accuracy"]
    assert (done.partial["scored"], accuracy) == (0, None)
    assert (pair["correlation"], pair["mcnemar"]["p_value"]) == (None, 1.0)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"kind": "regression"}, "models small and other can't be compared: kind binary and reg"),
        ({"labels": ("no", "maybe")}, "labels"),
        ({"positive": 0}, "positive 1 and 0"),
        ({"decimals": 3}, "decimals 6 and 3"),
        ({"pipeline": "moderation"}, "pipeline tabular and moderation"),
    ],
)
def test_models_that_cannot_be_compared_are_told(
    manifest: Manifest, stated: dict[str, Any], message: str
) -> None:
    """With what sets them apart."""
    with pytest.raises(ValueError, match=message):
        common_options([manifest, like(manifest, name="other", **stated)])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"weights": "90,10"}, "--weights needs --id COLUMN; the input has a, b"),
        ({"id": "a"}, "--id says who meets which model"),
        ({"weights": "90", "id": "a"}, "it is a whole number above 0 for each of one, two"),
        ({"weights": "1,0", "id": "a"}, "it is a whole number above 0"),
        ({"weights": "1,1", "id": "z"}, "--id z: there is no such column; the input has a, b"),
        ({"truth": "z"}, "--truth z: there is no such column"),
        ({"truth": "a", "format": ""}, "the input has text alone"),
        ({"truth": "a", "labels": []}, "--truth is compared with labels"),
        ({"threshold": "x"}, "--threshold x: it is a number"),
        ({"threshold": "0", "kind": "classes"}, "--threshold is for models of two classes"),
    ],
)
def test_options_that_mean_nothing_are_told(
    manifest: Manifest, asked: dict[str, Any], message: str
) -> None:
    """With what would."""
    options = UNSET | TABLE | {"columns": ["a", "b"]} | common_options([manifest, manifest]) | asked
    with pytest.raises(ValueError, match=message):
        Compare(
            options | Compare.options_from_previews([InputPreview("customers.csv", b"")], options)
        )
