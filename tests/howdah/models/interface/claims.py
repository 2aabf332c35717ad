"""Holds what was learned of a model to what the model does: no claim may fail."""

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from howdah.models.interface.inspection import ModelInterface, inspect_model

DTYPES = {"number": "float64", "integer": "int64", "boolean": "bool"}
RIGHT = {  # the types that give a model what it was trained with
    "f": {"number"},
    "i": {"number", "integer"},
    "b": {"number", "boolean"},
    "O": {"text"},
}


def kind_of(column: Any) -> str:
    """f, i, b or O: what pandas.read_csv makes of a column, but for what is missing."""
    known = column.dropna()
    if len(known) < len(column) and all(isinstance(value, bool) for value in known):
        return "b"
    kind: str = column.dtype.kind
    return kind if kind in "fib" else "O"


def as_learned(interface: ModelInterface, table: Any, types: Iterable[str | None]) -> Any:
    """The records of ``table`` in the form and of the types that were learned.

    A column whose type can't be known stays as it is.
    """
    if interface.input == "texts":
        return list(table.iloc[:, 0])
    names = [feature.name for feature in interface.features]
    columns = table[names] if None not in names else table
    columns = columns.copy()
    for name, kind in zip(columns.columns, types, strict=True):
        if kind in DTYPES and not columns[name].isna().any():
            columns[name] = columns[name].astype(DTYPES[kind])
    if interface.input == "categories":
        kinds = zip(columns.columns, types, strict=True)
        return columns.astype({name: "category" for name, kind in kinds if kind != "number"})
    if interface.input == "array":
        return columns.to_numpy()
    return columns


def answer(model: Any, method: str, rows: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(model, method)(rows)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return all(map(same, one, other))
    if np.asarray(one).dtype.kind in "fc":
        return bool(np.allclose(one, other, rtol=1e-6, atol=1e-7, equal_nan=True))
    return bool(np.array_equal(one, other))


def check_claims(
    model: Any, table: Any, given: Any = None, interface: ModelInterface | None = None
) -> ModelInterface:
    """Check all that is learned of ``model``, which was fitted on ``table`` (given as ``given``).

    ``table`` has names where the model may know them; its columns' dtypes are the truth.
    """
    learned = interface or inspect_model(model)
    given = table if given is None else given
    names = [feature.name or name
             for feature, name in zip(learned.features, table.columns, strict=False)]  # fmt: skip
    for name, feature in zip(names, learned.features, strict=True):
        if feature.type is not None:
            assert feature.type in RIGHT[kind_of(table[name])], (name, feature)
    rows = as_learned(learned, table, [feature.type for feature in learned.features])
    for method in {"predict", learned.score} - {""}:
        assert same(answer(model, method, given), answer(model, method, rows)), method
    check_outputs(learned, model, given)
    if given is table:
        check_missing(learned, model, table)
    return learned


def check_outputs(learned: ModelInterface, model: Any, rows: Any) -> None:
    """Kind, labels, positive and threshold against the model's own answers."""
    labels = answer(model, "predict", rows)
    scores = answer(model, learned.score, rows) if learned.score else None
    if learned.kind == "several":
        assert labels.shape == (len(rows), learned.outputs)
        for place, known in enumerate(learned.output_labels):
            for label in labels[:, place] if known else ():  # a chain's are 1.0 where it is 1
                assert {str(label), str(label).removesuffix(".0")} & set(known)
            if isinstance(scores, list):
                assert scores[place].shape == (len(rows), len(known))
        assert scores is None or isinstance(scores, list) or scores.shape == labels.shape
        return
    assert labels.size == len(rows)
    labels = np.ravel(labels)
    if learned.kind == "regression":
        return
    if learned.kind == "outliers":
        assert set(labels) <= {-1, 1}
        assert scores is not None
        assert scores.shape == (len(rows),)
        return
    assert {str(label) for label in labels} <= set(learned.labels)
    if learned.kind == "classes":
        assert scores is not None
        assert scores.shape == (len(rows), len(learned.labels))
    if learned.kind == "binary":
        check_threshold(learned, labels, np.asarray(scores))


def check_threshold(learned: ModelInterface, labels: Any, scores: Any) -> None:
    chances = scores if scores.ndim == 1 else scores[:, learned.positive]
    if scores.ndim == 1 and learned.positive == 0:
        chances = -chances
    if learned.threshold is None:
        return
    above = chances >= learned.threshold
    expected = np.where(above, learned.labels[learned.positive],
                        learned.labels[1 - learned.positive])  # fmt: skip
    assert [str(label) for label in labels] == list(expected)


def check_missing(learned: ModelInterface, model: Any, table: Any) -> None:
    """A missing value raises where the model is said to refuse it, and never where it isn't."""
    for feature, name in zip(learned.features, table.columns, strict=False):
        if feature.missing is None:
            continue
        column = feature.name or name
        gap = table.dropna().head(3).copy() if len(table.dropna()) > 2 else table.head(3).copy()
        with_gaps = {"b": object, "i": "float64"}
        kind = "i" if feature.type == "number" else kind_of(gap[column])
        gap[column] = gap[column].astype(with_gaps.get(kind, gap[column].dtype))
        gap.iloc[1, gap.columns.get_loc(column)] = np.nan
        try:
            answer(model, "predict", gap)
            raised = False
        except Exception:
            raised = True
        assert raised is not feature.missing, (column, feature)
