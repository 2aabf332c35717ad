"""Predictions of the model itself, as its owner would get them in a notebook with pandas.

This is a program of its own, ``direct_prediction.py REQUEST ANSWER``, which imports nothing of
Howdah: it has neither the tasks' readers, nor their fixed shapes, nor their rounding, and so shares
no mistake with them.
"""

import csv
import json
import re
import runpy
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SPELLED = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
RECORDS = 5  # without missing values, for trials
NUMBER = re.compile(r"-?\d+(\.\d+)?")
# before pandas 3, the last bit of a long number may be another one without it
EXACT: Any = {"float_precision": "round_trip"} if pd.__version__ < "3" else {}
OUTLIERS = {-1: "anomaly", 1: "normal"}


def main(request_file: str, answer_file: str) -> None:
    """Answer one request; both files are the caller's."""
    request = json.loads(Path(request_file).read_text())
    table = read(request)
    if "infer" in request:
        kinds = {name: kind_of(table[name]) for name in request["infer"]}
        whole = table[[*request["types"], *request["infer"]]].dropna().head(RECORDS)
        found = {"kinds": kinds, "records": json.loads(whole.to_json(orient="records"))}
        Path(answer_file).write_text(json.dumps(found))
        return
    loading = runpy.run_path(str(Path(__file__).with_name("direct_loading.py")))
    with sequential():
        model = loading["load_model"](request["model"], request)
        columns, raised = answer(model, table, request)
    known = {f"known {name}": text_of(table[name]) for name in request["known"]}
    features = [*request["types"]]
    lacking = {
        "missing": [name for name in features if table[name].isna().any()],
        "absent": [name for name in features if table[name].isna().all()],
    }
    named = {what: np.array(names, str) for what, names in lacking.items()}
    answered = {"raised": raised, **named, **columns, **known}
    np.savez(answer_file, **answered)  # type: ignore[arg-type]


def sequential() -> AbstractContextManager[Any]:
    """Meanwhile joblib, where scikit-learn has brought it, starts nothing."""
    try:
        import joblib
    except ImportError:
        return nullcontext()
    if not hasattr(joblib, "parallel_config"):  # before joblib 1.3
        old: AbstractContextManager[Any] = joblib.parallel_backend("sequential")
        return old
    now: AbstractContextManager[Any] = joblib.parallel_config(backend="sequential")
    return now


def within(table: pd.DataFrame, value: Mapping[str, Any]) -> pd.Series:
    """A feature that stands in nested objects of a table's column, or in a list there."""
    first, *keys = value["keys"]
    cells = table[first].tolist()
    for key in keys:
        cells = [cell.get(key) if isinstance(cell, dict) else None for cell in cells]
    if value["length"]:
        cells = [cell[value["index"]] if isinstance(cell, list) else None for cell in cells]
    return pd.Series(cells, table.index)


def read(request: Mapping[str, Any]) -> pd.DataFrame:
    """The table, typed by pandas but for texts, which stay as they are written."""
    texts = [name for name, kind in request["types"].items() if kind == "text"]
    texts += [name for name in request["known"] if name not in request["types"]]
    file = request["table"]
    if request["format"] == "lines":
        return pd.DataFrame({request["columns"][0]: Path(file).read_text().split("\n")[:-1]})
    if request["format"] == "json":
        table = pd.read_json(
            file, lines=True, dtype=False, convert_dates=False, convert_axes=False,
            precise_float=True,
        )  # fmt: skip
        inner = {value["name"]: within(table, value) for value in request["inner"]}
        table = table.assign(**inner)
        return table.reindex(columns=[*table.columns, *(set(request["types"]) - set(table))])
    return pd.read_csv(
        file,
        sep=request["delimiter"],
        header=0 if request["header"] else None,
        names=request["columns"],
        index_col=False,
        dtype=dict.fromkeys(texts, "str"),
        quoting=csv.QUOTE_MINIMAL if request["format"] == "csv" else csv.QUOTE_NONE,
        low_memory=False,
        **EXACT,
    )


def kind_of(column: "pd.Series[Any]") -> str:
    """What pandas made of a column: a feature's type, or, in other words, what is unclear."""
    present = column.dropna()
    if present.empty:
        return "nothing but missing values"
    if column.dtype.kind == "f" and (present == np.rint(present)).all():
        missing = len(present) < len(column)
        return "whole numbers and missing values" if missing else "whole numbers, some as 1.0"
    if column.dtype.kind in "fiub":
        return {"f": "number", "b": "boolean"}.get(column.dtype.kind, "integer")
    kinds = {type(value) for value in present}
    if kinds <= {bool, np.bool_}:
        return "boolean"
    return "text" if kinds == {str} else "values of several types"


def typed(column: "pd.Series[Any]", kind: str) -> tuple["pd.Series[Any]", NDArray[np.bool_]]:
    """A column as the model was trained to see it; which of its cells (n,) can't be that."""
    if kind == "text":
        return column.astype("str").where(column.notna()), np.zeros(len(column), np.bool_)
    if kind == "boolean":
        cells = column.map(_boolean, na_action="ignore").astype(object)
    else:
        cells = pd.to_numeric(column, errors="coerce").astype("float64")
        if kind == "integer":
            cells = cells.where(cells == np.rint(cells))
            exact = column if column.dtype.kind in "iu" else cells
            if cells.notna().all():
                cells = exact.astype("int64")
    return cells, np.asarray(cells.isna() & column.notna())


def _boolean(value: object) -> object:
    return SPELLED.get(str(value).lower(), np.nan)


