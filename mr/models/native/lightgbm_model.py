"""LightGBM's own text files: a Booster that is called as its documentation says."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.models.manifest import ModelFileError
from mr.models.native.booster import (
    BoosterModel,
    as_floats,
    class_probabilities,
    one_or_several,
)
from mr.models.native.description import Description, NativeFeature, class_texts

__all__ = ["LightGBMModel", "load"]

CODES = re.compile(r"-?\d+(:-?\d+)*")  # what a categorical feature's values are in the header
NAMELESS = re.compile(r"Column_\d+")  # what LightGBM calls the columns of an array
PROBABILITIES = ("binary", "multiclass", "multiclassova")
NUMBERS = (
    "regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma",
    "tweedie", "cross_entropy", "cross_entropy_lambda", "lambdarank", "rank_xendcg",
)  # fmt: skip
TYPES = {str: "text", bool: "boolean", int: "integer", float: "number"}
SHOWN = 5
IN_32_BITS = 1 << 24  # whole numbers beyond aren't all floats of 32 bits
ROUNDS = f"LightGBM takes integers beyond {IN_32_BITS:,} otherwise than the same numbers as floats"

Categories = dict[int, list[Any]]  # of features by their places


class LightGBMModel(BoosterModel):
    """A Booster; columns that were pandas' categories in training are made that again."""

    def __init__(self, booster: Any, header: Mapping[str, str]) -> None:
        self._booster = booster
        self._categories = _categories(header, booster.pandas_categorical or [])
        self._rounds = not self._categories and _may_round(header)
        description = _description(header, self._categories)
        classes = list(range(len(description.labels))) if description.labels else None
        super().__init__(description, classes)

    def values(self, rows: Any) -> NDArray[Any]:
        found: NDArray[Any] = self._booster.predict(self._given(rows), num_threads=1)
        return found

    def _given(self, rows: Any) -> Any:
        if self._categories:
            return self._frame(rows)
        return rows if self._rounds else as_floats(rows)

    def _frame(self, rows: Any) -> Any:
        """The rows with the categories of training; a value that wasn't among them is missing, as
        LightGBM has it."""
        import pandas

        columns: dict[str, Any] = {}
        for place, name in enumerate(rows.columns):
            column = rows.iloc[:, place]
            if place in self._categories:
                cells = column.astype(object)
                columns[name] = pandas.Categorical(cells, categories=self._categories[place])
            else:
                columns[name] = np.asarray(column, np.float64)
        return pandas.DataFrame(columns)


def load(path: Path) -> LightGBMModel:
    """Load a file of LightGBM's; ModelFileError for one that can't be served."""
    from lightgbm import Booster

    header = _header(path)
    if "max_feature_idx" not in header:
        raise ModelFileError(f"{path.name} is no model file of LightGBM's: save it with"
                             ' booster.save_model("model.txt")')  # fmt: skip
    return LightGBMModel(Booster(model_file=str(path)), header)


def _header(path: Path) -> dict[str, str]:
    """The lines before the first tree, by name."""
    found: dict[str, str] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("Tree=") or len(found) > 100:
                break
            name, _, value = line.rstrip("\n").partition("=")
            found[name] = value
    return found


def _categories(header: Mapping[str, str], known: Sequence[list[Any]]) -> Categories:
    """The categories of the features that were pandas' categories in training.

    The file has them in the order of their columns, and of each column whether its values are
    codes (or ``none``, where it was never split).
    """
    if not known:
        return {}
    kinds = header["feature_infos"].split(" ")
    certain = [place for place, kind in enumerate(kinds) if CODES.fullmatch(kind)]
    possible = [place for place, kind in enumerate(kinds) if kind == "none" or place in certain]
    places = next((found for found in (certain, possible) if len(found) == len(known)), ())
    fits = places and all(
        _codes(kinds[place]) < len(categories)
        for place, categories in zip(places, known, strict=True)
    )
    # trained with categorical_feature=[…] of others, a column of categories is numbers to LightGBM
    spans = {f"[0:{len(categories) - 1}]" for categories in known if not _are_texts(categories)}
    if not fits or spans & {*kinds}:
        raise ModelFileError(
            f"LightGBM was trained with {len(known)} columns of categories, and its file doesn't"
            " tell which of its features they are: save the whole estimator with joblib"
        )
    for place, categories in zip(places, known, strict=True):
        types = {type(value) for value in categories}
        if len(types) != 1 or not types <= TYPES.keys():
            raise ModelFileError(
                f"LightGBM knows {header['feature_names'].split(' ')[place]} as"
                f" {_shown(categories)}, which are of no type, or of several: save the whole"
                " estimator with joblib"
            )
    return dict(zip(places, known, strict=True))


def _codes(kind: str) -> int:
    """The highest code of a feature of categories."""
    return -1 if kind == "none" else max(map(int, kind.split(":")))


def _are_texts(categories: Sequence[Any]) -> bool:
    """A table that has texts for what is taken as a number can't be scored by mistake."""
    return all(isinstance(value, str) for value in categories)


def _may_round(header: Mapping[str, str]) -> bool:
    """Whether integers may be something else to the model than the same numbers as floats: where
    all columns are integers, LightGBM takes them in 32 bits, in training, too."""
    kinds = [kind for kind in header["feature_infos"].split(" ") if kind != "none"]
    ends = [float(end) for kind in kinds for end in kind.strip("[]").split(":")]
    finite = [end for end in ends if abs(end) != float("inf")]
    return all(map(float.is_integer, finite)) and any(abs(end) > IN_32_BITS for end in finite)


def _description(header: Mapping[str, str], categories: Categories) -> Description:
    kinds = header["feature_infos"].split(" ")
    names = header["feature_names"].split(" ")
    if len(names) != len(kinds) or len(names) != int(header["max_feature_idx"]) + 1:
        raise ModelFileError("LightGBM's file names more features than it has, or fewer")
    nameless = all(map(NAMELESS.fullmatch, names))
    rounds = not categories and _may_round(header)
    features = tuple(
        NativeFeature(None if nameless else names[place], None, ROUNDS)
        if rounds
        else _feature(None if nameless else names[place], kind, categories.get(place))
        for place, kind in enumerate(kinds)
    )
    return Description(features, "frame" if categories else "array", **_outputs(header))


def _feature(name: str | None, kind: str, categories: list[Any] | None) -> NativeFeature:
    if categories:
        why = f"LightGBM knows it as {_shown(categories)}"
        return NativeFeature(name, TYPES[type(categories[0])], why, example=categories[0])
    if CODES.fullmatch(kind):
        return NativeFeature(name, "integer", f"LightGBM knows it by the codes {kind[:40]}")
    return NativeFeature(name, "number", "LightGBM takes numbers")


def _shown(categories: Sequence[Any]) -> str:
    return ", ".join(map(str, categories[:SHOWN])) + (", …" if len(categories) > SHOWN else "")


def _outputs(header: Mapping[str, str]) -> dict[str, Any]:
    name = header.get("objective", "").partition(" ")[0]
    each = int(header["num_tree_per_iteration"])
    if name in PROBABILITIES:
        return class_probabilities(class_texts(range(max(each, 2))))
    if each == 1 and name in (*NUMBERS, ""):
        found = one_or_several(1)
        if not name:
            found["notes"] = ("it was trained with an objective of one's own: scores are raw,"
                              " as LightGBM gives them",)  # fmt: skip
        return found
    raise ModelFileError(
        f"nobody knows what LightGBM's objective {name or '(its own)'} predicts here: save the"
        " whole estimator with joblib"
    )
