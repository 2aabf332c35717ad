"""Models that were trained on what pandas read get the same of a task, and give the same."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from tests.mr.conftest import Score, Scored

RECORDS = 120
TYPES = {"age": "integer", "income": "number", "city": "text", "member": "boolean", "zip": "text"}


def customers() -> pd.DataFrame:
    """All types of features, none of them missing, and whether the customer left."""
    random = np.random.default_rng(1)
    cities = ["Bern", "Basel", "Chur"]
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 80, RECORDS),
            "income": random.normal(40000, 9000, RECORDS).round(1),
            "city": random.choice(cities, RECORDS),
            "member": random.random(RECORDS) < 0.5,
            "zip": random.choice(["01234", "1234", "09000"], RECORDS),
        }
    )
    score = (frame["age"] - 50) / 10 + (frame["city"] == "Bern") * 2 + frame["member"]
    frame["left"] = np.where(score + random.normal(size=RECORDS) > 0, "yes", "no")
    return frame


def lacking(frame: pd.DataFrame, **every: int) -> pd.DataFrame:
    """``frame`` with every so many values of a column missing."""
    frame = frame.copy()
    for name, step in every.items():
        frame[name] = frame[name].astype("str" if name in ("city", "zip") else float)
        frame.loc[::step, name] = np.nan
    return frame


def encoded(step: Any, *names: str, numbers: Any = None) -> Any:
    """A logistic regression of two numbers and of what ``step`` makes of other columns."""
    scaled = numbers or StandardScaler()
    parts = [("numbers", scaled, ["age", "income"]), ("others", step, list(names))]
    return make_pipeline(ColumnTransformer(parts), LogisticRegression(max_iter=1000))


def scored_as(score: Score, model: Any, names: list[str], text: str, **stated: Any) -> Scored:
    """``text``, a table with a header, scored by a model that is given frames."""
    header, _, records = text.partition("\n")
    types = stated.pop("types", {})
    return score(
        model,
        records.encode(),
        columns=header.split(","),
        features=names,
        types=[types.get(name) or TYPES[name] for name in names],
        input="frame",
        refuses_missing=[],
        **stated,
    )


def chances(model: Any, rows: Any) -> list[str]:
    return [f"{chance:.6f}" for chance in model.predict_proba(rows)[:, 1].tolist()]


def scores(scored: Scored) -> list[str]:
    assert not scored.rejected
    return [row[-2] for row in scored.rows]


@pytest.mark.parametrize("splits", [1, 5])
def test_booleans_are_the_categories_that_they_were(score: Score, splits: int) -> None:
    """True and False, as pandas writes them, are no texts."""
    frame, names = customers(), ["age", "income", "member"]
    model = encoded(OneHotEncoder(), "member").fit(frame[names], frame["left"])
    text = frame[names].to_csv(index=False)
    scored = scored_as(score, model, names, text, splits=splits)
    assert scores(scored) == chances(model, pd.read_csv(io.StringIO(text)))


def test_whole_numbers_become_the_texts_that_they_were(score: Score) -> None:
    """A pipeline that makes texts of integers sees 5, not 5.0."""
    frame, names = customers(), ["age", "income"]
    as_text = FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": "str"})
    step = make_pipeline(as_text, OneHotEncoder(handle_unknown="ignore"))
    model = encoded(step, "age").fit(frame[names], frame["left"])
    text = frame[names].to_csv(index=False)
    expected = chances(model, pd.read_csv(io.StringIO(text)))
    assert scores(scored_as(score, model, names, text)) == expected


def test_zip_codes_keep_their_zeros(score: Score) -> None:
    """A text that looks like a number is a text."""
    frame, names = customers(), ["age", "income", "zip"]
    model = encoded(OneHotEncoder(), "zip").fit(frame[names], frame["left"])
    text = frame[names].to_csv(index=False)
    expected = chances(model, pd.read_csv(io.StringIO(text), dtype={"zip": "str"}))
    assert scores(scored_as(score, model, names, text)) == expected


ENCODERS = {
    "imputed": make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    ),
    "a category": OneHotEncoder(handle_unknown="ignore"),
}


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_missing_text_is_missing(score: Score, encoder: str) -> None:
    """It is imputed, or a category of its own, as it was at training."""
    names = ["age", "income", "city"]
    frame = lacking(customers(), city=4)
    model = encoded(ENCODERS[encoder], "city").fit(frame[names], frame["left"])
    text = frame[names].to_csv(index=False, na_rep="NA")
    expected = chances(model, pd.read_csv(io.StringIO(text)))
    assert scores(scored_as(score, model, names, text)) == expected


def test_a_missing_number_is_imputed(score: Score) -> None:
    """Of one feature, beside others that can't be missing and categories that are known."""
    names = ["age", "income", "city"]
    frame = lacking(customers(), age=4)
    imputed = make_pipeline(SimpleImputer(), StandardScaler())
    model = encoded(OneHotEncoder(), "city", numbers=imputed).fit(frame[names], frame["left"])
    text = frame[names].to_csv(index=False)
    expected = chances(model, pd.read_csv(io.StringIO(text)))
    found = scored_as(score, model, names, text, types={"age": "number"})
    assert scores(found) == expected


