"""What a record gets is what its model says, of every kind; or the model's fault is named."""

import warnings
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.cluster import KMeans, MeanShift
from sklearn.ensemble import IsolationForest, RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from mr.models.manifest import Manifest, ModelFault
from mr.scoring.format import Layout, format_lines, prediction_columns
from mr.scoring.label_rules import labels_rule
from mr.scoring.predict import check_classes, predict_rows
from tests.mr.small_models import like

RANDOM = np.random.default_rng(2)
ROWS = RANDOM.normal(size=(300, 4)).round(2)
YES_NO = np.column_stack([ROWS[:, 0] > 0, ROWS[:, 1] + ROWS[:, 2] > 0.5, ROWS[:, 3] > 1]) * 1
MIXED = np.column_stack([
    np.where(ROWS[:, 0] > 0, "left", "stayed"),
    np.array(["low", "mid", "high"])[np.digitize(ROWS[:, 1], [-0.5, 0.5])],
])  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def scored(model: Any, manifest: Manifest, rows: Any = ROWS) -> list[dict[str, str]]:
    """The lines that a job would write of ``rows``, by column."""
    check_classes(model, manifest)
    prediction = predict_rows(model, manifest, rows)
    fields = [b"-"] * (rows.shape[0] if hasattr(rows, "shape") else len(rows))
    lines = format_lines(Layout.PREDICTION_LAST, fields, prediction, manifest)
    cells = [line.split("\t")[1:] for line in lines.decode().splitlines()]
    return [dict(zip(prediction_columns(manifest), line, strict=True)) for line in cells]


def column(found: list[dict[str, str]], name: str) -> list[str]:
    return [line[name] for line in found]


def written(values: Any) -> list[str]:
    return [f"{value:.6f}".replace("-0.000000", "0.000000") for value in np.ravel(values)]


def test_a_binary_score_is_that_of_the_positive_label(manifest: Manifest) -> None:
    """Of the first class, too; and the label stays predict's."""
    model = LogisticRegression().fit(ROWS, MIXED[:, 0])
    stated = like(manifest, labels=("left", "stayed"), positive=0, labels_from="near")
    found = scored(model, stated)
    assert column(found, "score") == written(model.predict_proba(ROWS)[:, 0])
    assert column(found, "label") == model.predict(ROWS).tolist()


def test_a_decision_for_the_first_label_is_turned_around(manifest: Manifest) -> None:
    """What is above 0 for the second class is below it for the first."""
    model = LinearSVC().fit(ROWS, MIXED[:, 0])
    stated = like(manifest, labels=("left", "stayed"), positive=0, score="decision_function")
    found = scored(model, stated)
    assert column(found, "score") == written(-model.decision_function(ROWS))
    assert column(found, "label") == model.predict(ROWS).tolist()


def test_labels_alone_are_predicts(manifest: Manifest) -> None:
    """Hard voting has no scores; those of an SVM's pairs belong to no class."""
    voting = VotingClassifier([("nb", GaussianNB()), ("tree", DecisionTreeClassifier())])
    for model in (voting, SVC(decision_function_shape="ovo")):
        model.fit(ROWS, MIXED[:, 1])
        stated = like(manifest, kind="labels", score="", labels=("high", "low", "mid"))
        found = scored(model, stated)
        assert found == [{"label": label} for label in model.predict(ROWS)]


def test_a_regression_of_one_column_is_a_regression(manifest: Manifest) -> None:
    """Fitted with y of shape (n, 1), it answers in that shape."""
    model = LinearRegression().fit(ROWS, ROWS[:, :1] * 3)
    assert model.predict(ROWS).shape == (300, 1)
    stated = like(manifest, kind="regression", score="predict", labels=())
    assert column(scored(model, stated), "score") == written(model.predict(ROWS))


@pytest.mark.parametrize("model", [IsolationForest(random_state=0), OneClassSVM()], ids=repr)
def test_outliers_are_anomalies_with_their_own_score(model: Any, manifest: Manifest) -> None:
    """-1 is an anomaly, 1 is normal; the score is the detector's, low where it is odd."""
    model.fit(ROWS)
    stated = like(manifest, kind="outliers", score="score_samples", labels=())
    found = scored(model, stated)
    assert list(found[0]) == ["score", "label"]
    assert column(found, "score") == written(model.score_samples(ROWS))
    words = {-1: "anomaly", 1: "normal"}
    assert column(found, "label") == [words[value] for value in model.predict(ROWS).tolist()]
    assert {"anomaly", "normal"} == set(column(found, "label"))


