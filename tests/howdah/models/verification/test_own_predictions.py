"""Models made at random: what a task writes is what the model's own methods say, record by record.

HOWDAH_EXAMPLES=5000 tries more of them.
"""

import argparse
import importlib.metadata
import io
import os
import warnings
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from howdah.models.interface.inspection import inspect_model
from howdah.models.manifest_fields import resolve_features, resolve_outputs, stated_types
from mr.models.manifest import Manifest
from mr.pipelines.tabular import Tabular
from mr.records.raw_block import RawBlock
from mr.scoring.fixed_point import LIMIT
from mr.scoring.format import prediction_columns
from mr.scoring.predictor import LoadedModel
from mr.scoring.score_block import score_block

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "200"))
TRAINED, SCORED = 90, 24
Model = tuple[Any, pd.DataFrame, dict[str, str]]  # fitted, records to score, types as trained

COLUMNS = {  # what a column may hold, and its type
    "float": ("number", lambda rng, n: rng.normal(size=n).round(3)),
    "large": ("number", lambda rng, n: rng.normal(size=n) * 1e6),
    "count": ("integer", lambda rng, n: rng.integers(0, 50, n)),
    "level": ("integer", lambda rng, n: rng.integers(1, 4, n)),
    "flag": ("boolean", lambda rng, n: rng.random(n) < 0.5),
    "word": ("text", lambda rng, n: rng.choice(["a b", "Zürich", "x,y", "NAS", 'say "so"'], n)),
    "code": ("text", lambda rng, n: rng.choice(["007", "12", "1e3", "0"], n)),
}
ENCODED = {  # how columns of each type may come to numbers
    "number": ["scaled", "imputed", "kept"],
    "integer": ["scaled", "kept", "one hot", "ordinal", "as text", "target"],
    "boolean": ["kept", "one hot", "ordinal", "as text"],
    "text": ["one hot", "ordinal", "target", "imputed text"],
}
CLASSIFIERS = (
    LogisticRegression(max_iter=50), GaussianNB(), DecisionTreeClassifier(max_depth=3),
    RandomForestClassifier(4, n_jobs=2), GradientBoostingClassifier(n_estimators=3),
    HistGradientBoostingClassifier(max_iter=3), KNeighborsClassifier(4), LinearSVC(), SVC(),
    SVC(decision_function_shape="ovo"), SVC(break_ties=True), Perceptron(), RidgeClassifier(),
    MLPClassifier((3,), max_iter=5),
)  # fmt: skip
REGRESSORS = LinearRegression(), RandomForestRegressor(3)
TARGETS = ("two", "numbers", "truths", "three", "regression", "two outputs")


def encoder(how: str) -> Any:
    """What makes numbers of a column."""
    return {
        "scaled": StandardScaler(),
        "imputed": make_pipeline(SimpleImputer(), StandardScaler()),
        "kept": "passthrough",
        "one hot": OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        "ordinal": OrdinalEncoder(),
        "target": TargetEncoder(cv=2),
        "as text": make_pipeline(
            FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": "str"}),
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
        ),
        "imputed text": make_pipeline(
            SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False)
        ),
    }[how]


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A pipeline, fitted on a frame of random columns."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=4))
    given, types, steps, encoders = {}, {}, [], []
    for place, kind in enumerate(kinds):
        name = f"{kind}{place}"
        types[name], make = COLUMNS[kind]
        values = pd.Series(make(rng, TRAINED + SCORED))
        how = draw(st.sampled_from(ENCODED[types[name]]))
        if how in ("imputed", "imputed text", "one hot") and draw(st.booleans()):
            values = values.astype(object if types[name] in ("boolean", "text") else float)
            values = values.where(rng.random(len(values)) < 0.8)
            types[name] = "number" if types[name] == "integer" else types[name]
        given[name] = values
        encoders.append(how)
        steps.append((name, encoder(how), [name]))
    table = pd.read_csv(
        io.StringIO(pd.DataFrame(given).to_csv(index=False)),
        dtype={name: "str" for name, kind in types.items() if kind == "text"},
    )
    outcomes = [t for t in TARGETS if t != "two outputs" or "target" not in encoders]
    model, target = draw_outcome(draw, rng, outcomes)
    pipeline = make_pipeline(ColumnTransformer(steps), model)
    if draw(st.booleans()) and hasattr(model, "predict_proba") and len(set(map(str, target))) == 2:
        pipeline = FixedThresholdClassifier(pipeline, threshold=draw(st.sampled_from([0.2, 0.5])))
    pipeline.fit(table.head(TRAINED), target)
    return pipeline, table.tail(SCORED), types


