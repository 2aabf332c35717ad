"""What a fitted model gives: of which kind, by which method, for which classes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.cluster import Birch, MeanShift
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.multioutput import ClassifierChain, MultiOutputRegressor, RegressorChain
from sklearn.svm import SVC, NuSVC

from howdah.errors import ModelError
from howdah.models.interface.boosting import (
    boosted_type,
    is_boosted,
    own_threshold,
    several_outputs,
)
from howdah.models.interface.meta_estimators import (
    STACKS,
    THRESHOLDS,
    innermost_predictor,
    is_sklearn,
)
from howdah.models.interface.versions import tags_of

__all__ = ["Outputs", "inspect_outputs"]

SCALES = {"predict_proba": "probability", "decision_function": "decision"}


@dataclass(frozen=True)
class Outputs:
    """What comes out of a model, in the words of ``mr.models.manifest.Manifest``.

    ``threshold``: the model's own, for the score of the label at ``positive``; ``scale``: what
    its scores are, ``probability`` or ``decision`` (binary only). ``outputs`` counts them, and
    ``output_labels`` has each one's classes where there are several.
    """

    kind: str
    score: str
    labels: tuple[str, ...] = ()
    positive: int = 1
    threshold: float | None = None
    scale: str = ""
    outputs: int = 1
    output_labels: tuple[tuple[str, ...], ...] = ()


def inspect_outputs(model: Any) -> Outputs:
    """Learn from ``model`` alone what it gives; raise ModelError if that can't be told."""
    kind = boosted_type(innermost_predictor(model)) or tags_of(model).type
    if kind == "outlier_detector":
        return Outputs("outliers", _first_of(model, "score_samples", "decision_function"),
                       ("anomaly", "normal"), positive=0)  # fmt: skip
    if kind == "clusterer":
        return _clusters(model)
    if kind == "classifier":
        return _classes(model)
    if kind == "regressor":
        outputs = _numbers_of_outputs(innermost_predictor(model))
        several = outputs > 1
        return Outputs("several" if several else "regression", "predict", outputs=outputs,
                       output_labels=((),) * outputs if several else ())  # fmt: skip
    if kind == "density_estimator":
        components = len(innermost_predictor(model).means_)
        return Outputs("classes", "predict_proba", tuple(map(str, range(components))))
    raise ModelError(
        f"nothing tells whether {type(model).__name__} predicts classes or numbers",
        hint="its class must inherit from sklearn.base.ClassifierMixin or RegressorMixin",
    )


def _first_of(model: Any, *methods: str) -> str:
    """The first of ``methods`` that the model has; empty if none."""
    return next((method for method in methods if hasattr(model, method)), "")


def _texts(classes: Iterable[Any]) -> tuple[str, ...]:
    classes = list(classes)
    texts = tuple(str(label) for label in classes)
    for place, text in enumerate(texts):
        if text in texts[:place]:
            one, other = classes[texts.index(text)], classes[place]
            raise ModelError(
                f"two classes of the model look alike: {text} ({type(one).__name__} and"
                f" {type(other).__name__})",
                hint="fit it on labels that differ as text",
            )
    return texts


def _clusters(model: Any) -> Outputs:
    inner = innermost_predictor(model)
    own = is_sklearn(inner)
    if own and isinstance(inner, Birch):
        known = np.unique(inner.subcluster_labels_)
    elif own and hasattr(inner, "cluster_centers_"):
        known = np.arange(len(inner.cluster_centers_))
        if (isinstance(inner, MeanShift) and not inner.cluster_all) or len(known) == 0:
            known = np.append(-1, known)  # what belongs to none
    else:
        known = np.unique(getattr(inner, "labels_", ()))
    # that of scikit-learn's own clusterers gives distances to their centres
    return Outputs("clusters", _first_of(model, "transform") if own else "", _texts(known))


def _classes(model: Any) -> Outputs:
    if not hasattr(model, "classes_"):
        raise ModelError(f"{type(model).__name__} doesn't tell its classes (classes_)")
    each = _output_classes(model)
    if each is not None:
        several = tuple(map(_texts, each))
        return Outputs("several", _score_of_several(model, several), outputs=len(several),
                       output_labels=several)  # fmt: skip
    labels = _texts(model.classes_)
    if len(labels) == 2:
        return _two_classes(model, labels)
    score = _first_of(model, "predict_proba")
    if not score and len(labels) > 2 and _decides_by_class(innermost_predictor(model)):
        score = _first_of(model, "decision_function")
    return Outputs("classes" if score else "labels", score, labels)


