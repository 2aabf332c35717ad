"""Trains a model of each case with the libraries of an environment: train.py FOLDER.

``ask.py`` then loads them in another process.
"""

import pickle
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

LIBRARIES = {
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "onnx": "skl2onnx",
}


def main(folder: Path) -> None:
    found = []
    for format_, library in LIBRARIES.items():
        if find_spec(library):
            module = import_module(f"tests.models_of_the_world.native.{format_}_cases")
            found += list(module.cases(folder))
    (folder / "cases.pickle").write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
