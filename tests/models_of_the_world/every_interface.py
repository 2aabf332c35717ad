"""A program for a model's environment: what is learned of every model of its scikit-learn.

It gives for each model and table a list of what ``inspect`` answers; a claim that doesn't hold is
in it as ``fails``. Unless it is to be every model, there is one for each rule, and one table.
"""

import json
from pathlib import Path
from typing import Any

from howdah.models.interface.remote import inspect, interface_of
from tests.howdah.models.interface.claims import check_claims
from tests.howdah.models.interface.every_model import PREDICTORS, TABLES, fitted
from tests.models_of_the_world.programs import EVERY

FEW = (
    *("AdaBoostClassifier", "BaggingClassifier", "CalibratedClassifierCV", "GaussianMixture"),
    *("GridSearchCV", "HistGradientBoostingClassifier", "IsolationForest", "KMeans", "KernelRidge"),
    *("LogisticRegression", "MultiOutputClassifier", "OneVsRestClassifier", "PLSRegression"),
    *("RandomForestClassifier", "RFE", "RidgeClassifier", "SelfTrainingClassifier", "SVC"),
    *("StackingClassifier", "TransformedTargetRegressor"),
)


def learned(model: Any, table: Any) -> dict[str, Any]:
    """What ``inspect`` answers, put through JSON, and whether each claim of it holds."""
    answer: dict[str, Any] = json.loads(json.dumps(inspect(model)))
    try:
        check_claims(model, table, interface=interface_of(answer))
    except Exception as error:
        return answer | {"fails": f"{type(error).__name__}: {error}"}
    return answer


def main(folder: Path) -> dict[str, Any]:
    """What is learned of each model."""
    return {
        f"{name} of {kind}": [learned(model, table) for model in fitted(name, table)]
        for name in (PREDICTORS if EVERY else FEW)
        for kind, table in TABLES.items()
        if kind == "integers" or EVERY
    }