def test_a_cluster_has_its_number_and_a_distance(manifest: Manifest) -> None:
    """That to the nearest centre."""
    model = make_pipeline(StandardScaler(), KMeans(12, n_init=1, random_state=0)).fit(ROWS)
    found = scored(model, like(manifest, kind="clusters", score="transform", labels=()))
    assert column(found, "cluster") == list(map(str, model.predict(ROWS)))
    assert column(found, "distance") == written(model.transform(ROWS).min(axis=1))


def test_clusters_without_centres_have_a_number_alone(manifest: Manifest) -> None:
    """As predict gives it."""
    model = MeanShift(bandwidth=1.0).fit(ROWS)
    found = scored(model, like(manifest, kind="clusters", score="", labels=()))
    assert found == [{"cluster": str(number)} for number in model.predict(ROWS)]


def several(manifest: Manifest, targets: Any, model: Any, score: str = "predict_proba") -> Manifest:
    """The manifest of a model with an output for each column of ``targets``."""
    return like(
        manifest,
        kind="several",
        score=score,
        labels=(),
        labels_from=labels_rule(model),
        outputs=tuple("abc")[: targets.shape[1]],
        output_labels=tuple(tuple(map(str, np.unique(target))) for target in targets.T),
    )


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(4, random_state=0),
        DecisionTreeClassifier(max_depth=2),
        KNeighborsClassifier(4),
        MultiOutputClassifier(LogisticRegression()),
        make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=20, random_state=0)),
        OneVsRestClassifier(LogisticRegression()),
        ClassifierChain(LogisticRegression(), order=[2, 0, 1]),
    ],
    ids=repr,
)
def test_each_of_several_labels_has_its_chance(model: Any, manifest: Manifest) -> None:
    """However a model tells of them: a list of tables, or a table of the second labels'."""
    model.fit(ROWS, YES_NO)
    found = scored(model, several(manifest, YES_NO, model))
    assert list(found[0]) == ["label_a", "score_a", "label_b", "score_b", "label_c", "score_c"]
    chances = model.predict_proba(ROWS)
    for place, name in enumerate("abc"):
        own = chances[place][:, 1] if isinstance(chances, list) else chances[:, place]
        assert column(found, f"score_{name}") == written(own)
        wanted = [str(int(label)) for label in model.predict(ROWS)[:, place]]
        assert column(found, f"label_{name}") == wanted


@pytest.mark.parametrize("model", [RidgeClassifier(), OneVsRestClassifier(LinearSVC())], ids=repr)
def test_several_decisions_are_scores(model: Any, manifest: Manifest) -> None:
    """Where there are no chances."""
    model.fit(ROWS, YES_NO)
    found = scored(model, several(manifest, YES_NO, model, "decision_function"))
    decisions, labels = model.decision_function(ROWS), model.predict(ROWS)
    for place, name in enumerate("abc"):
        assert column(found, f"score_{name}") == written(decisions[:, place])
        assert column(found, f"label_{name}") == list(map(str, labels[:, place]))


@pytest.mark.parametrize(
    "model",
    [RandomForestClassifier(4, random_state=0), KNeighborsClassifier(4),
     MultiOutputClassifier(GaussianNB())],
    ids=repr,
)  # fmt: skip
def test_outputs_of_more_classes_have_a_score_for_each(model: Any, manifest: Manifest) -> None:
    """Beside those of two."""
    model.fit(ROWS, MIXED)
    found = scored(model, several(manifest, MIXED, model))
    scores = ["score_b_high", "score_b_low", "score_b_mid"]
    assert list(found[0]) == ["label_a", "score_a", "label_b", *scores]
    two, three = model.predict_proba(ROWS)
    assert column(found, "score_a") == written(two[:, 1])
    assert [[line[name] for name in scores] for line in found] == [written(row) for row in three]
    labels = [[line["label_a"], line["label_b"]] for line in found]
    assert labels == model.predict(ROWS).tolist()


