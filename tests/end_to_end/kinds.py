"""Models of the kinds that people have, each with a table and with its own word on that table.

They are trained on pandas' frames, as in a notebook, and carry nothing of the tests.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import Birch, KMeans, MeanShift
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
)
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import LocalOutlierFactor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, LinearSVC, NuSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier

__all__ = ["KINDS", "Kind"]

TRAINED, SCORED = 400, 60
# of those that are fitted on arrays, one of each kind of predictions
WITH_SAMPLE = frozenset(
    ("one against one", "broken ties", "linear", "forest of two", "chain", "two numbers",
     "transformed target", "isolation", "k-means", "mean shift")
)  # fmt: skip
Columns = dict[str, Any]
Ask = Callable[[Any, pd.DataFrame], Columns]


@dataclass(frozen=True)
class Kind:
    """``model`` is to be fitted on ``given`` and ``target``; ``table`` are records to be scored;
    ``expected`` gives the columns that the model's own methods say; ``arguments``: what
    ``bin/models add`` has to be told, ``sample`` whether the table is given with them."""

    name: str
    model: Any
    given: Any
    target: Any
    table: pd.DataFrame
    expected: Ask
    arguments: tuple[str, ...] = ()
    sample: bool = True

    def fitted(self) -> Any:
        """The model, trained."""
        return self.model.fit(self.given, self.target)


def people() -> pd.DataFrame:
    """Customers: numbers, integers, truths, texts; some of what they do depends on them."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "age": rng.integers(18, 80, TRAINED),
            "income": rng.normal(40_000, 9_000, TRAINED).round(1),
            "city": rng.choice(["Bern", "Basel", "Chur"], TRAINED),
            "grade": rng.integers(1, 6, TRAINED),
            "member": rng.random(TRAINED) < 0.4,
            "zip": rng.choice(["01067", "3011", "00815"], TRAINED),
            "joined": rng.choice(["2021-03-01", "2022-07-15", "2024-01-31"], TRAINED),
            "note": rng.choice(["good day", "bad, evil day", "nice friend", "evil man"], TRAINED),
        }
    )
    pull = (table.age - 50) / 10 + (table.city == "Bern") * 2 + table.grade * 0.7 - 2
    table["pull"] = pull + table.member + rng.normal(0, 1, TRAINED)
    table["y"] = np.where(table["pull"] > 0, "left", "stayed")
    table["y3"] = pd.cut(table["pull"], 3, labels=["lo", "mid", "hi"]).astype(str)
    return table


PEOPLE = people()
NUMBERS = ["age", "income", "grade"]


def binary(model: Any, rows: pd.DataFrame) -> Columns:
    return {"score": model.predict_proba(rows)[:, 1], "label": model.predict(rows)}


def decided(model: Any, rows: pd.DataFrame) -> Columns:
    return {"score": model.decision_function(rows), "label": model.predict(rows)}


def classes(model: Any, rows: pd.DataFrame) -> Columns:
    chances = getattr(model, "predict_proba", None) or model.decision_function
    named = zip(model.classes_, chances(rows).T, strict=True)
    return {"label": model.predict(rows)} | {f"score_{name}": column for name, column in named}


def labelled(model: Any, rows: pd.DataFrame) -> Columns:
    return {"label": model.predict(rows)}


def number(model: Any, rows: pd.DataFrame) -> Columns:
    return {"score": model.predict(rows)}


def outliers(model: Any, rows: pd.DataFrame) -> Columns:
    words = np.where(model.predict(rows) == -1, "anomaly", "normal")
    return {"score": model.score_samples(rows), "label": words}


def clusters(model: Any, rows: pd.DataFrame) -> Columns:
    return {"cluster": model.predict(rows), "distance": model.transform(rows).min(axis=1)}


def components(model: Any, rows: pd.DataFrame) -> Columns:
    chances = model.predict_proba(rows).T
    return {"label": model.predict(rows)} | {f"score_{k}": each for k, each in enumerate(chances)}


def both_chances(model: Any, rows: pd.DataFrame) -> Columns:
    """Two outputs, each yes or no."""
    chances, said = model.predict_proba(rows), model.predict(rows)
    if isinstance(chances, list):
        chances = np.column_stack([one[:, 1] for one in chances])
    return {
        f"{what}_{name}": values[:, place]
        for place, name in enumerate(("left", "high"))
        for what, values in (("label", said.astype(int)), ("score", chances))
    }