def _two_classes(model: Any, labels: tuple[str, ...]) -> Outputs:
    score = _first_of(model, *SCALES)
    inner = innermost_predictor(model)
    if not score:
        return Outputs("labels", "", labels)
    if is_boosted(inner):
        return Outputs("binary", score, labels, 1, own_threshold(inner), SCALES[score])
    if not (is_sklearn(inner) and isinstance(inner, THRESHOLDS)):
        return Outputs("binary", score, labels, scale=SCALES[score])
    if inner.response_method != "auto":
        score = inner.response_method
    if hasattr(inner, "best_threshold_"):
        threshold, positive = inner.best_threshold_, inner._curve_scorer._get_pos_label()
    else:
        threshold, positive = inner.threshold, inner.pos_label
    if threshold == "auto":
        threshold = 0.5 if score == "predict_proba" else 0.0
    place = 1 if positive is None else list(inner.classes_).index(positive)
    return Outputs("binary", score, labels, place, float(threshold), SCALES[score])


def _output_classes(model: Any) -> list[Any] | None:
    """The classes of each output of a classifier that has several, else None.

    Multilabel classifiers have one ``classes_``: that of their outputs, which are 0 or 1.
    """
    inner = innermost_predictor(model)
    if is_boosted(inner):
        outputs = several_outputs(inner)
        return [[0, 1]] * outputs if outputs > 1 else None
    classes = model.classes_
    if isinstance(classes, list):
        if isinstance(inner, ClassifierChain):  # whose list is in the order of the chain
            return [classes[place] for place in np.argsort(inner.order_)]
        return classes
    binarizer = getattr(inner, "_label_binarizer", None)
    multilabel = getattr(binarizer, "y_type_", "").startswith("multilabel")
    if multilabel or getattr(inner, "multilabel_", False):
        return [[0, 1]] * len(classes)
    return None


def _score_of_several(model: Any, labels: tuple[tuple[str, ...], ...]) -> str:
    if isinstance(innermost_predictor(model), ClassifierChain) and any(
        len(each) != 2 for each in labels
    ):
        return ""  # it gives the second class's only
    if isinstance(model.classes_, list) and not isinstance(
        innermost_predictor(model), ClassifierChain
    ):
        return _first_of(model, "predict_proba")
    return _first_of(model, *SCALES)


def _decides_by_class(model: Any) -> bool:
    """Whether the columns of decision_function belong to the classes, of which there are more
    than two: those of some belong to pairs of them."""
    model = innermost_predictor(model)
    if not is_sklearn(model):
        return False
    if isinstance(model, SVC | NuSVC):
        return bool(model.decision_function_shape == "ovr")
    if isinstance(model, BaggingClassifier):
        return all(map(_decides_by_class, model.estimators_))
    if isinstance(model, STACKS):
        return _decides_by_class(model.final_estimator_)
    return True


def _numbers_of_outputs(model: Any) -> int:
    """How many numbers a regressor predicts for a row."""
    model = innermost_predictor(model)
    if is_boosted(model):
        return several_outputs(model)
    if isinstance(model, TransformedTargetRegressor):
        if model._training_dim == 1:
            return 1
        return int(model.transformer_.n_features_in_)
    if isinstance(model, MultiOutputRegressor | RegressorChain):
        return len(model.estimators_)
    if isinstance(model, BaggingRegressor):
        return _numbers_of_outputs(model.estimators_[0])
    if hasattr(model, "n_outputs_"):
        return int(model.n_outputs_)
    if isinstance(model, KernelRidge):
        return model.dual_coef_.shape[1] if model.dual_coef_.ndim == 2 else 1
    # targets that are kept (neighbours, Gaussian processes), or what is fitted to each; of PLS,
    # whose coef_ was the other way round before scikit-learn 1.3, its loadings
    for name, axis in (("_y", 1), ("y_train_", 1), ("y_loadings_", 0), ("coef_", 0)):
        shape = np.shape(getattr(model, name, ()))
        if shape != (0,):
            return shape[axis] if len(shape) == 2 else 1
    return 1
