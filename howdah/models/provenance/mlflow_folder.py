"""Folders that MLflow has saved: which file of one is the model, and what made it.

Only flavours whose file a library of its own loads are taken. MLflow's ``python_function`` runs a
loader of MLflow's or of the model's maker, in MLflow's environment, and is refused.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from howdah.errors import ModelError, UsageError
from howdah.models.provenance.libraries import canonical_name

__all__ = ["MLMODEL", "MlflowModel", "read_mlflow"]

MLMODEL = "MLmodel"
LONGEST = 16 << 20  # bytes; a signature of ten thousand columns is in it
PYFUNC = "python_function"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?\s*===?\s*([A-Za-z0-9.!+_-]+)")


@dataclass(frozen=True)
class Flavour:
    """``file``: the key of its model's file; ``version``: that of its library's version."""

    distribution: str
    file: str
    version: str


FLAVOURS = {
    "sklearn": Flavour("scikit-learn", "pickled_model", "sklearn_version"),
    "xgboost": Flavour("xgboost", "data", "xgb_version"),
    "lightgbm": Flavour("lightgbm", "data", "lgb_version"),
    "catboost": Flavour("catboost", "data", "catboost_version"),
    "onnx": Flavour("onnxruntime", "data", ""),  # it states the version of onnx
}


@dataclass(frozen=True)
class MlflowModel:
    """``versions``: what the flavour states of its library; ``pins``: the folder's requirements
    with exact versions, by name; ``loose``: the names of the others."""

    file: Path
    flavour: str
    versions: dict[str, str]
    python: str = ""
    pins: dict[str, str] = field(default_factory=dict)
    loose: tuple[str, ...] = ()
    code: tuple[Path, ...] = ()


def read_mlflow(folder: Path) -> MlflowModel:
    """What ``MLmodel`` and the requirements beside it say.

    Raises UsageError for flavours that aren't taken and for paths that leave the folder,
    ModelError for a damaged ``MLmodel`` and missing files.
    """
    stated = _mapping(_yaml(folder / MLMODEL), folder / MLMODEL)
    flavours = _mapping(stated.get("flavors"), folder / MLMODEL)
    pyfunc = flavours.get(PYFUNC)
    pyfunc = pyfunc if isinstance(pyfunc, dict) else {}
    name = _flavour(folder, flavours, str(pyfunc.get("loader_module", "")))
    flavour, options = FLAVOURS[name], _mapping(flavours[name], folder / MLMODEL)
    file = options.get(flavour.file) or pyfunc.get("model_path") or pyfunc.get("data")
    if not isinstance(file, str):
        raise ModelError(f"{folder / MLMODEL} names no file of flavour {name}")
    version = options.get(flavour.version)
    code = {one for one in (options.get("code"), pyfunc.get("code")) if isinstance(one, str)}
    pins, loose = _requirements(folder)
    return MlflowModel(
        _inside(folder, file),
        name,
        {flavour.distribution: str(version)} if version is not None else {},
        _minor(pyfunc.get("python_version")) or _python_of_environment(folder),
        pins,
        loose,
        tuple(_inside(folder, one) for one in sorted(code)),
    )


def _flavour(folder: Path, flavours: dict[str, Any], loader: str) -> str:
    known = [name for name in FLAVOURS if name in flavours]
    if len(known) == 1:
        return known[0]
    if known:
        raise UsageError(
            f"{folder} has flavours {' and '.join(known)}",
            hint="give the model's file in it instead of the folder",
        )
    others = ", ".join(map(str, flavours)) or "none"
    said = f" whose loader is {loader}" if loader else ""
    raise UsageError(
        f"{folder} is an MLflow model of flavour {others}{said}: Howdah takes"
        f" {', '.join(FLAVOURS)}",
        hint="log the model itself, for example by mlflow.sklearn.log_model; a Python function"
        " of MLflow's is a program that only MLflow runs",
    )


def _inside(folder: Path, name: str) -> Path:
    """A path of the folder, which it must not leave."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{folder / MLMODEL} names {name}, which is not in that folder")
    if not path.exists():
        raise ModelError(
            f"{folder / MLMODEL} names {name}, which isn't there", hint="copy the whole folder"
        )
    return path


def _requirements(folder: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Pins of ``requirements.txt``; without that, those of ``conda.yaml``."""
    path = folder / "requirements.txt"
    lines = _text(path).splitlines() if path.is_file() else _conda_requirements(folder)
    pins: dict[str, str] = {}
    loose = []
    for line in lines:
        word = re.split(r"\s#|^#|\s--hash|\\|;", line)[0].strip()
        pin = PIN.fullmatch(word)
        if pin and pins.setdefault(canonical_name(pin[1]), pin[2]) == pin[2]:
            continue
        if pin:  # another version on another Python or system
            loose.append(canonical_name(pin[1]))
        elif name := NAME.match(word):  # without what follows: an address may have a password
            loose.append(canonical_name(name[0]))
    return {name: version for name, version in pins.items() if name not in loose}, tuple(loose)


def _conda_requirements(folder: Path) -> list[str]:
    lines: list[str] = []
    for one in _conda(folder):
        if isinstance(one, dict) and isinstance(one.get("pip"), list):
            lines += map(str, one["pip"])
        elif isinstance(one, str) and (found := re.fullmatch(r"([\w.-]+)=+([\w.]+)(=\w+)?", one)):
            lines.append(f"{found[1]}=={found[2]}")
    return [line for line in lines if not line.startswith(("python==", "pip=="))]


def _python_of_environment(folder: Path) -> str:
    path = folder / "python_env.yaml"
    if path.is_file():
        stated = _yaml(path)
        return _minor(stated.get("python")) if isinstance(stated, dict) else ""
    for one in _conda(folder):
        if isinstance(one, str) and one.startswith("python="):
            return _minor(one.removeprefix("python").lstrip("="))
    return ""


def _conda(folder: Path) -> list[Any]:
    path = folder / "conda.yaml"
    stated = _yaml(path) if path.is_file() else {}
    found = stated.get("dependencies") if isinstance(stated, dict) else None
    return found if isinstance(found, list) else []


def _minor(version: object) -> str:
    found = re.match(r"(\d+\.\d+)(\.|$)", str(version))
    return found[1] if found else ""


def _mapping(value: object, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelError(f"{path} is no description of a model as MLflow writes it")
    return value


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(_text(path))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} is no YAML: {str(error).splitlines()[0]}") from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LONGEST:
            raise ModelError(f"{path} is longer than {LONGEST >> 20} MiB")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} can't be read: {error}") from None
