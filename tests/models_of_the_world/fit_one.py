"""A program for a model's environment: fits one model, saves it, and says what it predicts.

``fit_one.py ENVIRONMENT NAME FOLDER``: the model and ``table.csv`` are written to the folder; on
stdout, as JSON: the model's file, and its score and its label for each record.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[:1] = [sys.argv[1]]

import numpy as np
import pandas as pd

RECORDS = 60
Fitted = tuple[str, Any, Any]  # the model's file, its scores, its labels


def table() -> pd.DataFrame:
    """Customers, of whom some have no income."""
    rng = np.random.default_rng(7)
    income = rng.normal(50, 15, RECORDS).round(2)
    return pd.DataFrame({
        "age": rng.integers(18, 90, RECORDS) + 0.5,
        "income": np.where(np.arange(RECORDS) % 6, income, np.nan),
        "city": rng.choice(["Basel", "Bern", "Chur"], RECORDS),
    })  # fmt: skip


def answer(customers: pd.DataFrame) -> Any:
    """Who leaves."""
    return np.where(customers.age + customers.income.fillna(50) > 100, "left", "stayed")


def pipeline(customers: pd.DataFrame, folder: Path) -> Fitted:
    import joblib
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    columns = make_column_transformer(
        (SimpleImputer(), ["age", "income"]), (OneHotEncoder(), ["city"])
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=1000))
    model.fit(customers, answer(customers))
    joblib.dump(model, folder / "pipeline.joblib")
    return "pipeline.joblib", model.predict_proba(customers)[:, 1], model.predict(customers)


def forest(customers: pd.DataFrame, folder: Path) -> Fitted:
    import joblib
    from sklearn.ensemble import RandomForestClassifier

    numbers = customers[["age", "income"]]
    model = RandomForestClassifier(9, random_state=0).fit(numbers, answer(customers))
    joblib.dump(model, folder / "forest.joblib", compress=3)
    return "forest.joblib", model.predict_proba(numbers)[:, 1], model.predict(numbers)


def xgboost(customers: pd.DataFrame, folder: Path) -> Fitted:
    import pickle

    from xgboost import XGBClassifier

    numbers = customers[["age", "income"]]
    model = XGBClassifier(n_estimators=5).fit(numbers, answer(customers) == "stayed")
    (folder / "xgboost.pkl").write_bytes(pickle.dumps(model))
    return "xgboost.pkl", model.predict_proba(numbers)[:, 1], model.predict(numbers)


def lightgbm(customers: pd.DataFrame, folder: Path) -> Fitted:
    import joblib
    from lightgbm import LGBMRegressor

    typed = customers.astype({"city": "category"})
    model = LGBMRegressor(n_estimators=5, min_child_samples=2, verbose=-1)
    model.fit(typed, customers.age * 2)
    joblib.dump(model, folder / "lightgbm.joblib")
    return "lightgbm.joblib", model.predict(typed), None


def catboost(customers: pd.DataFrame, folder: Path) -> Fitted:
    import joblib
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(5, verbose=0, allow_writing_files=False)
    model.fit(customers, answer(customers), cat_features=["city"])
    joblib.dump(model, folder / "catboost.joblib")
    return "catboost.joblib", model.predict_proba(customers)[:, 1], model.predict(customers)


def onnx(customers: pd.DataFrame, folder: Path) -> Fitted:
    from onnxruntime import InferenceSession
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    numbers = customers[["age"]].to_numpy(np.float32)
    model = LogisticRegression().fit(numbers, answer(customers))
    written = to_onnx(model, numbers[:1], options={"zipmap": False}).SerializeToString()
    (folder / "model.onnx").write_bytes(written)
    session = InferenceSession(written, providers=["CPUExecutionProvider"])
    labels, scores = session.run(None, {session.get_inputs()[0].name: numbers})
    return "model.onnx", scores[:, 1], labels


def skops(customers: pd.DataFrame, folder: Path) -> Fitted:
    import skops.io
    from sklearn.linear_model import LinearRegression

    numbers = customers[["age"]]
    model = LinearRegression().fit(numbers, customers.age**2)
    skops.io.dump(model, folder / "model.skops")
    return "model.skops", model.predict(numbers), None


def main(name: str, folder: Path) -> None:
    warnings.simplefilter("ignore")
    customers = table()
    customers.to_csv(folder / "table.csv", index=False)
    file, scores, labels = globals()[name](customers, folder)
    found = {"file": file, "scores": [float(each) for each in scores]}
    print(json.dumps(found | {"labels": labels is not None and [str(each) for each in labels]}))


if __name__ == "__main__":
    main(sys.argv[2], Path(sys.argv[3]))