def draw_outcome(draw: st.DrawFn, rng: np.random.Generator, outcomes: list[str]) -> tuple[Any, Any]:
    """An estimator, and what it is to predict."""
    kind = draw(st.sampled_from(outcomes))
    if kind == "regression":
        return draw(st.sampled_from(REGRESSORS)), rng.normal(size=TRAINED)
    if kind == "two outputs":
        return RandomForestClassifier(3), rng.integers(0, 2, (TRAINED, 2))
    values = {"two": ["stayed", "left"], "numbers": [0, 1], "truths": [False, True]}
    return draw(st.sampled_from(CLASSIFIERS)), rng.choice(
        np.array(values.get(kind, ["lo", "mid", "hi"])), TRAINED
    )


def manifest_of(model: Any, types: dict[str, str]) -> Manifest:
    """As ``bin/models add`` makes it where the user says what isn't certain."""
    told = inspect_model(model)
    args = argparse.Namespace(
        features=None, positive_class=None, threshold=None, outputs=None,
        **{f"{kind}_features": [] for kind in ("number", "integer", "boolean", "text")},
    )  # fmt: skip
    learned = resolve_features(told, stated_types(args), all_named=False)
    for name, kind in learned.items():
        getattr(args, f"{kind or types[name]}_features").append(name)
    found = resolve_features(told, stated_types(args), all_named=False)
    return Manifest(
        name="random",
        pipeline="tabular",
        scikit_learn=importlib.metadata.version("scikit-learn"),
        files={},
        features=tuple(found),
        types=tuple(map(str, found.values())),
        input=told.input,
        **resolve_outputs(told, args),
    )


def own_words(model: Any, manifest: Manifest, table: pd.DataFrame) -> list[list[Any] | None]:
    """What the model's methods say of each record, in the columns' order; None where it raises."""
    try:
        return _own_words(model, manifest, table)
    except Exception:  # whatever it raises
        if len(table) == 1:
            return [None]
    alone = (own_words(model, manifest, table.iloc[[row]]) for row in range(len(table)))
    return [words for (words,) in alone]


def _own_words(model: Any, manifest: Manifest, table: pd.DataFrame) -> list[list[Any] | None]:
    predicted = np.asarray(model.predict(table))
    values = getattr(model, manifest.score)(table) if manifest.score else None
    if manifest.kind == "several":
        cells = {}
        for place, name in enumerate(manifest.outputs):
            cells[f"label_{name}"] = predicted[:, place].astype(str).tolist()
            cells[f"score_{name}"] = values[place][:, 1].tolist()
        return [
            list(row)
            for row in zip(*(cells[name] for name in prediction_columns(manifest)), strict=True)
        ]
    if manifest.kind == "regression":
        return [[value] for value in predicted.tolist()]
    labels = [str(label) for label in predicted.tolist()]
    if manifest.kind == "labels":
        return [[label] for label in labels]
    scores = np.asarray(values).tolist()
    if manifest.kind == "classes":
        return [[label, *row] for label, row in zip(labels, scores, strict=True)]
    scores = [row[manifest.positive] if isinstance(row, list) else row for row in scores]
    return [[score, label] for score, label in zip(scores, labels, strict=True)]


def can_be_written(value: Any, decimals: int) -> bool:
    """Whether a cell has room for it: large numbers may make NaN of what a network says."""
    return isinstance(value, str) or abs(value) * 10**decimals < LIMIT  # false for NaN


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(models())
def test_a_task_writes_what_a_random_models_own_methods_say(made: Model) -> None:
    model, table, types = made
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        manifest = manifest_of(model, types)
        learned = zip(manifest.features, manifest.types, strict=True)
        options = {
            "format": "csv",
            "delimiter": ",",
            "columns": [*table.columns],
            "booleans": [n for n, kind in learned if (kind, types[n]) == ("number", "boolean")],
        }
        raw = RawBlock.of_lines(table.to_csv(index=False, header=False).encode())
        scored, rejects = score_block(
            Tabular(manifest, LoadedModel(model, manifest), options), manifest, raw
        )
        rejected = {reject.line for reject in rejects}
        lines = b"".join(batch.tsv for batch in scored).decode().split("\n")[:-1]
        found = iter(line.split("\t")[-len(prediction_columns(manifest)) :] for line in lines)
        for row, expected in enumerate(own_words(model, manifest, table)):
            if expected is None or not all(can_be_written(e, manifest.decimals) for e in expected):
                assert row in rejected
                continue
            assert row not in rejected, next(r for r in rejects if r.line == row)
            for cell, value in zip(next(found), expected, strict=True):
                if isinstance(value, str):
                    assert cell == value
                else:
                    assert abs(float(cell) - value) <= 5.1e-7 * max(1.0, abs(value))
