"""A program for a model's environment: what is proven of labels, held to every classifier there.

It gives for each classifier and number of classes the rule that was held, or the first labels that
differ.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from mr.scoring.label_rules import labels_rule
from tests.models_of_the_world.programs import EVERY
from tests.mr.scoring.every_classifier import (
    GRID,
    ROWS,
    classes,
    every_classifier,
    predicted_labels,
    short,
)

FEW = (
    *("AdaBoostClassifier", "GaussianNB", "GradientBoostingClassifier", "KNeighborsClassifier"),
    *("HistGradientBoostingClassifier", "LogisticRegression", "RandomForestClassifier"),
)

BOOSTED: dict[str, dict[str, list[dict[str, Any]]]] = {
    "xgboost": {
        "XGBClassifier": [
            {},
            {"max_depth": 1, "n_estimators": 1},
            {"booster": "gblinear"},
            {"booster": "dart"},
            {"objective": "binary:logitraw"},
            {"objective": "binary:hinge"},
            {"objective": "multi:softmax"},
        ],
        "XGBRFClassifier": [{}, {"max_depth": 1}],
    },
    "lightgbm": {
        "LGBMClassifier": [
            {},
            {"num_leaves": 2, "n_estimators": 1},
            {"objective": "multiclassova"},
            {"boosting_type": "dart"},
        ]
    },
    "catboost": {
        "CatBoostClassifier": [
            {},
            {"depth": 1, "iterations": 1},
            {"loss_function": "CrossEntropy"},
            {"loss_function": "MultiClass"},
            {"loss_function": "MultiClassOneVsAll"},
        ]
    },
}
QUIET: dict[str, dict[str, Any]] = {
    "xgboost": {"n_jobs": 1, "max_depth": 2},
    "lightgbm": {"n_jobs": 1, "verbose": -1, "min_child_samples": 2},
    "catboost": {"verbose": False, "allow_writing_files": False, "depth": 2, "thread_count": 1},
}


def boosted() -> list[tuple[Any, str]]:
    """The classifiers of the other libraries that are here, each with what is special of it."""
    found = []
    for library, kinds in BOOSTED.items():
        try:
            module = importlib.import_module(library)
        except ImportError:
            continue
        for name, options in kinds.items():
            for option in options:
                few = {"iterations" if library == "catboost" else "n_estimators": 3}
                found.append((getattr(module, name)(**QUIET[library] | few | option), str(option)))
    return found


def held(model: Any, count: int) -> dict[str, str] | None:
    """The rule and what differs; None for a model that can't be fitted."""
    known: Any = classes(count)
    if type(model).__name__.startswith("XGB"):
        known = np.unique(known, return_inverse=True)[1]
    try:
        model.fit(GRID, known)
        expected = [str(label) for label in np.ravel(model.predict(ROWS))]
        assert len(expected) == len(ROWS)
    except Exception:  # not every model takes such classes
        return None
    rule = labels_rule(model)
    found = predicted_labels(model, rule)
    differ = [pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1]]
    return {"rule": rule, "differs": f"{len(differ)}: {differ[:3]}" if differ else ""}


def main(folder: Path) -> dict[str, Any]:
    """The rule of each, and what differs."""
    models = [
        (short(model), repr(model))
        for model in every_classifier()
        if EVERY or type(model).__name__ in FEW
    ]
    models += [(model, f"{type(model).__name__} {option}") for model, option in boosted()]
    found = {f"{name} {count}": held(model, count) for model, name in models for count in (2, 3)}
    return {name: each for name, each in found.items() if each}
