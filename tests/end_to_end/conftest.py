"""Models that tests fit and add, as a user would; they are removed again."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import joblib
import pytest
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.conftest import ROOT, Howdah


@pytest.fixture(scope="module")
def add_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Adds a fitted model by bin/models; gives its name."""
    names = []
    folder = tmp_path_factory.mktemp("models")
    howdah = Howdah(folder / "state", folder, "local")

    def add(model: Any, *arguments: str) -> str:
        name = f"test-{uuid.uuid4().hex[:8]}"
        joblib.dump(model, folder / f"{name}.joblib")
        names.append(name)
        howdah("models", "add", name, f"{name}.joblib", *arguments)
        return name

    yield add
    for name in names:
        shutil.rmtree(ROOT / "models" / name, ignore_errors=True)


@pytest.fixture
def added_model(add_model: Callable[..., str]) -> Callable[[str], tuple[str, Any, Any]]:
    """Fits a model to one of scikit-learn's data sets; gives name, model and table."""

    def fit(data: str) -> tuple[str, Any, Any]:
        frame, target = getattr(datasets, f"load_{data}")(return_X_y=True, as_frame=True)
        frame = frame.rename(columns=lambda column: column.replace(" ", "_"))
        if data == "diabetes":
            model: Any = HistGradientBoostingRegressor(max_iter=20, random_state=0)
        else:
            model = make_pipeline(StandardScaler(), LogisticRegression())
        model.fit(frame.to_numpy(), target)
        return add_model(model, "--features", ",".join(frame.columns)), model, frame

    return fit