def test_outputs_without_scores_have_labels_alone(manifest: Manifest) -> None:
    """As predict gives them."""
    model = MultiOutputClassifier(SVC()).fit(ROWS, MIXED)
    found = scored(model, several(manifest, MIXED, model, score=""))
    labels = [dict(zip(("label_a", "label_b"), row, strict=True)) for row in model.predict(ROWS)]
    assert found == labels


@pytest.mark.parametrize("model", [LinearRegression(), DecisionTreeRegressor()], ids=repr)
def test_several_numbers_are_a_score_each(model: Any, manifest: Manifest) -> None:
    """A regression of several outputs."""
    model.fit(ROWS, ROWS[:, :2] * 2)
    stated = like(
        manifest, kind="several", score="predict", labels=(), labels_from="predict",
        outputs=("a", "b"), output_labels=((), ()),
    )  # fmt: skip
    found = scored(model, stated)
    for place, name in enumerate("ab"):
        assert column(found, f"score_{name}") == written(model.predict(ROWS)[:, place])


def test_a_record_with_one_bad_number_is_not_valid(manifest: Manifest) -> None:
    """In whichever output it is."""

    class Odd:
        def predict(self, rows: Any) -> Any:
            return np.column_stack([rows[:, 0], np.where(rows[:, 0] == 2, np.nan, 1.0)])

    stated = like(
        manifest, kind="several", score="predict", labels=(),
        outputs=("a", "b"), output_labels=((), ()),
    )  # fmt: skip
    prediction = predict_rows(Odd(), stated, np.array([[1.0], [2.0], [3.0]]))
    assert prediction.valid.tolist() == [True, False, True]


TEXTS = [f"{word} {other}" for word in ("good", "bad", "odd", "fine") for other in "abcdefgh"]


