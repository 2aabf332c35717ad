"""Models of the kinds that people have get their own predictions, on both runners.

On Hadoop, `bin/test` has those of which a task does something of its own, and `bin/test --all`
has all: what a task writes is the same on both runners (test_same_bytes.py).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.conftest import Howdah
from tests.end_to_end.kinds import KINDS, Kind

# a type that has to be told, and a text; threads of OpenMP and of joblib; several outputs; none
ON_HADOOP = (
    "integer as text", "texts alone", "missing numbers, boosted trees", "forest in threads",
    "forest of two", "k-means",
)  # fmt: skip
TRIED_THERE = [kind for kind in KINDS if kind.name in ON_HADOOP or "HOWDAH_ALL" in os.environ]


def called(kind: Kind) -> str:
    return kind.name.replace(" ", "-")


@pytest.fixture(scope="module")
def added() -> dict[str, tuple[str, Any]]:
    """The models that are added by now, by kind: the name, and the model itself."""
    return {}


Check = Callable[[Howdah, Kind], None]


@pytest.fixture
def check(
    add_model: Callable[..., str], added: dict[str, tuple[str, Any]], tmp_path: Path
) -> Check:
    """Compares what a job gives with what the model itself says."""

    def compare(howdah: Howdah, kind: Kind) -> None:
        kind.table.to_csv(tmp_path / "table.csv", index=False)
        if kind.name not in added:
            model = kind.fitted()
            sample = ("--sample", str(tmp_path / "table.csv")) if kind.sample else ()
            added[kind.name] = add_model(model, *kind.arguments, *sample), model
        name, model = added[kind.name]
        results = howdah.score("table.csv", "--model", name)
        found = pd.read_csv(results / "scores.tsv", sep="\t", dtype=str, keep_default_na=False)
        expected = kind.expected(model, kind.table)
        assert [*found.columns] == [*kind.table.columns, *expected]
        assert len(found) == len(kind.table)
        for column, values in expected.items():
            if column.startswith(("label", "cluster")):
                assert found[column].tolist() == [str(value) for value in values]
            else:
                np.testing.assert_allclose(found[column].astype(float), values, rtol=0, atol=5.1e-7)

    return compare


@pytest.mark.parametrize("kind", KINDS, ids=called)
def test_a_local_job_gives_the_models_own_predictions(
    local: Howdah, check: Check, kind: Kind
) -> None:
    check(local, kind)


@pytest.mark.hadoop
@pytest.mark.parametrize("kind", TRIED_THERE, ids=called)
def test_a_job_on_hadoop_gives_the_models_own_predictions(
    hadoop: Howdah, check: Check, kind: Kind
) -> None:
    check(hadoop, kind)
