"""What a fitted model tells of the features that it takes, and in which form."""

import warnings
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction import DictVectorizer, FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)
from sklearn.tree import DecisionTreeClassifier

from howdah.errors import ModelError
from howdah.models.interface.inspection import Feature, ModelInterface, inspect_model

PEOPLE = pandas.DataFrame({
    "age": [21, 45, 62, 33] * 6,
    "income": [40.5, 61.2, 55.0, 38.9] * 6,
    "city": ["Bern", "Chur", "Bern", "Basel"] * 6,
    "member": [True, False, False, True] * 6,
    "grade": [1, 2, 3, 5] * 6,
    "zip": ["01067", "8001", "3000", "3000"] * 6,
})  # fmt: skip
LEFT = np.array([0, 1, 1, 0] * 6)
TEXTS = ["good day", "bad thing", "evil thing", "nice day"] * 6


def logistic() -> LogisticRegression:
    return LogisticRegression()


def fit(model: Any, rows: Any = PEOPLE, labels: Any = LEFT) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(rows, labels)


def parts(*transformers: tuple[Any, Any], **options: Any) -> Any:
    named = [(str(place), step, columns) for place, (step, columns) in enumerate(transformers)]
    return ColumnTransformer(named, **options)


def of(interface: ModelInterface, name: str) -> Feature:
    return next(feature for feature in interface.features if feature.name == name)


def types(model: Any) -> dict[str | None, str | None]:
    return {feature.name: feature.type for feature in inspect_model(model).features}


def as_text(table: Any) -> Any:
    return table.astype(str)


def lowered(texts: Any) -> Any:
    return texts.str.lower()


def test_encoders_tell_the_types_of_their_categories() -> None:
    columns = ["city", "member", "grade", "zip", "income"]
    model = fit(make_pipeline(parts((OneHotEncoder(), columns)), logistic()))
    expected = ("text", "boolean", "integer", "text", "number")
    assert types(model) == dict(zip(columns, expected, strict=True))
    assert of(inspect_model(model), "grade").why == "OneHotEncoder knows it as 1, 2, 3, 5"
    assert of(inspect_model(model), "zip").example == "01067"


@pytest.mark.parametrize("encoder", [OrdinalEncoder(), TargetEncoder(cv=2)])
def test_all_encoders_tell(encoder: Any) -> None:
    model = fit(make_pipeline(parts((encoder, ["city"]), (StandardScaler(), ["age"])), logistic()))
    assert types(model) == {"age": "number", "city": "text"}


def test_a_function_may_take_anything() -> None:
    step = make_pipeline(FunctionTransformer(as_text), OneHotEncoder())
    feature = of(inspect_model(fit(make_pipeline(parts((step, ["grade"])), logistic()))), "grade")
    assert feature.type is None
    assert feature.why == "FunctionTransformer(as_text) may take anything"


@pytest.mark.parametrize(
    ("function", "kind"),
    [(np.log, "number"), (np.absolute, "number"), (np.reciprocal, None), (np.square, None)],
)
def test_a_function_of_numpys_takes_numbers_if_whole_ones_make_no_difference(
    function: Any, kind: str | None
) -> None:
    model = fit(make_pipeline(FunctionTransformer(function), logistic()), PEOPLE[["age"]])
    assert types(model) == {"age": kind}


def test_a_function_that_does_nothing_is_looked_through() -> None:
    step = make_pipeline(FunctionTransformer(), "passthrough", OneHotEncoder())
    assert types(fit(make_pipeline(parts((step, ["city"])), logistic()))) == {"city": "text"}


def test_a_class_of_ones_own_may_take_anything() -> None:
    class Mine(TransformerMixin, BaseEstimator):
        def fit(self, rows: Any, labels: Any = None) -> "Mine":
            self.fitted_ = True
            return self

        def transform(self, rows: Any) -> Any:
            return rows[["age"]]

    interface = inspect_model(fit(make_pipeline(Mine(), StandardScaler(), logistic())))
    assert interface.features == ()  # the scaler's names aren't those of the records
    assert interface.input == "frame"


