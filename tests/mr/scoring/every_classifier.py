"""Every classifier that the scikit-learn of this process has, and rows with many ties."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.utils import all_estimators

from mr.models.manifest import Manifest
from mr.scoring.model_call import ROWS_AT_ONCE
from mr.scoring.predict import predict_rows

NEEDS_ESTIMATORS = (
    *("ClassifierChain", "FixedThresholdClassifier", "MultiOutputClassifier"),
    *("OneVsOneClassifier", "OneVsRestClassifier", "OutputCodeClassifier"),
    *("SelfTrainingClassifier", "StackingClassifier", "TunedThresholdClassifierCV"),
    "VotingClassifier",
)
# few values, so that many records are on both sides of a tie; each class as often
RANDOM = np.random.default_rng(1)
GRID = RANDOM.integers(0, 4, (240, 3)).astype(float)
ROWS = RANDOM.integers(0, 4, (ROWS_AT_ONCE, 3)).astype(float)
EXTRA: dict[str, list[Any]] = {
    "KNeighborsClassifier": [KNeighborsClassifier(4), KNeighborsClassifier(6, weights="distance")],
    "RandomForestClassifier": [RandomForestClassifier(2, max_depth=1, random_state=0)],
    "SGDClassifier": [SGDClassifier(loss=loss, random_state=0) for loss in (
        "log_loss", "modified_huber")],
    "HistGradientBoostingClassifier": [HistGradientBoostingClassifier(
        max_iter=1, max_leaf_nodes=2, min_samples_leaf=1, learning_rate=1e-9)],
    "SVC": [SVC(decision_function_shape="ovo"), SVC(break_ties=True)],
    "LogisticRegression": [LogisticRegression(C=1e-12), LogisticRegression(C=1e6)],
}  # fmt: skip


def classes(count: int) -> NDArray[np.str_]:
    """A class for each row of GRID, by a rule that leaves many ties."""
    return np.array(["no", "yes", "maybe"])[(GRID.sum(axis=1) + np.arange(240)).astype(int) % count]


def stated(model: Any, labels_from: str) -> Manifest:
    """The manifest of a fitted classifier."""
    methods = [name for name in ("predict_proba", "decision_function") if hasattr(model, name)]
    labels = tuple(map(str, model.classes_))
    return Manifest(
        name="small",
        pipeline="tabular",
        kind="labels" if not methods else "binary" if len(labels) == 2 else "classes",
        scikit_learn="1.9.1",
        files={},
        score=methods[0] if methods else "",
        labels=labels,
        labels_from=labels_from,
    )


def every_classifier() -> list[Any]:
    found = []
    for name, kind in all_estimators(type_filter="classifier"):
        if name not in NEEDS_ESTIMATORS:
            found += [kind(), *EXTRA.get(name, [])]
    return found


def short(model: Any) -> Any:
    """The same model with few steps."""
    few = {"n_estimators": 3}
    few |= {"max_iter": 3} if type(model).__name__.startswith("Hist") else {}
    return model.set_params(**{key: few[key] for key in few if key in model.get_params()})


def predicted_labels(model: Any, rule: str) -> list[str]:
    """The labels that a task gives to ROWS, by a rule."""
    manifest = stated(model, rule)
    if model.get_params().get("decision_function_shape") == "ovo" and len(model.classes_) == 3:
        manifest = Manifest(**(vars(manifest) | {"kind": "labels"}))
    prediction = predict_rows(model, manifest, ROWS)
    assert prediction.classes is not None
    labels: list[str] = np.array(manifest.labels)[prediction.classes].tolist()
    return labels
