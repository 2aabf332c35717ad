"""A record's prediction has the same bits wherever it stands."""

from typing import Any

import numpy as np
import pytest

from mr.models.manifest import Manifest
from mr.scoring.model_call import ROWS_AT_ONCE
from mr.scoring.predict import predict_rows
from tests.mr.small_models import Bits, like

ROWS = np.random.default_rng(5).normal(size=(2 * ROWS_AT_ONCE + 100, 20))
KINDS = ["logistic", "three classes", "network", "scaled components", "forest", "tree"]
TWO_CLASSES = ("logistic", "scaled components", "forest", "tree")


def fitted(kind: str) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    rows = ROWS[:300]
    two, three = rows[:, 0] > 0, (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0)
    if kind == "logistic":
        return LogisticRegression().fit(rows, two)
    if kind == "three classes":
        return LogisticRegression().fit(rows, three)
    if kind == "network":
        return MLPClassifier((32,), max_iter=10, tol=1.0, random_state=1).fit(rows, three)
    if kind == "forest":
        return RandomForestClassifier(7, random_state=1).fit(rows, two)
    if kind == "tree":
        return DecisionTreeClassifier(random_state=1).fit(rows, two)
    return make_pipeline(StandardScaler(), PCA(8), LogisticRegression()).fit(rows, two)


def bits(model: Any, manifest: Manifest, rows: Any) -> Any:
    kept = type("Bits", (Bits,), {"__module__": type(model).__module__})(model)
    predict_rows(kept, manifest, rows)
    return kept.values[: len(rows)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_a_records_bits_depend_on_nothing_but_the_record(kind: str, manifest: Manifest) -> None:
    """Alone, among few or among many, first or last: the same bits."""
    model = fitted(kind)
    stated = (
        manifest if kind in TWO_CLASSES else like(manifest, kind="classes", labels=tuple("xyz"))
    )
    whole = bits(model, stated, ROWS)
    for start, end in [(0, 1), (4, 9), (7, 100), (63, 2000), (1, len(ROWS)), (2047, 2049)]:
        part = bits(model, stated, ROWS[start:end])
        assert part.tobytes() == whole[start:end].tobytes()


def test_a_frames_records_have_the_same_bits_too(manifest: Manifest) -> None:
    """Columns with names don't change that."""
    import pandas

    stated = like(manifest, input="frame")
    frame = pandas.DataFrame(ROWS[:500])
    model = fitted("logistic")
    whole = bits(model, stated, frame)
    assert bits(model, stated, frame[3:77]).tobytes() == whole[3:77].tobytes()
