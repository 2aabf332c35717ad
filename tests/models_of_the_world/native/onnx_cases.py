"""Models of scikit-learn's and of boosters' that were converted to ONNX."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import onnxmltools
import onnxruntime
import pandas
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as OtherFloats
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from tests.models_of_the_world.native.cases import Case, table

warnings.simplefilter("ignore")

TENSOR = {"zipmap": False}


def cases(folder: Path) -> Iterator[Case]:
    data = table(6)
    x = np.nan_to_num(data.x).astype(np.float32)
    letters = np.array(["a", "b", "c"])[data.classes]

    def case(name: str, made: Any, rows: Any, feed: dict[str, Any], **expected: Any) -> Case:
        path = folder / f"onnx {name}.onnx"
        path.write_bytes(made.SerializeToString())
        return Case(f"onnx {name}", "onnx", path, rows, _answers(path, feed), expected)

    def of_array(name: str, model: Any, y: Any, options: Any = None, dtype: Any = np.float32,
                 **expected: Any) -> Case:  # fmt: skip
        rows = x.astype(dtype)
        made = to_onnx(model.fit(rows, y), rows[:1], options=options)
        return case(name, made, rows.astype(np.float64), {"X": rows}, **expected)

    yield of_array("maps of two", LogisticRegression(), data.binary, kind="binary",
                   labels=["0", "1"], input="array", names=[None] * 4)  # fmt: skip
    yield of_array("maps of texts", LogisticRegression(), letters, kind="classes",
                   labels=["a", "b", "c"])  # fmt: skip
    yield of_array("a table of texts", LogisticRegression(), letters, TENSOR, kind="classes",
                   labels=["a", "b", "c"])  # fmt: skip
    forest = RandomForestClassifier(5, max_depth=3, random_state=0)
    yield of_array("a forest", forest, data.binary, TENSOR, labels=["0", "1"])
    network = make_pipeline(StandardScaler(), MLPClassifier((5,), max_iter=5, random_state=0))
    yield of_array("a network", network, letters, TENSOR, labels=["a", "b", "c"])
    yield of_array("numbers", LinearRegression(), data.number, kind="regression")
    yield of_array("numbers of 64 bits", LinearRegression(), data.number, dtype=np.float64,
                   kind="regression", notes=[])  # fmt: skip
    yield of_array("several numbers", LinearRegression(), data.several, kind="several",
                   output_labels=[[], []])  # fmt: skip
    outliers = IsolationForest(n_estimators=5, random_state=0).fit(x)
    made = to_onnx(outliers, x[:1], target_opset={"": 18, "ai.onnx.ml": 3})
    yield case("outliers", made, x.astype(np.float64), {"X": x}, kind="outliers",
               score="decision_function", labels=["anomaly", "normal"])  # fmt: skip
    booster = lightgbm.LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1).fit(x, data.binary)
    made = onnxmltools.convert_lightgbm(booster, initial_types=[("x", OtherFloats([None, 4]))])
    yield case("of LightGBM", made, x.astype(np.float64), {"x": x}, labels=["0", "1"])
    other = xgboost.XGBClassifier(n_estimators=5, n_jobs=1).fit(x, data.classes)
    made = onnxmltools.convert_xgboost(other, initial_types=[("x", OtherFloats([None, 4]))])
    yield case("of XGBoost", made, x.astype(np.float64), {"x": x}, labels=["0", "1", "2"])
    model = LogisticRegression().fit(x, letters)
    made = convert_sklearn(model, initial_types=[("x", FloatTensorType([1, 4]))])
    yield case("one row at a time", made, x.astype(np.float64), {"x": x}, kind="classes")
    made = convert_sklearn(model, initial_types=[("x", FloatTensorType([None, None]))])
    yield case("any columns", made, x.astype(np.float64), {"x": x}, names=[])
    yield _frame(case, letters, x)
    yield _texts(case, letters)
    machine = SVC(decision_function_shape="ovr").fit(x, letters)
    made = to_onnx(machine, x[:1], options={id(machine): {"raw_scores": True, **TENSOR}})
    yield case("a machine's scores", made, x.astype(np.float64), {"X": x}, kind="classes")
    machine.set_params(decision_function_shape="ovo").fit(x, letters)
    made = to_onnx(machine, x[:1], options={id(machine): {"raw_scores": True, **TENSOR}})
    path = folder / "pairs.onnx"
    path.write_bytes(made.SerializeToString())
    yield Case("onnx pairs", "onnx", path, None, {}, {}, refused="of pairs of classes")
    made = to_onnx(KMeans(3, n_init=1).fit(x), x[:1])
    path = folder / "clusters.onnx"
    path.write_bytes(made.SerializeToString())
    yield Case("onnx clusters", "onnx", path, None, {}, {}, refused="scores (tensor(float)")
    made = convert_sklearn(model, initial_types=[("x", FloatTensorType([2, 4]))])
    path = folder / "two rows.onnx"
    path.write_bytes(made.SerializeToString())
    yield Case("onnx two rows", "onnx", path, None, {}, {}, refused="2 rows at a time")


def _frame(case: Any, letters: Any, x: Any) -> Case:
    random = np.random.default_rng(7)
    rows = len(x)
    frame = pandas.DataFrame(
        {
            "age": x[:, 0].astype(np.float64),
            "city": random.choice(["Bern", "Basel", "Chur"], rows),
            "grade": random.integers(0, 4, rows),
        }
    )
    parts = make_column_transformer(
        (StandardScaler(), ["age"]),
        (OneHotEncoder(handle_unknown="ignore"), ["city"]),
        ("passthrough", ["grade"]),
    )
    trained = frame.astype({"age": np.float32})
    model = make_pipeline(parts, LogisticRegression()).fit(trained, letters)
    made = to_onnx(model, trained[:1])
    feed = {name: trained[[name]].to_numpy() for name in trained}
    found = case("a frame", made, frame, feed, input="frame", names=["age", "city", "grade"],
                 types=["number", "text", "integer"])  # fmt: skip
    # onnxruntime makes the text nan of it
    return replace(found, unfit=frame.head(2).assign(city=["Bern", np.nan]))


def _texts(case: Any, letters: Any) -> Case:
    words = ["the big dog", "a small cat", "a red fox runs"]
    texts = np.random.default_rng(8).choice(words, len(letters)).astype(object)
    model = make_pipeline(TfidfVectorizer(lowercase=False), LogisticRegression())
    made = convert_sklearn(
        model.fit(texts, letters), initial_types=[("text", StringTensorType([None, 1]))]
    )
    feed = {"text": texts.reshape(-1, 1)}
    return case("texts", made, texts.tolist(), feed, input="texts", types=["text"])


def _answers(path: Path, feed: dict[str, Any]) -> dict[str, Any]:
    """What onnxruntime says by itself, on one thread: on several it adds trees in other orders."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    if session.get_inputs()[0].shape[0] == 1:
        count = len(next(iter(feed.values())))
        runs = [session.run(None, {name: rows[at : at + 1] for name, rows in feed.items()})
                for at in range(count)]  # fmt: skip
        labels, maps = zip(*runs, strict=True)
        predicted, scores = np.concatenate(labels), [row for piece in maps for row in piece]
    else:
        predicted, *others = session.run(None, feed)
        scores = others[0] if others else None
    answers = {"predict": np.asarray(predicted).squeeze()}
    if scores is None:
        return answers
    if isinstance(scores, list):
        scores = np.array([list(row.values()) for row in scores])
    if scores.shape[1] == 1:
        return answers | {"decision_function": scores.squeeze()}
    return answers | {"predict_proba": scores}
