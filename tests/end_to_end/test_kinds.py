"""Models of the kinds that people have get their own predictions, on both runners."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import Howdah
from tests.end_to_end.kinds import KINDS, Kind


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "-"))
def test_a_job_gives_the_models_own_predictions(
    howdah: Howdah, add_model: Callable[..., str], tmp_path: Path, kind: Kind
) -> None:
    model = kind.fitted()
    kind.table.to_csv(tmp_path / "table.csv", index=False)
    sample = ("--sample", str(tmp_path / "table.csv")) if kind.sample else ()
    name = add_model(model, *kind.arguments, *sample)
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
