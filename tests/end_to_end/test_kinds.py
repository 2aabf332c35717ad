"""Models of the kinds that people have get their own predictions, on both runners."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.conftest import Howdah
from tests.end_to_end.kinds import KINDS, Kind


@pytest.fixture(scope="module")
def added() -> dict[str, tuple[str, Any]]:
    """The models that are added by now, by kind: the name, and the model itself."""
    return {}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_a_job_gives_the_models_own_predictions(
    howdah: Howdah,
    add_model: Callable[..., str],
    added: dict[str, tuple[str, Any]],
    tmp_path: Path,
    kind: Kind,
) -> None:
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
