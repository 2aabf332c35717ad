"""The libraries that models are made with: what they are imported as, and what they ask for without
needing it to predict."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from howdah.environments.requirements import normalised

__all__ = ["ALWAYS", "PREDICTING", "SINCE", "TEXTS", "modules_of", "unneeded_by"]

ALWAYS = ("numpy", "pandas")  # what a model's process itself imports
TEXTS = "pyarrow"  # what pandas has texts in since version 3, if it is there: 135 MB
PREDICTING = {"catboost", "lightgbm", "onnxruntime", "scikit-learn", "xgboost", "xgboost-cpu"}
MODULES = {
    "catboost": "catboost",
    "joblib": "joblib",
    "lightgbm": "lightgbm",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "pandas": "pandas",
    "pyarrow": "pyarrow",
    "scikit-learn": "sklearn",
    "scipy": "scipy",
    "skops": "skops.io",
    "threadpoolctl": "threadpoolctl",
    "xgboost": "xgboost",
    "xgboost-cpu": "xgboost",
}
# of these no release is taken that is older than one without known holes
SINCE = {"skops": datetime(2025, 8, 1, tzinfo=UTC)}
# plots, other processors, and tools that rewrite a model: 250 MB and 20,000 files
UNNEEDED = {
    "catboost": ("graphviz", "matplotlib", "plotly"),
    "onnxruntime": ("coloredlogs", "sympy"),
    "xgboost": ("nvidia-nccl-cu11", "nvidia-nccl-cu12", "nvidia-nccl-cu13"),
}


def modules_of(requires: Iterable[str]) -> list[str]:
    """The modules by which the known libraries among ``requires`` are imported."""
    names = dict.fromkeys((*ALWAYS, *map(_name, requires)))
    return [MODULES[name] for name in names if name in MODULES]


def unneeded_by(requires: Sequence[str]) -> list[str]:
    """What can be left out of an environment; nothing where a package is required that isn't one of
    the known libraries, since it may need what these don't."""
    names = set(map(_name, requires))
    if not names <= MODULES.keys():
        return []
    return sorted(each for name in names for each in UNNEEDED.get(name, ()))


def _name(requirement: str) -> str:
    return normalised(requirement.partition("==")[0])
