"""A program for a model's environment: trains a model of each case with what is there.

``ask.py`` then loads them in another process.
"""

import pickle
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.models_of_the_world.native.cases import Case

LIBRARIES = {
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "onnx": "skl2onnx",
}


def main(folder: Path) -> list[str]:
    """Save the models and ``cases.pickle``; the cases' names."""
    found: list[Case] = []
    for format_, library in LIBRARIES.items():
        if find_spec(library):
            module = import_module(f"tests.models_of_the_world.native.{format_}_cases")
            found += list(module.cases(folder))
    (folder / "cases.pickle").write_bytes(pickle.dumps(found))
    return [case.name for case in found]