@pytest.mark.parametrize("splits", [1, 7])
def test_a_missing_integer_changes_no_other_record(score: Score, splits: int) -> None:
    """Records that lack it are scored in their place, as floats; all others as integers."""
    frame, names = customers(), ["age", "income"]
    as_text = FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": "str"})
    step = make_pipeline(as_text, OneHotEncoder(handle_unknown="ignore"))
    model = encoded(step, "age", numbers=SimpleImputer()).fit(frame[names], frame["left"])
    frame["age"] = frame["age"].astype("Int64")
    frame.loc[::5, "age"] = None
    text = frame[names].to_csv(index=False)
    lines = text.splitlines(keepends=True)
    alone = [pd.read_csv(io.StringIO(lines[0] + line)) for line in lines[1:]]
    expected = [chance for row in alone for chance in chances(model, row)]
    assert scores(scored_as(score, model, names, text, splits=splits)) == expected


def test_what_is_missing_reaches_a_model_that_knows_it(score: Score) -> None:
    """Texts, booleans and numbers, each by its own feature."""
    names = ["age", "income", "city", "member"]
    frame = lacking(customers(), city=3, income=5)
    frame["member"] = frame["member"].astype(object)
    frame.loc[::7, "member"] = np.nan
    parts = [("codes", OrdinalEncoder(), ["city", "member"]), ("rest", "passthrough", names[:2])]
    trees = HistGradientBoostingClassifier(max_iter=10)
    model = make_pipeline(ColumnTransformer(parts), trees).fit(frame[names], frame["left"])
    text = frame[names].to_csv(index=False)
    expected = chances(model, pd.read_csv(io.StringIO(text)))
    assert scores(scored_as(score, model, names, text)) == expected


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]], ids=str)
def test_keys_of_json_may_be_absent_in_any_record(score: Score, order: list[int]) -> None:
    """Null and absent are missing alike; keys that are no columns are left out."""
    frame, names = customers(), ["age", "income"]
    model = make_pipeline(SimpleImputer(), LogisticRegression())
    model.fit(frame[names].to_numpy(), frame["left"])
    records = [{"age": 40}, {"income": 30000.5, "age": 50, "note": "new"}, {"income": None}]
    records = [records[place] for place in order]
    scored = score(
        model,
        "".join(json.dumps(record) + "\n" for record in records).encode(),
        columns=names,
        options={"format": "json", "delimiter": ""},
        refuses_missing=[],
    )
    rows = [[record.get(name) or np.nan for name in names] for record in records]
    assert scores(scored) == chances(model, np.array(rows, float))


@pytest.mark.parametrize("form", ["texts", "series"])
def test_a_pipeline_of_texts_gets_texts(score: Score, form: str) -> None:
    """A vectorizer iterates over a list or a Series, not over a frame's columns."""
    texts = ["good day friend", "bad evil thing", "nice warm day", "evil bad man"] * 5
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, ["no", "yes"] * 10)
    records = ["evil bad evil bad", "good nice friend", "text"]
    scored = score(model, "\n".join(records).encode(), columns=["said"], types=["text"], input=form)
    assert scores(scored) == chances(model, records)


def test_a_pipeline_of_dicts_gets_dicts(score: Score) -> None:
    """Texts and numbers by their names, as ``to_dict`` gives them."""
    frame, names = customers(), ["age", "city"]
    model = make_pipeline(DictVectorizer(), LogisticRegression(max_iter=1000))
    model.fit(frame[names].to_dict("records"), frame["left"])
    data = frame[names].to_csv(index=False, header=False).encode()
    scored = score(model, data, columns=names, types=["integer", "text"], input="records")
    assert scores(scored) == chances(model, frame[names].to_dict("records"))


def test_numbers_may_be_written_as_booleans(score: Score) -> None:
    """Where a job says so, and then they are nothing else."""
    model = LogisticRegression().fit([[0, 1.0], [1, 2.0], [1, 3.0], [0, 0.0]], [0, 1, 1, 0])
    scored = score(
        model,
        b"True,1\nfalse,2\n1,3\n,4\n",
        columns=["a", "b"],
        options={"booleans": ["a"]},
    )
    assert [row[2] for row in scored.rows] == chances(model, [[1, 1.0], [0, 2.0]])
    assert scored.reasons == ["column a: not a boolean: '1'", "column a: a missing value"]
