"""A program for a model's environment: fits models for ``bin/models add`` with what is there.

It writes ``table.csv`` and the models' files, and gives for each what its own library says of the
table: the probability of class 1, and the label.
"""

import pickle
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

RECORDS = 60
Fitted = tuple[Any, Any]  # of each record the score and the label


def table() -> pd.DataFrame:
    """Customers, of whom some have no income."""
    rng = np.random.default_rng(7)
    income = rng.normal(50, 15, RECORDS).round(2)
    return pd.DataFrame({
        "age": rng.integers(18, 90, RECORDS) + 0.5,
        "income": np.where(np.arange(RECORDS) % 6, income, np.nan),
        "city": rng.choice(["Basel", "Bern", "Chur"], RECORDS),
    })  # fmt: skip


def stayed(customers: pd.DataFrame) -> Any:
    """1: who stayed."""
    return (customers.age + customers.income.fillna(50) <= 100).astype(int).to_numpy()


def pipeline(customers: pd.DataFrame, file: Path) -> Fitted:
    from lightgbm import LGBMClassifier

    columns = make_column_transformer(
        (SimpleImputer(), ["age", "income"]), (OneHotEncoder(), ["city"])
    )
    trees = LGBMClassifier(n_estimators=5, min_child_samples=2, n_jobs=1, verbose=-1)
    model = make_pipeline(columns, trees).fit(customers, stayed(customers))
    joblib.dump(model, file, compress=3)
    return model.predict_proba(customers)[:, 1], model.predict(customers)


def voting(customers: pd.DataFrame, file: Path) -> Fitted:
    from catboost import CatBoostClassifier
    from xgboost import XGBClassifier

    numbers = customers[["age", "income"]]
    models = [
        ("forest", RandomForestClassifier(9, random_state=0)),
        ("xgboost", XGBClassifier(n_estimators=5, n_jobs=1)),
        ("catboost", CatBoostClassifier(5, verbose=0, allow_writing_files=False, thread_count=1)),
    ]
    model = VotingClassifier(models, voting="soft").fit(numbers, stayed(customers))
    file.write_bytes(pickle.dumps(model))
    return model.predict_proba(numbers)[:, 1], model.predict(numbers)


def xgboost(customers: pd.DataFrame, file: Path) -> Fitted:
    from xgboost import XGBClassifier

    numbers = customers[["age", "income"]]
    model = XGBClassifier(n_estimators=5, n_jobs=1).fit(numbers, stayed(customers))
    model.save_model(file)
    return model.predict_proba(numbers)[:, 1], model.predict(numbers)


def catboost(customers: pd.DataFrame, file: Path) -> Fitted:
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(5, verbose=0, allow_writing_files=False, thread_count=1)
    model.fit(customers, stayed(customers), cat_features=["city"])
    model.save_model(str(file))
    return model.predict_proba(customers)[:, 1], model.predict(customers)


def lightgbm(customers: pd.DataFrame, file: Path) -> Fitted:
    from lightgbm import LGBMClassifier

    typed = customers.astype({"city": "category"})
    model = LGBMClassifier(n_estimators=5, min_child_samples=2, n_jobs=1, verbose=-1)
    model.fit(typed, stayed(customers))
    model.booster_.save_model(file)
    return model.predict_proba(typed)[:, 1], model.predict(typed)


def onnx(customers: pd.DataFrame, file: Path) -> Fitted:
    from onnxruntime import InferenceSession
    from skl2onnx import to_onnx

    numbers = customers[["age"]].to_numpy(np.float32)
    model = LogisticRegression().fit(numbers, stayed(customers))
    written = to_onnx(model, numbers[:1], options={"zipmap": False}).SerializeToString()
    file.write_bytes(written)
    session = InferenceSession(written, providers=["CPUExecutionProvider"])
    labels, scores = session.run(None, {session.get_inputs()[0].name: numbers})
    return scores[:, 1], labels


def skops(customers: pd.DataFrame, file: Path) -> Fitted:
    import skops.io

    numbers = customers[["age"]]
    model = LogisticRegression().fit(numbers, stayed(customers))
    skops.io.dump(model, file)
    return model.predict_proba(numbers)[:, 1], model.predict(numbers)


MODELS: dict[str, tuple[Callable[[pd.DataFrame, Path], Fitted], tuple[str, ...]]] = {
    "pipeline.joblib": (pipeline, ("lightgbm",)),  # and what each needs
    "voting.pkl": (voting, ("catboost", "xgboost")),
    "xgboost.json": (xgboost, ("xgboost",)),
    "catboost.cbm": (catboost, ("catboost",)),
    "lightgbm.txt": (lightgbm, ("lightgbm",)),
    "model.onnx": (onnx, ("skl2onnx",)),
    "model.skops": (skops, ("skops",)),
}


def main(folder: Path) -> dict[str, Any]:
    """Fit those whose libraries are there; scores and labels by the file's name."""
    customers = table()
    customers.to_csv(folder / "table.csv", index=False)
    found = {}
    for name, (fit, libraries) in MODELS.items():
        if all(map(find_spec, libraries)):
            scores, labels = fit(customers, folder / name)
            found[name] = {
                "scores": [float(each) for each in scores],
                "labels": [str(each) for each in labels],
            }
    return found