def of_texts(model: Any, rows: pd.DataFrame) -> Columns:
    return binary(model, rows["note"])


def of_records(model: Any, rows: pd.DataFrame) -> Columns:
    return binary(model, rows.to_dict("records"))


def of_values(ask: Ask) -> Ask:
    return lambda model, rows: ask(model, rows.to_numpy(float))


def pipeline(*columns: Any, model: Any = None) -> Any:
    """Numbers scaled, and whatever ``columns`` says of the others."""
    scaled = ("n", StandardScaler(), ["age", "income"])
    return make_pipeline(ColumnTransformer([scaled, *columns]), model or LogisticRegression())


def framed(
    name: str, model: Any, features: list[str], expected: Ask = binary, **other: Any
) -> Kind:
    """A model of PEOPLE that is fitted on a frame of its features; the first people are scored."""
    lacking, target = other.pop("lacking", {}), other.pop("target", PEOPLE["y"])
    rows = PEOPLE[features].copy()
    for column, step in lacking.items():
        rows[column] = rows[column].where(np.arange(len(rows)) % step != 0)
    return Kind(name, model, rows, target, rows.head(SCORED), expected, **other)


def of_array(name: str, model: Any, target: Any, expected: Ask, *arguments: str) -> Kind:
    """A model that is fitted on an array of three numbers, and knows no names."""
    told = ("--features", ",".join(NUMBERS), *arguments)
    rows, ask, sample = PEOPLE[NUMBERS], of_values(expected), name in WITH_SAMPLE
    return Kind(name, model, rows.to_numpy(float), target, rows.head(SCORED), ask, told, sample)


def as_text() -> Any:
    return FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": "str"})


def encoded(columns: list[str], *before: Any, **options: Any) -> Any:
    return "c", make_pipeline(*before, OneHotEncoder(**options)), columns


