"""A program for a model's environment: random models of each library's, saved in its own format.

Both readers of such a file, Howdah's and the one that ``bin/models add`` compares it with, have to
say of random rows what the estimator says that was trained. It gives how many were compared, by
format; it fails at the first that differs.
"""

from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from howdah.models.verification.direct_loading import load_model
from howdah.models.verification.direct_prediction import as_taken, predictions
from mr.models.native.formats import load_native
from tests.models_of_the_world.native.train import LIBRARIES
from tests.models_of_the_world.programs import EXAMPLES

TRAINED, ASKED = 60, 20
WORDS = np.array(["Bern", "Basel", "01", "é"], object)
Columns = dict[str, Any]
Saved = tuple[Path, Any]  # the file, and the estimator

counts: Counter[str] = Counter()


def table(draw: st.DrawFn, format_: str) -> pd.DataFrame:
    """Numbers, some of them missing; of the libraries that take some, texts and whole numbers."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = TRAINED + ASKED
    width = draw(st.integers(2, 4))
    found = pd.DataFrame(rng.normal(size=(rows, width)).round(3), columns=[*"abcd"[:width]])
    if format_ == "onnx":
        return found.astype(np.float32)
    if format_ != "xgboost" and draw(st.booleans()):
        found["word"] = rng.choice(WORDS, rows)
        found["grade"] = rng.integers(3, 6, rows)
    numbers = [*"abcd"[:width]]
    return found.assign(**found[numbers].where(rng.random((rows, width)) > 0.1))


def target(draw: st.DrawFn, rows: pd.DataFrame) -> tuple[str, Any]:
    """What is predicted, and what it is of each row."""
    kind = draw(st.sampled_from(["two", "three", "number"]))
    number = rows["b"].fillna(0).to_numpy() + rows["a"].isna().to_numpy() - 0.2
    edges = {"two": [0.0], "three": [-0.5, 0.5]}
    return kind, np.digitize(number, edges[kind]) if kind in edges else number


def xgboost(draw: st.DrawFn, rows: Any, kind: str, wanted: Any, path: Path) -> Saved:
    import xgboost

    objectives = {
        "two": ["binary:logistic", "binary:logitraw", "binary:hinge"],
        "three": ["multi:softprob"],
        "number": ["reg:squarederror", "reg:absoluteerror"],
    }
    make = xgboost.XGBRegressor if kind == "number" else xgboost.XGBClassifier
    model = make(
        n_estimators=3,
        n_jobs=1,
        max_depth=2,
        objective=draw(st.sampled_from(objectives[kind])),
        booster=draw(st.sampled_from(["gbtree", "dart", "gblinear"])),
    )
    model.fit(draw(st.sampled_from([rows, rows.to_numpy()])), wanted)
    path = path.with_suffix(draw(st.sampled_from([".json", ".ubj"])))
    model.save_model(path)
    return path, model


def lightgbm(draw: st.DrawFn, rows: Any, kind: str, wanted: Any, path: Path) -> Saved:
    import lightgbm

    make = lightgbm.LGBMRegressor if kind == "number" else lightgbm.LGBMClassifier
    boosting = draw(st.sampled_from(["gbdt", "dart"]))
    options: Any = {"boosting_type": boosting, "n_jobs": 1, "verbose": -1, "min_child_samples": 2}
    typed = rows.astype({name: "category" for name in rows if name in ("word", "grade")})
    model = make(n_estimators=3, **options).fit(typed, wanted)
    model.booster_.save_model(path.with_suffix(".txt"))
    return path.with_suffix(".txt"), model


def catboost(draw: st.DrawFn, rows: Any, kind: str, wanted: Any, path: Path) -> Saved:
    import catboost

    options: Any = {"verbose": False, "allow_writing_files": False, "thread_count": 1}
    options["cat_features"] = [name for name in rows if name in ("word", "grade")]
    if kind == "number":
        options["loss_function"] = draw(st.sampled_from(["RMSE", "MAE"]))
        model = catboost.CatBoostRegressor(3, depth=2, **options).fit(rows, wanted)
    else:
        labels = draw(st.sampled_from([np.arange(3), np.array(["no", "so", "yes"])]))
        model = catboost.CatBoostClassifier(3, depth=2, **options).fit(rows, labels[wanted])
    if kind == "two" and draw(st.booleans()):
        model.set_probability_threshold(0.3)
    model.save_model(str(path.with_suffix(".cbm")))
    return path.with_suffix(".cbm"), model


def onnx(draw: st.DrawFn, rows: Any, kind: str, wanted: Any, path: Path) -> Saved:
    """What says the same of each row is onnxruntime, asked with nothing between."""
    from onnxruntime import InferenceSession, SessionOptions
    from skl2onnx import to_onnx
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    linear, tree = (
        (LinearRegression, DecisionTreeRegressor)
        if kind == "number"
        else (LogisticRegression, DecisionTreeClassifier)
    )
    trained: Any = draw(st.sampled_from([linear(), tree(max_depth=3)])).fit(rows.to_numpy(), wanted)
    options = {"zipmap": False} if kind != "number" and draw(st.booleans()) else None
    written = to_onnx(trained, rows.to_numpy()[:1], options=options).SerializeToString()
    path.with_suffix(".onnx").write_bytes(written)
    alone = SessionOptions()
    alone.intra_op_num_threads = 1
    session = InferenceSession(written, alone, providers=["CPUExecutionProvider"])
    return path.with_suffix(".onnx"), Session(session)


class Session:
    """What a session says, as an estimator would."""

    def __init__(self, session: Any) -> None:
        self.session = session

    def predict(self, rows: Any) -> Any:
        return np.ravel(self.session.run(None, {"X": rows.to_numpy()})[0])

    def predict_proba(self, rows: Any) -> Any:
        found = self.session.run(None, {"X": rows.to_numpy()})[1]
        return np.array([[*row.values()] for row in found]) if isinstance(found, list) else found


TRAINERS: dict[str, Callable[..., Saved]] = {
    "xgboost": xgboost,
    "lightgbm": lightgbm,
    "catboost": catboost,
    "onnx": onnx,
}


def said(model: Any, rows: pd.DataFrame, request: dict[str, Any]) -> Columns:
    """What an estimator says of rows, as scores.tsv has it."""
    if request["kind"] == "regression":
        return {"score": model.predict(rows).astype(float)}
    label = {"label": np.ravel(model.predict(rows)).astype(str)}
    if request["score"] == "predict_proba":
        chances = model.predict_proba(rows).astype(float)
        if request["kind"] == "binary":
            return label | {"score": chances[:, 1]}
        names = [f"score_{each}" for each in request["labels"]]
        return label | dict(zip(names, chances.T, strict=True))
    if request["score"] == "decision_function":
        return label | {"score": model.predict(rows, output_margin=True).astype(float)}
    return label


def same(found: Columns, wanted: Columns) -> bool:
    """Whether all columns have the same texts and bits."""
    return found.keys() == wanted.keys() and all(
        np.asarray(found[name]).tolist() == wanted[name].tolist() for name in wanted
    )


def compare(draw: st.DrawFn, format_: str, path: Path) -> None:
    """One model of a format."""
    rows = table(draw, format_)
    kind, wanted = target(draw, rows)
    assume(len({*wanted[:TRAINED].tolist()}) > (2 if kind == "three" else 1))
    try:
        file, model = TRAINERS[format_](draw, rows[:TRAINED], kind, wanted[:TRAINED], path)
    except ValueError:  # of two options that don't go together
        return
    asked = rows[TRAINED:].reset_index(drop=True)
    typed = asked
    if format_ == "lightgbm":
        known = {name: pd.CategoricalDtype(sorted({*rows[name][:TRAINED]}))
                 for name in asked if name in ("word", "grade")}  # fmt: skip
        typed = asked.astype(known)
    reader = load_native(format_, file)
    about = reader.description
    types = {"word": "text", "grade": "integer"}
    request = {
        "model_format": format_, "kind": about.kind, "score": about.score, "positive": 1,
        "labels": about.labels, "threshold": None, "input": about.input,
        "types": {name: types.get(name, "number") for name in asked},
    }  # fmt: skip
    expected = said(model, typed, request)
    direct = load_model(str(file), request)
    plain = asked.astype({name: float for name in asked if name not in types})
    given_ = plain if about.input == "frame" else plain.to_numpy()
    assert same(predictions(reader, given_, request), expected), "Howdah's reader"
    assert same(predictions(direct, as_taken(direct, plain, request), request), expected), "direct"
    counts[format_] += 1


def compare_some(path: Path, format_: str) -> None:
    """Some models of a format, since each library takes its part of the time."""

    @settings(
        max_examples=EXAMPLES // 2,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def some(data: Any) -> None:
        compare(data.draw, format_, path)

    some()


def main(folder: Path) -> dict[str, int]:
    """Compare some models of each format whose library is there."""
    for format_ in TRAINERS:
        if find_spec(LIBRARIES[format_]):
            compare_some(folder / "random", format_)
    return dict(counts)
