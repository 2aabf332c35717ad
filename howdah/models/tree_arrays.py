"""The trees of a fitted estimator of scikit-learn as arrays, which a compiled program walks.

Only what gives scikit-learn's scores bit by bit is supported, and
``howdah.models.verification.compiled_parity`` holds each model to it.
"""

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from howdah.errors import ModelError
from mr.models.compiled_trees import NODE, Trees

__all__ = ["flatten"]

FORESTS = ("RandomForest", "ExtraTrees", "DecisionTree", "ExtraTree")
BOOSTED = ("HistGradientBoosting", "GradientBoosting")
SUPPORTED = frozenset(
    f"{family}{task}" for family in FORESTS + BOOSTED for task in ("Classifier", "Regressor")
)


def flatten(model: Any) -> Trees:
    """The trees of a fitted estimator; raises ModelError for one that isn't supported."""
    name = type(model).__name__
    if name not in SUPPORTED or not type(model).__module__.startswith("sklearn."):
        raise _unsupported(f"{name} is not one of the models that can be compiled")
    if name.startswith("HistGradientBoosting"):
        return _histogram_boosted(model)
    if name.startswith("GradientBoosting"):
        return _boosted(model)
    return _forest(model)


def _unsupported(what: str) -> ModelError:
    return ModelError(
        what,
        hint=f"add it without --compiled; compiled are {', '.join(sorted(SUPPORTED))},"
        " alone or as the last step of a pipeline",
    )


def _forest(model: Any) -> Trees:
    if model.n_outputs_ != 1:
        raise _unsupported(f"a model with {model.n_outputs_} outputs can't be compiled")
    trees = [estimator.tree_ for estimator in getattr(model, "estimators_", [model])]
    width = trees[0].value.shape[2]
    return _trees(
        [_nodes(tree) for tree in trees],
        [tree.value[:, 0, :] for tree in trees],
        start=np.zeros(width),
        divisor=len(trees),
        single=True,
        missing=_takes_missing(model),
        features=model.n_features_in_,
        outcome="probabilities" if hasattr(model, "classes_") else "number",
    )


def _boosted(model: Any) -> Trees:
    initial = type(model.init_).__name__
    if initial not in ("DummyClassifier", "DummyRegressor", "str"):
        raise _unsupported(f"a GradientBoosting model that begins with {initial} can't be compiled")
    trees = [estimator.tree_ for stage in model.estimators_ for estimator in stage]
    start = model._raw_predict_init(np.zeros((1, model.n_features_in_)))[0]
    outcome, scale = _outcome(model)
    return _trees(
        [_nodes(tree) for tree in trees],
        [scale * (model.learning_rate * tree.value[:, 0, :]) for tree in trees],
        start=scale * start,
        single=True,
        missing=_takes_missing(model),
        features=model.n_features_in_,
        outcome=outcome,
    )


def _histogram_boosted(model: Any) -> Trees:
    if model.is_categorical_ is not None and any(model.is_categorical_):
        raise _unsupported("a HistGradientBoosting model with categorical features"
                           " can't be compiled")  # fmt: skip
    trees = [predictor.nodes for stage in model._predictors for predictor in stage]
    outcome, scale = _outcome(model)
    return _trees(
        [
            _ordered(
                tree["left"],
                tree["right"],
                tree["is_leaf"] != 0,
                tree["feature_idx"],
                tree["num_threshold"],
                tree["missing_go_to_left"],
            )
            for tree in trees
        ],
        [scale * tree["value"][:, None] for tree in trees],
        start=scale * np.ravel(model._baseline_prediction),
        single=False,
        missing=True,
        features=model.n_features_in_,
        # scikit-learn keeps these sums by column
        outcome="softmax by column" if outcome == "softmax" else outcome,
    )


def _takes_missing(model: Any) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # columns without names
            model.predict(np.full((1, model.n_features_in_), np.nan))
    except ValueError:
        return False
    return True


def _outcome(model: Any) -> tuple[str, int]:
    """What the sums of a boosted model become, and what they are multiplied by before."""
    link = type(model._loss.link).__name__
    # as each one's predict has it
    histogram = type(model).__name__.startswith("Hist")
    logistic = "logistic, second above 0" if histogram else "logistic, second from 0"
    known = {
        "IdentityLink": ("number", 1),
        "LogLink": ("exponential", 1),
        "LogitLink": (logistic, 1),
        "HalfLogitLink": (logistic, 2),  # doubling rounds nothing
        "MultinomialLogit": ("softmax", 1),
    }
    if link not in known:
        raise _unsupported(f"a loss with a {link} can't be compiled")
    return known[link]


def _nodes(tree: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """A tree of the module sklearn.tree; its rows are compared in float32."""
    threshold = tree.threshold.astype(np.float32)
    above = threshold > tree.threshold
    threshold[above] = np.nextafter(threshold[above], np.float32(-np.inf))
    return _ordered(
        tree.children_left,
        tree.children_right,
        tree.children_left < 0,
        tree.feature,
        threshold,
        tree.missing_go_to_left,
    )


def _ordered(
    left: Any, right: Any, leaf: Any, feature: Any, threshold: Any, missing_left: Any
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """A tree's nodes level by level, siblings side by side, and their places before."""
    levels = [np.zeros(1, np.intp)]
    while len(parents := levels[-1][~leaf[levels[-1]]]):
        levels.append(np.column_stack([left[parents], right[parents]]).ravel().astype(np.intp))
    places = np.concatenate(levels)
    inner = ~leaf[places]
    nodes = np.zeros(len(places), NODE)
    nodes["threshold"] = np.where(inner, threshold[places], np.inf)
    nodes["feature"] = 2 * np.where(inner, feature[places], 0)
    nodes["feature"] += np.where(inner, missing_left[places], 1).astype(np.int32)
    nodes["left"] = np.where(inner, 2 * np.cumsum(inner) - 1, np.arange(len(places)))
    return nodes, places


def _trees(
    ordered: Iterable[tuple[NDArray[Any], NDArray[np.intp]]],
    values: list[NDArray[np.float64]],
    *,
    start: NDArray[np.float64],
    single: bool,
    missing: bool,
    features: int,
    outcome: str,
    divisor: int = 1,
) -> Trees:
    nodes, places = zip(*ordered, strict=True)
    lengths = [len(tree) for tree in nodes]
    leaves = [of_tree[place] for of_tree, place in zip(values, places, strict=True)]
    return Trees(
        nodes=np.concatenate(nodes),
        roots=np.cumsum([0, *lengths[:-1]], dtype=np.int64),
        values=np.concatenate(leaves).astype(np.float64),
        start=start.astype(np.float64),
        divisor=divisor,
        single=single,
        missing=missing,
        features=features,
        outcome=outcome,
    )
