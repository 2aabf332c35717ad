"""What the estimators of XGBoost, LightGBM and CatBoost tell of themselves.

Only classes of their scikit-learn interfaces are known. None of the libraries is imported: of a
model that was loaded, the library is there.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from howdah.errors import ModelError
from howdah.models.interface.evidence import NUMERIC, Evidence, TypeEvidence
from howdah.models.interface.fitted_values import evidence_of_categories
from howdah.models.interface.tracked_columns import (
    TrackedColumn,
    TrackedColumns,
    note_missing,
    note_numbers,
    note_type,
)

__all__ = [
    "OWN_FILES",
    "are_made_up",
    "boosted_type",
    "follow_boosted",
    "is_boosted",
    "is_fitted",
    "known_names",
    "own_threshold",
    "several_outputs",
]

CLASSIFIERS = {"CatBoostClassifier", "LGBMClassifier", "XGBClassifier", "XGBRFClassifier"}
REGRESSORS = {
    *("CatBoostRanker", "CatBoostRegressor", "LGBMRanker", "LGBMRegressor"),
    *("XGBRFRegressor", "XGBRanker", "XGBRegressor"),
}
MODULES = {"catboost.core", "lightgbm.sklearn", "xgboost.sklearn"}
OWN_FILES = {  # how each library saves what is none of its scikit-learn estimators
    "catboost": "model.save_model('model.cbm')",
    "lightgbm": "booster.save_model('model.txt')",
    "xgboost": "booster.save_model('model.json')",
}
LIGHTGBM_NAME = "Column_{}"  # of a column without a name
MULTILABEL = ("MultiLogloss", "MultiCrossEntropy")
IN_32_BITS = 1 << 24  # whole numbers beyond aren't all floats of 32 bits


def is_boosted(model: Any) -> bool:
    """Whether ``model`` is an estimator of one of the three libraries."""
    return type(model).__module__ in MODULES


def _library(model: Any) -> str:
    return type(model).__module__.partition(".")[0]


def boosted_type(model: Any) -> str:
    """``classifier`` or ``regressor``, which rankers are, too; empty of any other model.

    Raises ModelError for a class that doesn't say what its numbers are.
    """
    if not is_boosted(model):
        return ""
    name = type(model).__name__
    if name in CLASSIFIERS:
        objective = model.objective_ if _library(model) == "lightgbm" else None
        if callable(objective):
            raise ModelError(
                f"the model's {name} gives raw scores instead of classes, since it was fitted with"
                " a function as its objective",
                hint="fit it with an objective that LightGBM knows by name",
            )
        return "classifier"
    if name in REGRESSORS:
        return "regressor"
    raise ModelError(
        f"nothing tells what the numbers of the model's {name} mean",
        hint=f"save it as {_library(model)}'s own file: {OWN_FILES[_library(model)]}",
    )


def is_fitted(model: Any) -> bool:
    """Whether an estimator of one of the three was fitted."""
    if _library(model) == "catboost":
        return bool(model.is_fitted())
    return bool(model.__sklearn_is_fitted__())


def known_names(model: Any) -> tuple[str, ...]:
    """The names of a fitted estimator's features; none where it was fitted without, and has
    made some up."""
    if _library(model) == "xgboost":
        names = model.get_booster().feature_names or ()
        pattern = "" if hasattr(type(model), "feature_names_in_") else "f{}"
    elif _library(model) == "lightgbm":
        names, pattern = model.feature_name_, LIGHTGBM_NAME
    else:
        names, pattern = model.feature_names_ or (), "{}"
    return () if are_made_up(names, pattern) else tuple(map(str, names))


def are_made_up(names: Sequence[str], pattern: str = LIGHTGBM_NAME) -> bool:
    """Whether ``names`` are those that a library gives to columns without, by their numbers."""
    return bool(pattern) and all(n == pattern.format(at) for at, n in enumerate(names))


def follow_boosted(
    model: Any, columns: Sequence[TrackedColumn], evidence: Evidence
) -> TrackedColumns:
    """Note what a fitted estimator tells of the columns that it is given; see follow_columns."""
    rules = {"xgboost": _of_xgboost, "lightgbm": _of_lightgbm, "catboost": _of_catboost}
    rules[_library(model)](model, columns, evidence)
    return None


def _of_xgboost(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> None:
    booster = model.get_booster()
    categorical = "c" in (booster.feature_types or ())
    if categorical and booster.feature_names:  # those of an array are numbers, codes of its owner's
        name = booster.feature_names[booster.feature_types.index("c")]
        raise ModelError(
            f"the model's {type(model).__name__} takes {name} as a pandas category, of which"
            " XGBoost looks at the place among the categories and not at the value",
            hint="fit it behind an OrdinalEncoder or OneHotEncoder, in a Pipeline",
        )
    if getattr(model, "booster", None) == "gblinear":  # others take arrays without names
        evidence.needs_frame |= bool(booster.feature_names)
    note_missing(columns, True, evidence)
    note_numbers(model, columns, evidence)


def _of_lightgbm(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> None:
    note_missing(columns, True, evidence)
    infos = _infos(model)
    known = list(model.booster_.pandas_categorical or ())
    if known:
        _note_categories(model, columns, infos, known, evidence)
    elif why := _rounds(infos):
        note_type(TypeEvidence(None, f"{type(model).__name__} {why}"), columns, evidence)
    else:
        note_numbers(model, columns, evidence)


def _infos(model: Any) -> list[str]:
    """For each feature ``[smallest:greatest]``, its codes such as ``-1:2:0`` where it is
    categorical, or ``none`` where no tree could use it."""
    text = model.booster_.model_to_string(num_iteration=1)
    line = next(line for line in text.split("\n") if line.startswith("feature_infos="))
    return str(line.partition("=")[2]).split(" ")


def _note_categories(
    model: Any,
    columns: Sequence[TrackedColumn],
    infos: Sequence[str],
    known: list[list[Any]],
    evidence: Evidence,
) -> None:
    """LightGBM remembers the categories of a frame's columns, and not of which columns: these are
    known where as many features are categorical."""
    places = [at for at, info in enumerate(infos) if not info.startswith("[") and info != "none"]
    most = [max(map(int, infos[at].split(":"))) for at in places]
    fits = [code < len(values) for code, values in zip(most, known, strict=False)]
    if len(places) != len(known) or len(infos) != len(columns) or not all(fits):
        raise ModelError(
            f"the model's {type(model).__name__} was fitted with pandas categories, and doesn't"
            " tell which columns they were",
            hint="fit it behind an OrdinalEncoder, in a Pipeline, or without ordered categories and"
            " without categorical columns of one value",
        )
    evidence.needs_categories = True
    rest = [column for at, column in enumerate(columns) if at not in places]
    note_numbers(model, rest, evidence)
    for at, values in zip(places, known, strict=True):
        found = evidence_of_categories(type(model).__name__, np.array(values))
        if found.type not in ("text", "integer", "boolean"):
            raise ModelError(
                f"{found.why} as a pandas category, which is none of texts, integers or booleans",
                hint="fit it behind an OrdinalEncoder, in a Pipeline",
            )
        note_type(found, [columns[at]], evidence)


def _rounds(infos: Sequence[str]) -> str:
    """Why whole numbers aren't to LightGBM what the same numbers as floats are, if so: where all
    columns are integers, it takes them in 32 bits."""
    ends = [float(end) for info in infos if info != "none" for end in info.strip("[]").split(":")]
    whole = all(end == round(end) for end in ends if abs(end) != float("inf"))
    if whole and any(abs(end) > IN_32_BITS for end in ends):
        return f"takes integers beyond {IN_32_BITS:,} otherwise than the same numbers as floats"
    return ""


def _of_catboost(model: Any, columns: Sequence[TrackedColumn], evidence: Evidence) -> None:
    name = type(model).__name__
    if model.get_embedding_feature_indices():
        raise ModelError(f"the model's {name} takes vectors (embedding features), which no table"
                         " has", hint="fit it on a column for each number of them")  # fmt: skip
    categorical, texts = model.get_cat_feature_indices(), model.get_text_feature_indices()
    evidence.needs_frame |= bool(categorical or texts)
    forbidden = _parameter(model, "nan_mode") == "Forbidden"
    for at, column in enumerate(columns):
        if at in categorical:
            why = f"{name} knows it as a category, and its values only by their hashes"
            note_type(TypeEvidence(None, why), [column], evidence)
        elif at in texts:
            note_type(TypeEvidence("text", f"{name} takes texts"), [column], evidence)
        else:
            note_type(TypeEvidence(NUMERIC, f"{name} takes numbers"), [column], evidence)
        is_number = at not in categorical and at not in texts
        taken = None if forbidden else True
        note_missing([column], taken if is_number else False, evidence)


def several_outputs(model: Any) -> int:
    """How many outputs a fitted estimator has; labels of several are 0 and 1."""
    if _library(model) == "xgboost":
        learner = json.loads(model.get_booster().save_config())["learner"]
        return int(learner["learner_model_param"].get("num_target", 1))
    if _library(model) == "lightgbm":
        return 1
    if type(model).__name__ == "CatBoostClassifier":
        return len(model.classes_) if _loss(model) in MULTILABEL else 1
    leaves = int(sum(model.get_tree_leaf_counts()))  # each has a value for every output
    return max(1, len(model.get_leaf_values()) // max(1, leaves))


def own_threshold(model: Any) -> float | None:
    """The probability of the second class above which a CatBoostClassifier names it, if that
    isn't one half."""
    if type(model).__name__ != "CatBoostClassifier":
        return None
    threshold = model.get_probability_threshold()
    return None if threshold in (None, 0.5) else float(threshold)


def _loss(model: Any) -> str:
    return str(_parameter(model, "loss_function")).partition(":")[0]


def _parameter(model: Any, name: str) -> Any:
    return model.get_all_params().get(name, "")