@pytest.mark.parametrize(
    "columns", [["city"], [2], slice(2, 3), [False, False, True, False, False, False],
                make_column_selector(pattern="city")],
)  # fmt: skip
def test_columns_are_known_however_they_are_selected(columns: Any) -> None:
    model = fit(make_pipeline(parts((OneHotEncoder(), columns)), logistic()))
    assert types(model) == {"city": "text"}


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda model: model,
        lambda model: GridSearchCV(model, {}, cv=2),
        lambda model: FixedThresholdClassifier(model),
        lambda model: CalibratedClassifierCV(model, cv=2),
        lambda model: VotingClassifier([("a", model), ("b", model)]),
        lambda model: make_pipeline(FeatureUnion([("a", model[0])]), logistic()),
    ],
)
def test_columns_that_are_dropped_are_no_features_and_aren_t_missed(wrapped: Any) -> None:
    inner = make_pipeline(parts((StandardScaler(), ["income", "age"]), ("drop", ["zip"])),
                          logistic())  # fmt: skip
    model = fit(wrapped(inner))
    assert types(model) == {"age": "number", "income": "number"}
    assert (model.predict(PEOPLE[["age", "income"]]) == model.predict(PEOPLE)).all()


def test_what_remains_is_followed_too() -> None:
    columns = PEOPLE[["age", "city", "member"]]
    model = fit(make_pipeline(parts((OneHotEncoder(), ["city"]), remainder="passthrough"),
                              logistic()), columns)  # fmt: skip
    assert types(model) == {"age": "number", "city": "text", "member": "number"}


def test_a_model_that_looks_at_names_needs_all_columns() -> None:
    member = make_pipeline(parts((StandardScaler(), [0])), logistic())
    assert set(types(fit(BaggingClassifier(member, 2), PEOPLE[["age", "income"]]))) == {
        "age",
        "income",
    }


def test_columns_keep_the_order_of_the_fit() -> None:
    model = fit(make_pipeline(parts((OneHotEncoder(), ["zip"]), (StandardScaler(), ["age"])),
                              logistic()))  # fmt: skip
    assert [feature.name for feature in inspect_model(model).features] == ["age", "zip"]


def test_an_array_s_columns_have_no_names() -> None:
    interface = inspect_model(fit(logistic(), PEOPLE[["age", "income"]].to_numpy()))
    assert [feature.name for feature in interface.features] == [None, None]
    assert interface.input == "array"


def test_whoever_reads_a_column_twice_must_agree() -> None:
    both = FeatureUnion([("as category", OneHotEncoder()), ("as number", StandardScaler())])
    digits = pandas.DataFrame({"floor": [1, 2, 3, 4] * 6})
    assert types(fit(make_pipeline(both, logistic()), digits)) == {"floor": "integer"}
    feature = of(inspect_model(fit(make_pipeline(both, logistic()), digits.astype(str))), "floor")
    assert feature.type is None
    assert feature.why == ("OneHotEncoder knows it as 1, 2, 3, 4, but StandardScaler takes numbers")


def test_stacked_models_that_see_the_rows_again_are_followed() -> None:
    model = StackingClassifier(
        [("a", make_pipeline(OneHotEncoder(handle_unknown="ignore"), logistic()))],
        HistGradientBoostingClassifier(max_iter=2, categorical_features=[2]), cv=2,
        passthrough=True,
    )  # fmt: skip
    assert types(fit(model, PEOPLE[["age", "grade"]])) == {"age": "integer", "grade": "integer"}


def test_histograms_tell_their_categories_by_dtype() -> None:
    columns = PEOPLE[["age", "city"]].astype({"city": "category"})
    interface = inspect_model(fit(HistGradientBoostingClassifier(max_iter=2), columns))
    assert [feature.type for feature in interface.features] == ["number", "text"]
    assert interface.input == "frame"


def test_numbers_that_no_file_can_give_are_not_certain() -> None:
    thirds = PEOPLE[["income"]].astype("float32")
    feature = of(inspect_model(fit(make_pipeline(OneHotEncoder(), logistic()), thirds)), "income")
    assert feature.type is None
    assert "float32" in feature.why


