"""The formats of libraries' own files, and what loads each."""

from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["NATIVE", "load_native"]

NATIVE = ("xgboost", "lightgbm", "catboost", "onnx")


def load_native(name: str, path: Path) -> Any:
    """Load a file of the format ``name``, one of NATIVE: an object with the methods and attributes
    of a fitted scikit-learn estimator, and a ``description``.

    Raises ModelFileError for a file that can't be served, ImportError where its library isn't
    installed, and whatever the library raises for a file that is none of its own.
    """
    return import_module(f"mr.models.native.{name}_model").load(path)
