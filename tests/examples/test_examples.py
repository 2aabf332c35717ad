"""The example files are what their scripts make, and what documents call them."""

import gzip
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pandas
import pytest
import skops.io
import uproot

from bench.data.columns import runs
from bench.data.events import events
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"
NAMED = re.compile(r"(?<![\w/])examples/[\w./*-]*\w")


def script(name: str) -> ModuleType:
    """One of the scripts, imported."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_texts_are_those_of_the_script() -> None:
    """Tables, tickets and logs have the same bytes, once unpacked."""
    for name, text in script("make_data").texts().items():
        content = (EXAMPLES / name).read_bytes()
        unpacked = gzip.decompress(content) if name.endswith(".gz") else content
        assert unpacked.decode() == text, name


def test_numbers_and_events_are_those_of_the_script() -> None:
    """Each file's, bit by bit."""
    for number, numbers in enumerate(runs(6, 200, seed=4), 1):
        assert np.array_equal(np.load(EXAMPLES / "runs" / f"run-{number}.npy"), numbers)
    for seed in (1, 2):
        made = events(1_500, seed)
        with uproot.open(EXAMPLES / "events" / f"run-{seed}.root") as file:
            read = file["Events"].arrays(["event", "MET_pt", "nMuon"], library="np")
        assert all(np.array_equal(read[name], made[name]) for name in read)


@pytest.mark.parametrize(
    ("file", "trained_on"),
    [
        ("churn.skops", "customers.csv"),
        ("churn2.joblib", "customers.csv"),
        ("urgency.skops", "tickets.csv"),
    ],
)
def test_models_are_those_of_the_script(file: str, trained_on: str) -> None:
    """They load with the scikit-learn that Howdah runs, and score as a newly trained one does."""
    path = EXAMPLES / file
    load: Any = skops.io.load if path.suffix == ".skops" else joblib.load
    records = pandas.read_csv(EXAMPLES / trained_on)
    again = getattr(script("train"), path.stem)(records)
    if "text" in records:
        records = records["text"]
    assert np.allclose(load(path).predict_proba(records), again.predict_proba(records), atol=1e-9)


def documents() -> list[Path]:
    """What tells a user to type a command."""
    folders = {"docs": "*.md", "howdah": "**/*.py", "mr": "**/*.py"}
    found = [path for name, pattern in folders.items() for path in (ROOT / name).glob(pattern)]
    return [ROOT / "README.md", *found]


def test_every_example_that_is_named_is_there() -> None:
    """In README, docs, what -h says and what bin/pipelines shows."""
    named = {name for path in documents() for name in NAMED.findall(path.read_text())}
    assert "examples/customers.csv" in named
    assert [name for name in sorted(named) if not [*ROOT.glob(name)]] == []