def answer(
    model: Any, table: pd.DataFrame, request: Mapping[str, Any]
) -> tuple[dict[str, NDArray[Any]], NDArray[Any]]:
    """The columns of predictions, by name (n,), and what was raised for each row, or nothing."""
    frame, unreadable = pd.DataFrame(index=table.index), np.zeros(len(table), np.bool_)
    for name, kind in request["types"].items():
        if name in request["numeric"] and table[name].dtype.kind in "fiub":
            frame[name] = table[name]  # as pandas has it, whatever Howdah makes of it
        else:
            frame[name], bad = typed(table[name], kind)
            unreadable |= bad
    raised = np.where(unreadable, "can't be read", "").astype(object)
    columns: dict[str, NDArray[Any]] = {}
    exact = [name for name, kind in request["types"].items() if kind in ("integer", "boolean")]
    patterns = np.zeros(len(frame), np.intp)
    if exact:
        missing = frame[exact].isna().to_numpy()
        patterns = np.unique(missing, axis=0, return_inverse=True)[1].reshape(len(frame))
    for pattern in np.unique(patterns):
        rows = np.flatnonzero((patterns == pattern) & ~unreadable)
        part = frame.iloc[rows].copy()
        for name in exact:
            if not part[name].isna().any():
                part[name] = part[name].astype(
                    "int64" if request["types"][name] == "integer" else "bool"
                )
        _ask(model, part, rows, request, columns, raised)
    return columns, raised.astype(str)


def _ask(
    model: Any,
    part: pd.DataFrame,
    rows: NDArray[np.intp],
    request: Mapping[str, Any],
    columns: dict[str, NDArray[Any]],
    raised: NDArray[Any],
) -> None:
    """Ask for all rows at once or, where the model raises, for half of them at a time."""
    if not len(rows):
        return
    try:
        found = predictions(model, as_taken(model, part, request), request)
    except Exception as error:  # whatever the model raises
        if len(rows) == 1:
            raised[rows] = f"{type(error).__name__}: {error}"[:300] or "raised"
            return
        half = len(rows) // 2
        _ask(model, part.iloc[:half], rows[:half], request, columns, raised)
        _ask(model, part.iloc[half:], rows[half:], request, columns, raised)
        return
    for name, values in found.items():
        whole = columns.setdefault(name, np.zeros(len(raised), values.dtype))
        if whole.dtype != values.dtype:
            whole = columns[name] = whole.astype(np.promote_types(whole.dtype, values.dtype))
        whole[rows] = values


def as_taken(model: Any, part: pd.DataFrame, request: Mapping[str, Any]) -> Any:
    """Records in the form that the model takes."""
    form = request["input"]
    if form == "categories":
        kinds = request["types"].items()
        return part.astype({name: "category" for name, kind in kinds if kind != "number"})
    if hasattr(model, "feature_names_in_"):
        return part
    if form == "array":
        return part.to_numpy()
    if form == "texts":
        return part.iloc[:, 0].tolist()
    if form == "series":
        return part.iloc[:, 0]
    return part.to_dict("records") if form == "records" else part


def predictions(model: Any, records: Any, request: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """What the model's own methods say, by the names of the columns of scores.tsv."""
    kind, method = request["kind"], request["score"]
    predicted = np.asarray(model.predict(records))
    if kind == "regression":
        return {"score": predicted.reshape(len(predicted)).astype(np.float64)}
    if kind == "outliers":
        found = {"label": np.array([OUTLIERS[int(value)] for value in predicted])}
        if method:
            found["score"] = np.asarray(getattr(model, method)(records), np.float64)
        return found
    if kind == "clusters":
        found = {"cluster": texts(predicted)}
        if method:
            found["distance"] = np.asarray(model.transform(records)).min(axis=1)
        return found
    values = getattr(model, method)(records) if method and method != "predict" else None
    if kind == "several":
        return _several(predicted, values, request)
    labels = texts(predicted.reshape(len(predicted)))
    if values is None:
        return {"label": labels}
    values = np.asarray(values, np.float64)
    if kind == "classes":
        names = [f"score_{label}" for label in request["labels"]]
        return {"label": labels} | dict(zip(names, values.T, strict=True))
    score = values[:, request["positive"]] if values.ndim == 2 else values
    if request["threshold"] is not None:
        negative, positive = request["labels"], request["labels"][request["positive"]]
        other = negative[1 - request["positive"]]
        labels = np.where(score > request["threshold"], positive, other)
    return {"score": score, "label": labels}


def _several(
    predicted: NDArray[Any], values: Any, request: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for place, (name, labels) in enumerate(
        zip(request["outputs"], request["output_labels"], strict=True)
    ):
        column = predicted[:, place]
        if not labels:
            found[f"score_{name}"] = column.astype(np.float64)
            continue
        found[f"label_{name}"] = texts(column, labels)
        if values is None:
            continue
        if isinstance(values, list):
            one = np.asarray(values[place], np.float64)
        else:
            one = np.asarray(values, np.float64)[:, place]
        if one.ndim == 1:
            found[f"score_{name}"] = one
        elif len(labels) == 2:
            found[f"score_{name}"] = one[:, 1]
        else:
            found |= {f"score_{name}_{label}": one[:, at] for at, label in enumerate(labels)}
    return found


def texts(values: Any, labels: Sequence[str] = ()) -> NDArray[np.str_]:
    """Classes as text; a chain of classifiers says 1.0 for its class 1."""
    numbers = {float(label): label for label in labels if NUMBER.fullmatch(label)}
    found = (str(value) for value in np.asarray(values).tolist())
    return np.array([
        numbers.get(float(text), text) if text not in labels and NUMBER.fullmatch(text) else text
        for text in found
    ])  # fmt: skip


def text_of(column: "pd.Series[Any]") -> NDArray[np.str_]:
    """A column of known answers as text; missing ones are empty."""
    return np.array(["" if pd.isna(value) else str(value) for value in column])


if __name__ == "__main__":
    main(*sys.argv[1:])