def test_a_boolean_that_was_made_a_number_beside_others_may_be_either() -> None:
    inner = make_pipeline(OneHotEncoder(handle_unknown="ignore"), logistic())
    columns = PEOPLE[["member", "grade"]]
    model = fit(BaggingClassifier(inner, 2, random_state=0), columns)
    assert types(model) == {"member": "number", "grade": "number"}
    assert types(fit(BaggingClassifier(inner, 2), columns[["member"]])) == {"member": "boolean"}
    imputed = make_pipeline(SimpleImputer(strategy="most_frequent"), logistic())
    assert types(fit(imputed, columns)) == {"member": "number", "grade": "number"}
    assert types(fit(imputed, columns[["grade"]])) == {"grade": "integer"}


def test_who_takes_5_otherwise_than_5_0_tells_of_neither() -> None:
    columns = PEOPLE[["age", "grade"]]
    assert types(GaussianMixture(2).fit(columns)) == {"age": None, "grade": None}
    selected = fit(make_pipeline(SelectKBest(k=2), GaussianMixture(2)), columns)
    assert types(selected) == {"age": None, "grade": None}
    scaled = make_pipeline(StandardScaler(), GaussianMixture(2)).fit(columns)
    assert types(scaled) == {"age": "number", "grade": "number"}


def test_dates_are_no_type() -> None:
    days = pandas.DataFrame({"day": pandas.to_datetime(["2026-01-01", "2026-01-02"] * 12)})
    assert types(fit(make_pipeline(OneHotEncoder(), logistic()), days)) == {"day": None}


def test_a_column_that_nobody_reads_has_no_type() -> None:
    feature = of(inspect_model(fit(DummyClassifier(), PEOPLE[["age"]])), "age")
    assert (feature.type, feature.why) == (None, "nothing in the model tells")


def test_a_kernel_that_needs_no_numbers_tells_of_no_features() -> None:
    class OfTexts(RBF):  # type: ignore[misc]
        @property
        def requires_vector_input(self) -> bool:
            return False

    model = GaussianProcessRegressor(OfTexts(), optimizer=None)
    assert inspect_model(model.fit(PEOPLE[["age"]], LEFT)).features == ()


@pytest.mark.parametrize(
    ("step", "missing"),
    [
        (SimpleImputer(), True),
        (make_pipeline(StandardScaler(), SimpleImputer()), True),
        (StandardScaler(), False),
        (SimpleImputer(missing_values=-1), False),
        (FeatureUnion([("i", SimpleImputer()), ("m", MissingIndicator())]), False),
        (FeatureUnion([("i", SimpleImputer()), ("m", MissingIndicator(error_on_new=False))]),
         True),
        (FunctionTransformer(as_text), None),
    ],
)  # fmt: skip
def test_whether_a_missing_number_is_taken_is_known_of_imputers(
    step: Any, missing: bool | None
) -> None:
    model = fit(make_pipeline(step, logistic()), PEOPLE[["age"]])
    assert of(inspect_model(model), "age").missing is missing


@pytest.mark.parametrize(
    ("gaps", "unknown", "missing"),
    [(True, "error", True), (False, "error", False), (False, "ignore", None)],
)
def test_whether_a_missing_category_is_taken_is_known_of_encoders(
    gaps: bool, unknown: str, missing: bool | None
) -> None:
    column = PEOPLE[["city"]].mask(PEOPLE[["city"]] == "Chur") if gaps else PEOPLE[["city"]]
    model = fit(make_pipeline(OneHotEncoder(handle_unknown=unknown), logistic()), column)
    assert of(inspect_model(model), "city") == Feature(
        "city", "text", of(inspect_model(model), "city").why, missing, "Basel"
    )


def test_a_category_that_is_none_is_told() -> None:
    column = PEOPLE[["city"]].astype(object)
    column.iloc[0, 0] = None
    model = fit(make_pipeline(OneHotEncoder(handle_unknown="ignore"), logistic()), column)
    feature = of(inspect_model(model), "city")
    assert feature.missing is None
    assert feature.why.endswith("and as None where it is missing")


def test_trees_may_or_may_not_know_missing_values() -> None:
    model = fit(DecisionTreeClassifier(), PEOPLE[["age"]])
    assert of(inspect_model(model), "age").missing is None


