"""Models made at random, of the parts that people make theirs of, on small tables."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas
from hypothesis import event
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import Birch, BisectingKMeans, KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
)
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from howdah.models.interface.versions import (
    FixedThresholdClassifier,
    FrozenEstimator,
    TargetEncoder,
    TunedThresholdClassifierCV,
)

ROWS = 48
CITIES = ["Basel", "Bern", "Chur", "Davos"]
ZIPS = ["01067", "3000", "8001"]


def as_text(table: Any) -> Any:
    return table.astype(str)


def doubled(table: Any) -> Any:
    return table * 2


def lowered(texts: Any) -> Any:
    return texts.str.lower()


def one_hot(**options: Any) -> Any:
    return OneHotEncoder(sparse_output=False, handle_unknown="ignore", **options)


def strict() -> Any:
    return OneHotEncoder(sparse_output=False)


def ordinal(**options: Any) -> Any:
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-2, **options)


def counts() -> Any:
    return CountVectorizer(token_pattern="[A-Za-z0-9]+")


# what can be done with a column; those with gaps can do less
NUMBERS = {
    "scaled": StandardScaler,
    "squeezed": MinMaxScaler,
    "same": lambda: "passthrough",
    "log": lambda: FunctionTransformer(np.log1p),
    "size": lambda: make_pipeline(FunctionTransformer(np.absolute), RobustScaler()),
    "imputed": lambda: make_pipeline(SimpleImputer(), StandardScaler()),
    "same, scaled": lambda: make_pipeline(FunctionTransformer(), "passthrough", StandardScaler()),
    "doubled": lambda: FunctionTransformer(doubled),
    "binned": lambda: KBinsDiscretizer(3, encode="ordinal"),
    "varied": lambda: make_pipeline(VarianceThreshold(), StandardScaler()),
}
GAPPED = {
    "mean": SimpleImputer,
    "median and marked": lambda: make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()),
    "frequent": lambda: SimpleImputer(strategy="most_frequent"),
    "neighbours": KNNImputer,
    "scaled, imputed": lambda: make_pipeline(StandardScaler(), SimpleImputer()),
    "log, imputed": lambda: make_pipeline(FunctionTransformer(np.log1p), SimpleImputer()),
    "imputed beside marks": lambda: FeatureUnion(
        [("i", SimpleImputer()), ("m", MissingIndicator(error_on_new=False))]),
    "whole, encoded": lambda: make_pipeline(
        SimpleImputer(strategy="constant", fill_value=-1), one_hot()),
}  # fmt: skip
CATEGORIES = {
    "one hot": one_hot,
    "strict": strict,
    "ordinal": ordinal,
    "few": lambda: one_hot(max_categories=2),
    **({"target": lambda: TargetEncoder(cv=2)} if hasattr(TargetEncoder, "fit") else {}),
}
WHOLE = {
    **CATEGORIES,
    "frequent, one hot": lambda: make_pipeline(
        SimpleImputer(strategy="most_frequent"), one_hot()),
    "as text": lambda: make_pipeline(FunctionTransformer(as_text), one_hot()),
    "both": lambda: FeatureUnion([("e", one_hot()), ("s", StandardScaler())]),
    "scaled": StandardScaler,
    "same": lambda: "passthrough",
}  # fmt: skip
TEXTS = {
    **CATEGORIES,
    "frequent": lambda: make_pipeline(SimpleImputer(strategy="most_frequent"), one_hot()),
    "other": lambda: make_pipeline(
        SimpleImputer(strategy="constant", fill_value="other"), ordinal()),
}  # fmt: skip
WORDS = {
    "words": counts,
    "tf-idf": lambda: TfidfVectorizer(analyzer="char"),
    "lowered": lambda: make_pipeline(FunctionTransformer(lowered), counts()),
}
BOOLEANS = {**CATEGORIES, "same": lambda: "passthrough", "scaled": StandardScaler}
STEPS: dict[str, dict[str, Callable[[], Any]]] = {
    "float": NUMBERS,
    "gapped float": GAPPED,
    "whole float": GAPPED,
    "integer": WHOLE,
    "boolean": BOOLEANS,
    "gapped boolean": {name: CATEGORIES[name] for name in ("one hot", "ordinal", "strict")},
    "text": TEXTS,
    "gapped text": TEXTS,
    "digits": TEXTS,
    "sentence": WORDS,
}


def column(kind: str, seed: int) -> Any:
    random = np.random.default_rng(seed)
    gaps = random.random(ROWS) < 0.2
    gaps[:4] = False
    if kind in ("float", "gapped float"):
        values = pandas.Series(random.gamma(2, size=ROWS))
    elif kind in ("integer", "whole float"):
        values = pandas.Series(random.integers(1, 5, ROWS))
    elif kind in ("boolean", "gapped boolean"):
        values = pandas.Series(random.random(ROWS) < 0.5)
    elif kind == "sentence":
        words = random.choice(CITIES, (ROWS, 3))
        return pandas.Series([" ".join(row) for row in words])
    else:
        values = pandas.Series(random.choice(ZIPS if kind == "digits" else CITIES, ROWS))
    if kind == "gapped boolean":
        values = values.astype(object)
    return values.mask(gaps) if kind in GAPPED_KINDS else values


GAPPED_KINDS = {"gapped float", "whole float", "gapped boolean", "gapped text"}
TARGETS = {
    "two texts": lambda z: np.where(z > 0, "stays", "leaves"),
    "two numbers": lambda z: np.where(z > 0, 1, 0),
    "two booleans": lambda z: z > 0,
    "three": lambda z: np.digitize(z, [-0.5, 0.5]),
    "three texts": lambda z: np.array(["lo", "mid", "hi"])[np.digitize(z, [-0.5, 0.5])],
    "a number": lambda z: z,
    "one column": lambda z: z.reshape(-1, 1),
    "two numbers each": lambda z: np.c_[z, z**2],
    "two labels each": lambda z: np.c_[z > 0, z**2 > 0.5].astype(int),
    "nothing": lambda z: None,
}
LINEAR = LogisticRegression(max_iter=50)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
CLASSIFIERS = {
    "logistic": lambda: LINEAR,
    "linear svc": lambda: LinearSVC(max_iter=100),
    "svc": SVC,
    "svc of pairs": lambda: SVC(decision_function_shape="ovo"),
    "tree": lambda: TREE,
    "forest": lambda: RandomForestClassifier(3, random_state=0),
    "neighbours": KNeighborsClassifier,
    "bayes": GaussianNB,
    "ridge": RidgeClassifier,
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=2, random_state=0),
    "boosted": lambda: AdaBoostClassifier(n_estimators=2),
    "pairs": lambda: OneVsOneClassifier(LINEAR),
    "one against all": lambda: OneVsRestClassifier(LINEAR),
    "bag of svc": lambda: BaggingClassifier(SVC(decision_function_shape="ovo"), 2),
}
REGRESSORS = {
    "linear": LinearRegression,
    "ridge": Ridge,
    "tree": lambda: DecisionTreeRegressor(max_depth=3),
    "neighbours": KNeighborsRegressor,
    "histogram": lambda: HistGradientBoostingRegressor(max_iter=2),
    "each": lambda: MultiOutputRegressor(Ridge()),
    "bag": lambda: BaggingRegressor(Ridge(), 2),
}
LABELLERS = {
    "forest": lambda: RandomForestClassifier(3, random_state=0),
    "neighbours": KNeighborsClassifier,
    "one against all": lambda: OneVsRestClassifier(LINEAR),
    "each": lambda: MultiOutputClassifier(LINEAR),
    "each, ridge": lambda: MultiOutputClassifier(RidgeClassifier()),
    "chain": lambda: ClassifierChain(LINEAR),
    "ridge": RidgeClassifier,
}
UNSUPERVISED = {
    "means": lambda: KMeans(3, n_init=1),
    "halves": lambda: BisectingKMeans(3),
    "birch": lambda: Birch(n_clusters=3),
    "mixture": lambda: GaussianMixture(2, reg_covar=0.1),
    "isolated": lambda: IsolationForest(n_estimators=3),
}
ESTIMATORS = {
    **dict.fromkeys(("two texts", "two numbers", "two booleans", "three", "three texts"),
                    CLASSIFIERS),
    "a number": REGRESSORS,
    "one column": REGRESSORS,
    "two numbers each": REGRESSORS,
    "two labels each": LABELLERS,
    "nothing": UNSUPERVISED,
}  # fmt: skip
WRAPPERS: dict[str, Callable[[Any, Any], Any]] = {
    "none": lambda model, _: model,
    "frozen": lambda model, _: FrozenEstimator(model),
    "searched": lambda model, _: GridSearchCV(model, {}, cv=2, error_score="raise"),
    "one against all": lambda model, _: OneVsRestClassifier(model),
    "each": lambda model, y: (
        MultiOutputClassifier if y.dtype.kind in "ib" else MultiOutputRegressor)(model),
    "calibrated": lambda model, _: CalibratedClassifierCV(model, cv=2),
    "fixed": lambda model, _: FixedThresholdClassifier(model, threshold=0.3),
    "fixed, auto": lambda model, _: FixedThresholdClassifier(model),
    "fixed for the first": lambda model, y: FixedThresholdClassifier(
        model, threshold=0.6, pos_label=np.unique(y)[0].item()),
    "decided": lambda model, _: FixedThresholdClassifier(
        model, threshold=0.2, response_method="decision_function"),
    "decided for the first": lambda model, y: FixedThresholdClassifier(
        model, threshold=-0.1, response_method="decision_function",
        pos_label=np.unique(y)[0].item()),
    "tuned": lambda model, _: TunedThresholdClassifierCV(model, cv=2, thresholds=5),
    "voting": lambda model, _: VotingClassifier([("a", model), ("b", model)]),
    "voting softly": lambda model, _: VotingClassifier([("a", model)], voting="soft"),
    "stacked": lambda model, _: StackingClassifier([("a", model)], LINEAR, cv=2),
    "bagged": lambda model, _: BaggingClassifier(model, 2),
    "target scaled": lambda model, _: TransformedTargetRegressor(
        model, transformer=StandardScaler()),
}  # fmt: skip
# what an older scikit-learn hasn't
LATER = {
    "frozen": FrozenEstimator, "tuned": TunedThresholdClassifierCV,
    **{name: FixedThresholdClassifier for name in WRAPPERS if name.startswith(("fixed", "decided"))}
}  # fmt: skip
WRAPPERS = {
    name: wrap for name, wrap in WRAPPERS.items() if hasattr(LATER.get(name, FeatureUnion), "fit")
}


@dataclass(frozen=True, repr=False)
class Made:
    """A model, the table whose columns' dtypes are the truth, and what the model is fitted on."""

    model: Any
    table: Any
    given: Any
    target: Any

    def __repr__(self) -> str:
        dtypes = self.table.dtypes.astype(str).to_dict()
        return f"{self.model} of {dtypes}, given as {type(self.given)}"


