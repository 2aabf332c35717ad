"""A model in a process of its own gives the very bytes that it gives in its task's process."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mr.model_process.start import own_packages
from tests.mr.conftest import Score

RNG = np.random.default_rng(18)
ROWS = 5000  # more than two calls have
CITIES = ["Basel", "Zürich", "Genève", "Bern, West", "x\ny"]
TABLE = pd.DataFrame(
    {
        "amount": RNG.normal(size=ROWS).round(4),
        "count": RNG.integers(0, 9, ROWS),
        "member": RNG.integers(0, 2, ROWS).astype(bool),
        "city": RNG.choice(CITIES[:4], ROWS),
    }
)
CLASSES = np.array(["no", "yes", "later"])[
    (TABLE["amount"] > 0).astype(int) + (TABLE["count"] > 6).astype(int)
]
BINARY = np.where(TABLE["amount"] + TABLE["member"] > 0.5, "yes", "no")
FRAME = {"input": "frame", "types": ["number", "integer", "boolean", "text"]}
NUMBERS = ["amount", "count"]


@dataclass(frozen=True)
class Case:
    """A fitted model, its records, and what its manifest states."""

    model: Any
    table: pd.DataFrame
    stated: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    pipeline: str = "tabular"
    rejected: int = 0

    @property
    def data(self) -> bytes:
        if self.pipeline == "text":
            return "".join(f"{text}\n" for text in self.table["text"]).encode()
        return bytes(self.table.to_csv(index=False, header=False).encode())


def frame() -> Case:
    """A pipeline of steps for columns, which raises for a city that it doesn't know."""
    steps = make_column_transformer(
        (StandardScaler(), NUMBERS), (OneHotEncoder(), ["city"]), remainder="passthrough"
    )
    model = make_pipeline(steps, LogisticRegression(max_iter=500)).fit(TABLE, CLASSES)
    table = TABLE.astype({"count": object, "member": object})
    table.loc[7, "count"] = table.loc[9, "member"] = None  # their rows get other types
    table.loc[[70, 3001], "city"] = "Atlantis"
    table.loc[71, "city"] = "Lemuria"
    labels = ["later", "no", "yes"]
    stated = {"kind": "classes", "labels": labels, "labels_from": "near"} | FRAME
    return Case(model, table, stated | {"refuses_missing": ["count", "member"]}, rejected=5)


def array() -> Case:
    """Numbers alone, for which only a class near a tie is asked for."""
    model = LogisticRegression().fit(TABLE[NUMBERS].to_numpy(), BINARY)
    return Case(model, TABLE[NUMBERS], {"labels_from": "near", "decimals": 15})


def forest() -> Case:
    """Rows that aren't cut into pieces."""
    model = RandomForestClassifier(9, random_state=0, n_jobs=2)
    model.fit(TABLE[NUMBERS].to_numpy(), CLASSES)
    stated = {"kind": "classes", "labels": ["later", "no", "yes"], "decimals": 15}
    return Case(model, TABLE[NUMBERS], stated)


def texts() -> Case:
    """Texts, a record a line."""
    sentences = TABLE["city"] + " — " + TABLE["count"].astype(str) + " 🐘"
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(sentences, BINARY)
    table = pd.DataFrame({"text": sentences})
    stated = {"input": "texts", "features": [], "refuses_missing": []}
    return Case(model, table, stated | {"decimals": 15}, pipeline="text")


def records() -> Case:
    """A dict for each record."""
    dicts = TABLE[["amount", "city"]].to_dict("records")
    model = make_pipeline(DictVectorizer(), LinearRegression()).fit(dicts, TABLE["count"])
    stated = {"kind": "regression", "score": "predict", "labels": [], "input": "records"}
    return Case(model, TABLE[["amount", "city"]], stated | {"types": ["number", "text"]})


def several() -> Case:
    """More than one output."""
    answers = np.column_stack([BINARY, CLASSES])
    model = MultiOutputClassifier(LogisticRegression()).fit(TABLE[NUMBERS].to_numpy(), answers)
    stated = {
        "kind": "several",
        "labels": [],
        "outputs": ["bought", "when"],
        "output_labels": [["no", "yes"], ["later", "no", "yes"]],
    }
    return Case(model, TABLE[NUMBERS], stated)


@pytest.mark.parametrize("case", [frame, array, forest, texts, records, several])
def test_the_same_bytes_come_from_a_process_of_its_own(
    score: Score, case: Callable[[], Case]
) -> None:
    """Scores, rejects with their reasons, and the summary."""
    warnings.simplefilter("ignore")
    one = case()
    given = {"columns": list(one.table.columns), "options": one.options, "pipeline": one.pipeline}
    expected = score(one.model, one.data, **given, **one.stated)
    found = score(one.model, one.data, environment=own_packages(), **given, **one.stated)
    assert expected.scores.count(b"\n") == ROWS - one.rejected
    assert found == expected