def tables() -> Iterator[Kind]:
    """Kinds of inputs."""
    known = {"handle_unknown": "ignore"}
    people_and = ["age", "income"]
    yield framed("boolean", pipeline(encoded(["member"], **known)), [*people_and, "member"])
    yield framed("integer category", pipeline(encoded(["grade"])), [*people_and, "grade"],
                 sample=False)  # fmt: skip
    yield framed("integer as text", pipeline(encoded(["grade"], as_text(), **known)),
                 [*people_and, "grade"])  # fmt: skip
    yield framed("zip code", pipeline(encoded(["zip"])), [*people_and, "zip"])
    parsed = (
        FunctionTransformer(pd.DataFrame.apply, kw_args={"func": pd.to_datetime}),
        FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": "int64"}),
        StandardScaler(),
    )
    yield framed("date", pipeline(("d", make_pipeline(*parsed), ["joined"])),
                 [*people_and, "joined"])  # fmt: skip
    imputed = encoded(["city"], SimpleImputer(strategy="most_frequent"), **known)
    yield framed("missing text, imputed", pipeline(imputed), [*people_and, "city"],
                 lacking={"city": 4})  # fmt: skip
    yield framed("missing text, a category", pipeline(encoded(["city"])), [*people_and, "city"],
                 lacking={"city": 4}, sample=False)  # fmt: skip
    yield framed("missing boolean", pipeline(encoded(["member"], **known)),
                 [*people_and, "member"], lacking={"member": 5})  # fmt: skip
    mixed = ColumnTransformer(
        [("c", OrdinalEncoder(), ["city"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    boosted = HistGradientBoostingClassifier(max_iter=10, categorical_features=[0])
    yield framed("missing numbers, boosted trees", make_pipeline(mixed, boosted),
                 [*people_and, "city"], lacking={"age": 3, "city": 7}, sample=False)  # fmt: skip
    logs = FunctionTransformer(np.log)
    yield framed("logarithms", make_pipeline(logs, StandardScaler(), LogisticRegression()),
                 ["age", "income"], sample=False)  # fmt: skip
    yield framed("box-cox", make_pipeline(PowerTransformer("box-cox"), LogisticRegression()),
                 ["age", "income"], sample=False)  # fmt: skip
    yield framed("target encoder", pipeline(("t", TargetEncoder(), ["city"])),
                 [*people_and, "city"])  # fmt: skip
    texts = [("t", TfidfVectorizer(), "note"), ("h", HashingVectorizer(n_features=16), "note")]
    yield framed("texts beside numbers", pipeline(*texts), [*people_and, "note"])
    only = TfidfVectorizer(), LogisticRegression()
    yield Kind("texts alone", make_pipeline(*only), PEOPLE["note"], PEOPLE["y"],
               PEOPLE[["note"]].head(SCORED), of_texts, ("--features", "note"))  # fmt: skip
    records = PEOPLE[["age", "city"]]
    dicts = make_pipeline(DictVectorizer(), LogisticRegression(max_iter=5000))
    yield Kind("records", dicts, records.to_dict("records"), PEOPLE["y"],
               records.head(SCORED), of_records)  # fmt: skip


def outcomes() -> Iterator[Kind]:
    """Kinds of outputs."""
    left, three = (PEOPLE["y"] == "left").to_numpy(int), PEOPLE["y3"]
    scaled = StandardScaler
    ovo = make_pipeline(scaled(), SVC(decision_function_shape="ovo"))
    yield of_array("one against one", ovo, three, labelled)
    ties = make_pipeline(scaled(), SVC(break_ties=True))
    yield of_array("broken ties", ties, three, classes)
    yield of_array("nu", make_pipeline(scaled(), NuSVC(nu=0.1)), left, decided)
    yield of_array("pairs of classes", OneVsOneClassifier(GaussianNB()), three, classes)
    yield of_array("linear", make_pipeline(scaled(), LinearSVC()), left, decided)
    voters = [("a", GaussianNB()), ("b", DecisionTreeClassifier(max_depth=2))]
    yield of_array("hard votes", VotingClassifier(voters), three, labelled)
    calibrated = CalibratedClassifierCV(make_pipeline(scaled(), LinearSVC()))
    yield framed("calibrated", calibrated, NUMBERS)
    yield framed("fixed threshold", FixedThresholdClassifier(pipeline(), threshold=0.2),
                 ["age", "income"], target=left, sample=False)  # fmt: skip
    yield framed("tuned threshold", TunedThresholdClassifierCV(pipeline()), ["age", "income"])
    yield framed("forest in threads", RandomForestClassifier(20, n_jobs=-1, verbose=2), NUMBERS,
                 sample=False)  # fmt: skip
    two = np.c_[left, (PEOPLE["grade"] > 3).to_numpy(int)]
    named = ("--outputs", "left,high")
    yield of_array("forest of two", RandomForestClassifier(10), two, both_chances, *named)
    network = make_pipeline(scaled(), MLPClassifier((5,), max_iter=50, random_state=0))
    yield of_array("network of two", network, two, both_chances, *named)
    rest = OneVsRestClassifier(LogisticRegression(max_iter=1000))
    yield of_array("one against the rest", rest, two, both_chances, *named)
    yield of_array("several models", MultiOutputClassifier(GaussianNB()), two, both_chances, *named)
    yield of_array("chain", ClassifierChain(GaussianNB()), two, both_chances, *named)
    yield of_array("two numbers", LinearRegression(), two, lambda model, rows: {
        "score_left": model.predict(rows)[:, 0], "score_high": model.predict(rows)[:, 1]
    }, *named)  # fmt: skip
    pull = PEOPLE["pull"] + 10
    logged = TransformedTargetRegressor(LinearRegression(), func=np.log, inverse_func=np.exp)
    yield of_array("transformed target", logged, pull, number)
    yield of_array("forest of numbers", RandomForestRegressor(10), pull, number)
    yield of_array("isolation", IsolationForest(n_estimators=20), None, outliers)
    yield of_array("one class", make_pipeline(scaled(), OneClassSVM(nu=0.1)), None, outliers)
    yield of_array("envelope", EllipticEnvelope(), None, outliers)
    yield of_array("neighbours", LocalOutlierFactor(novelty=True), None, outliers)
    yield of_array("k-means", make_pipeline(scaled(), KMeans(3, n_init=1)), None, clusters)
    yield of_array("birch", make_pipeline(scaled(), Birch(n_clusters=3)), None, clusters)
    shifted = make_pipeline(scaled(), MeanShift(bandwidth=3))
    yield of_array(
        "mean shift", shifted, None, lambda model, rows: {"cluster": model.predict(rows)}
    )
    # it takes whole numbers otherwise than others, so their type has to be told
    numbers = [word for name in NUMBERS for word in ("--number", name)]
    yield of_array("mixture", GaussianMixture(3), None, components, *numbers)


def all_kinds() -> Iterator[Kind]:
    yield from tables()
    yield from outcomes()


KINDS = list(all_kinds())
