"""Models that tests fit and add, as a user would."""

from collections.abc import Callable
from typing import Any

import pytest
from sklearn import datasets
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


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