@pytest.mark.parametrize(
    "last",
    [LogisticRegression(), MLPClassifier((9, 5), max_iter=9, random_state=0)],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.parametrize("make", [list, pandas.Series], ids=["list", "series"])
def test_a_texts_bits_depend_on_nothing_but_the_text(
    last: Any, make: Any, manifest: Manifest
) -> None:
    """Alone or among many; in a model that goes on with dense rows, too."""
    model = make_pipeline(TfidfVectorizer(token_pattern=r"\w+"), last)
    texts = [f"{text} {number}" for number in range(20) for text in TEXTS]
    model.fit(texts, ["bad" in text for text in texts])
    stated = like(manifest, labels=("False", "True"), decimals=17)

    def scores(some: list[str]) -> list[int]:
        found = predict_rows(model, stated, make(some)).scores
        assert found is not None
        return [int(score) for score in found]

    whole = scores(texts)
    for start, end in [(0, 1), (4, 9), (63, 300), (1, 640)]:
        assert scores(texts[start:end]) == whole[start:end]


def test_records_are_dictionaries(manifest: Manifest) -> None:
    """A list of them is asked as it is; ties are asked again."""
    records = [{"city": city, "size": size} for city in ("Bern", "Chur") for size in (1, 2, 3)]
    target = np.array([0, 1, 0, 1, 0, 1])
    model = make_pipeline(DictVectorizer(sparse=False), KNeighborsClassifier(2))
    model.fit(records, target)
    found = scored(model, like(manifest, labels=("0", "1"), labels_from="near"), records)
    assert column(found, "label") == list(map(str, model.predict(records)))
    assert "0.500000" in column(found, "score")


class Liar:
    """Gives what it was told to."""

    def __init__(self, classes: Any = ("no", "yes"), **answers: Any) -> None:
        self.classes_ = np.array(classes)
        for method, answer in answers.items():
            setattr(self, method, lambda rows, answer=answer: answer(len(rows)))


def table(width: int) -> Any:
    return lambda rows: np.full((rows, width), 1 / width)


@pytest.mark.parametrize(
    ("model", "kind", "says"),
    [
        (Liar(predict_proba=lambda rows: table(2)(rows - 1)), "binary",
         "predict_proba gave 2047 predictions for 2048 records"),
        (Liar(predict_proba=lambda _: 0.5), "binary", "predict_proba gave 1 predictions for"),
        (Liar(predict_proba=table(3)), "binary", r"an array of \(2, 3\) where \(2, 2\)"),
        (Liar(predict_proba=table(1)), "binary", r"an array of \(2, 1\) where \(2, 2\)"),
        (Liar(predict_proba=table(3)), "classes", r"an array of \(2, 3\) where \(2, 2\)"),
        (Liar(predict_proba=lambda rows: np.full((rows, 2), "high")), "binary",
         "'high'.* where a number is promised"),
        (Liar(predict=lambda rows: ["perhaps"] * rows), "labels",
         "predict gave perhaps, which is none of its labels"),
        (Liar(predict=lambda rows: table(2)(rows)), "labels", "where one label is promised"),
        (Liar(("a", "b", "c"), predict=lambda rows: ["a"] * rows), "labels", "3 classes, not 2"),
        (Liar(predict=lambda rows: [0] * rows), "outliers", "predict gave 0, which is none"),
        (Liar(predict=lambda rows: [0.5] * rows), "clusters", "no cluster's number"),
        (Liar(predict=table(2)), "regression", r"\(2, 2\) where \(2,\) is promised"),
    ],
)  # fmt: skip
def test_what_breaks_the_manifests_promise_is_the_models_fault(
    model: Any, kind: str, says: str, manifest: Manifest
) -> None:
    """Not a record's: the number of answers, their shape, their labels."""
    score = {"binary": "predict_proba", "classes": "predict_proba", "regression": "predict"}
    stated = like(manifest, kind=kind, score=score.get(kind, ""))
    with pytest.raises(ModelFault, match=f"model small: .*{says}"):
        predict_rows(model, stated, np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Liar(predict_proba=lambda rows: [table(2)(rows)], predict=table(2)),
         "tells of 1 outputs"),
        (Liar(predict_proba=table(3), predict=lambda rows: np.full((rows, 2), 1)),
         r"\(2, 3\) where \(2, 2\)"),
        (Liar(predict_proba=table(2), predict=table(3)), "where 2 outputs are promised"),
        (Liar(predict_proba=table(2), predict=lambda rows: np.full((rows, 2), 7)),
         "predict gave 7"),
        (Liar(predict_proba=lambda rows: [table(2)(rows), table(3)(rows)],
              predict=lambda rows: np.full((rows, 2), "1")), r"\(2, 3\) where \(2, 2\)"),
    ],
)  # fmt: skip
def test_of_several_outputs_so_it_is(model: Any, says: str, manifest: Manifest) -> None:
    """Their number, and each one's classes."""
    stated = like(
        manifest, kind="several", labels=(), labels_from="predict",
        outputs=("a", "b"), output_labels=(("0", "1"), ("0", "1")),
    )  # fmt: skip
    with pytest.raises(ModelFault, match=says):
        predict_rows(model, stated, np.zeros((2, 2)))


def test_other_classes_than_the_manifests_are_a_fault(manifest: Manifest) -> None:
    """Found when the model is loaded; of several outputs, in their order."""
    model = LogisticRegression().fit(ROWS, MIXED[:, 0])
    with pytest.raises(ModelFault, match=r"classes \['left', 'stayed'\].*states \['no', 'yes'\]"):
        check_classes(model, manifest)
    forest = RandomForestClassifier(2).fit(ROWS, MIXED)
    check_classes(forest, several(manifest, MIXED, forest))
    with pytest.raises(ModelFault, match="its manifest states"):
        check_classes(forest, several(manifest, MIXED[:, ::-1], forest))


@pytest.mark.parametrize(
    ("module", "booster", "calls"),
    [
        ("xgboost.sklearn", None, [3000]),
        ("xgboost.sklearn", "gblinear", [2048, 2048]),
        ("lightgbm.sklearn", None, [3000]),
        ("anything.else", None, [2048, 2048]),
    ],
)
def test_boosted_trees_get_all_rows_in_one_call(
    manifest: Manifest, module: str, booster: str | None, calls: list[int]
) -> None:
    """By their classes' module, since Howdah has none of these libraries; others get shapes that
    are equal."""
    found: list[int] = []

    class Counting:
        __module__ = module
        classes_ = np.array(["no", "yes"])

        def predict_proba(self, rows: Any) -> Any:
            found.append(len(rows))
            return np.full((len(rows), 2), 0.5)

    model = Counting()
    model.booster = booster  # type: ignore[attr-defined]
    predict_rows(model, like(manifest, labels_from="score"), np.zeros((3000, 2)))
    assert found == calls