def test_a_mean_is_an_example_of_a_number() -> None:
    model = fit(make_pipeline(StandardScaler(), logistic()), PEOPLE[["age"]])
    assert of(inspect_model(model), "age").example == 40.25


def test_a_frame_of_numbers_may_come_as_an_array() -> None:
    columns = PEOPLE[["age", "income"]]
    assert inspect_model(fit(make_pipeline(StandardScaler(), logistic()), columns)).input == "array"
    scaler = StandardScaler().set_output(transform="pandas")
    assert inspect_model(fit(make_pipeline(scaler, logistic()), columns)).input == "frame"
    assert inspect_model(fit(make_pipeline(OneHotEncoder(), logistic()), columns)).input == "frame"


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(TfidfVectorizer(), logistic()),
        make_pipeline(FunctionTransformer(), CountVectorizer(), logistic()),
        GridSearchCV(make_pipeline(TfidfVectorizer(), logistic()), {}, cv=2),
        make_pipeline(FeatureUnion([("w", TfidfVectorizer()),
                                    ("c", TfidfVectorizer(analyzer="char"))]), logistic()),
    ],
)  # fmt: skip
def test_a_vectorizer_takes_texts(model: Any) -> None:
    interface = inspect_model(fit(model, TEXTS))
    assert interface.input == "texts"
    assert [(feature.name, feature.type) for feature in interface.features] == [(None, "text")]


def test_a_function_before_a_vectorizer_may_need_a_series() -> None:
    model = make_pipeline(FunctionTransformer(lowered), CountVectorizer(), logistic())
    interface = inspect_model(fit(model, pandas.Series(TEXTS)))
    assert interface.input == "series"
    assert [feature.type for feature in interface.features] == [None]


def test_a_vectorizer_of_one_s_own_words_may_take_anything() -> None:
    model = make_pipeline(CountVectorizer(analyzer=lambda document: document), logistic())
    assert [
        f.type for f in inspect_model(fit(model, [text.split() for text in TEXTS])).features
    ] == [None]


def test_a_text_column_beside_numbers_is_text() -> None:
    model = make_pipeline(
        parts((TfidfVectorizer(), "city"), (StandardScaler(), ["age"])), logistic()
    )
    interface = inspect_model(fit(model))
    assert [feature.type for feature in interface.features] == ["number", "text"]
    assert interface.input == "frame"


def test_a_dict_vectorizer_knows_the_keys_of_records() -> None:
    records = [{"city": "Bern", "age": 3}, {"city": "Chur", "age": 5, "only=one": 2.0}] * 12
    interface = inspect_model(fit(make_pipeline(DictVectorizer(), logistic()), records))
    assert interface.input == "records"
    found = {feature.name: feature.type for feature in interface.features}
    assert found == {"age": "number", "city": "text", "only": None}


def test_a_hasher_remembers_no_keys() -> None:
    records = [{"city": "Bern", "age": 3}, {"city": "Chur", "age": 5}] * 12
    interface = inspect_model(fit(make_pipeline(FeatureHasher(8), logistic()), records))
    assert (interface.input, interface.features) == ("records", ())


def test_what_no_table_has_is_refused() -> None:
    words = [["good", "day"], ["bad", "day"]] * 12
    hasher = fit(make_pipeline(FeatureHasher(8, input_type="string"), logistic()), words)
    with pytest.raises(ModelError, match="FeatureHasher takes a list of strings"):
        inspect_model(hasher)


def test_a_vectorizer_of_files_is_refused(tmp_path: Any) -> None:
    for place, text in enumerate(TEXTS):
        (tmp_path / str(place)).write_text(text)
    names = [str(tmp_path / str(place)) for place in range(len(TEXTS))]
    model = fit(make_pipeline(CountVectorizer(input="filename"), logistic()), names)
    with pytest.raises(ModelError, match="reads files"):
        inspect_model(model)


def test_an_isotonic_regression_takes_one_number() -> None:
    interface = inspect_model(IsotonicRegression().fit(PEOPLE["income"], LEFT))
    assert [feature.type for feature in interface.features] == ["number"]


def test_labels_come_from_where_they_are_proven() -> None:
    rows, labels = make_classification(random_state=0)
    assert inspect_model(fit(logistic(), rows, labels)).labels_from == "near"