def fitted(sample: Made) -> Any:
    """The model, fitted; None if its parts can't be together."""
    model = sample.model
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if type(model).__name__ == "FrozenEstimator":
                model.estimator.fit(sample.given, sample.target)
            model.fit(sample.given, sample.target)
            model.predict(sample.given)
    except Exception as error:
        event(f"can't be fitted: {type(error).__name__}")
        return None
    return model


@st.composite
def made(draw: st.DrawFn) -> Made:
    """A model to fit; not all of them can be."""
    seed = draw(st.integers(0, 1000))
    shape = draw(st.sampled_from(["parts", "parts", "parts", "numbers", "texts", "categories"]))
    target_kind = draw(st.sampled_from(list(TARGETS)))
    kinds = {
        "parts": st.lists(st.sampled_from(list(STEPS)), min_size=1, max_size=4),
        "numbers": st.lists(st.sampled_from(["float", "integer", "boolean"]), min_size=1,
                            max_size=4),
        "texts": st.just(["sentence"]),
        "categories": st.lists(st.sampled_from(["float", "text", "integer", "gapped text"]),
                               min_size=2, max_size=4),
    }[shape]  # fmt: skip
    chosen = draw(kinds)
    table = pandas.DataFrame({
        f"{kind} {place}": column(kind, seed + place) for place, kind in enumerate(chosen)
    })  # fmt: skip
    codes = [pandas.factorize(table[name])[0] for name in table]
    z = np.sum(codes, axis=0) + np.random.default_rng(seed).normal(size=ROWS)
    target = TARGETS[target_kind]((z - np.median(z)) / z.std())
    estimators = ESTIMATORS[target_kind]
    estimator = estimators[draw(st.sampled_from(list(estimators)))]()
    given: Any = table
    if shape == "parts":
        parts = [draw(st.sampled_from(list(STEPS[kind]))) for kind in chosen]
        model = make_pipeline(draw(transformer(table, chosen, parts)), estimator)
    elif shape == "texts":
        given = list(table.iloc[:, 0])
        before = [FunctionTransformer()] if draw(st.booleans()) else []
        model = make_pipeline(*before, counts(), FunctionTransformer(dense), estimator)
    elif shape == "numbers":
        given = draw(st.sampled_from([table, table.to_numpy(float)]))
        before = [[], [StandardScaler()], [StandardScaler(), PCA(1)], [SelectKBest(k=1)]]
        if "boolean" not in chosen:  # whose logarithm has 16 bits
            before.append([FunctionTransformer(np.log1p)])
        steps = draw(st.sampled_from(before))
        model = make_pipeline(*steps, estimator)
    else:
        given = table.astype({name: "category" for name in table if "float" not in name})
        model = draw(st.sampled_from([
            HistGradientBoostingClassifier(max_iter=2),
            make_pipeline(ordinal(), estimator),
            make_pipeline(one_hot(), estimator),
        ]))  # fmt: skip
    wrapper = WRAPPERS[draw(st.sampled_from(["none", "none", *WRAPPERS]))]
    return Made(model if target is None else wrapper(model, target), table, given, target)


def dense(matrix: Any) -> Any:
    return matrix.toarray()


@st.composite
def transformer(draw: st.DrawFn, table: Any, kinds: list[str], parts: list[str]) -> Any:
    """A ColumnTransformer that selects the columns in one of the ways there are."""
    selected = []
    dropped = draw(st.booleans()) and len(kinds) > 1
    for place, (kind, part) in enumerate(zip(kinds, parts, strict=True)):
        name = table.columns[place]
        if dropped and place == 0:
            step: Any = "drop"
        else:
            step = STEPS[kind][part]()
        columns: Any = draw(st.sampled_from([
            [name], [place], slice(place, place + 1), [n == name for n in table.columns],
            lambda table, name=name: [name],
        ]))  # fmt: skip
        selected.append((str(place), step, name if kind == "sentence" else columns))
    remainder = "drop"
    if kinds[-1] in ("float", "integer", "boolean") and draw(st.booleans()):
        selected.pop()
        remainder = draw(st.sampled_from(["passthrough", StandardScaler(), "drop"]))
    return ColumnTransformer(selected, remainder=remainder, sparse_threshold=0)
