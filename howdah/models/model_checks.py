"""What must be right about a model before it is used: its files, its libraries and this machine."""

import importlib.metadata
import platform
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from howdah.environments.lock import PYTHON
from howdah.errors import ModelError
from mr.models.loading import untrusted_types
from mr.models.manifest import Manifest, sha256_of

__all__ = [
    "ENVIRONMENT_LOCK",
    "check_environment",
    "check_files",
    "check_libraries",
    "check_machine",
    "files_due",
]

ENVIRONMENT_LOCK = "environment.lock"  # beside model.toml: the packages of its environment
SHA256 = re.compile("[0-9a-f]{64}")


def check_environment(manifest: Manifest) -> None:
    """Raise ModelError unless the manifest states all that its environment is found by: paths are
    made of it."""
    if manifest.environment is None:
        return
    for name, fits in STATED.items():
        value = manifest.environment.get(name)
        if not fits(value):
            raise ModelError(
                f"model {manifest.name}: in the table environment of its model.toml, {name} ="
                f" {value!r} can't be what it means",
                hint=f"bin/models add {manifest.name} again",
            )


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and SHA256.fullmatch(value) is not None


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


STATED: dict[str, Callable[[object], bool]] = {
    "lock": _is_sha256,
    "requires": _is_list_of_texts,
    "python": lambda value: isinstance(value, str),
    "sha256": _is_sha256,
    "bytes": lambda value: type(value) is int,
    "time": lambda value: type(value) is int,
}


def files_due(manifest: Manifest) -> dict[str, str]:
    """The files that belong beside the manifest, with the SHA-256 that each must have: those that
    tasks get, and the lock of the model's environment."""
    lock = {ENVIRONMENT_LOCK: manifest.environment["lock"]} if manifest.environment else {}
    return manifest.files | lock


def check_files(manifest: Manifest, folder: Path) -> None:
    """Raise ModelError unless the model's files in ``folder`` are those that its manifest names."""
    for name, sha256 in files_due(manifest).items():
        path = folder / name
        if not path.is_file():
            raise ModelError(
                f"model {manifest.name}: {name} is missing from {folder}",
                hint=f"put it back, or bin/models add {manifest.name} again",
            )
        if sha256_of(path) != sha256:
            raise ModelError(
                f"model {manifest.name}: {path} is not the file that its manifest names:"
                " its sha256 differs",
                hint=f"remove it if you don't trust it; put the right one back, or bin/models add"
                f" {manifest.name} again",
            )
        # what the types in a file are for another version of skops, its own process says
        if manifest.environment is None and (untrusted := untrusted_types(path)):
            raise ModelError(
                f"model {manifest.name}: {name} holds types that skops does not trust:"
                f" {', '.join(untrusted)}",
                hint="save it without them, or as joblib",
            )


def check_libraries(manifest: Manifest) -> None:
    """Raise ModelError unless this Python can have what the model needs: the versions that it
    names or, where it has an environment of its own, the minor version of Python."""
    name = manifest.name
    if manifest.environment is None:
        for library, version in _needed(manifest):
            _check_version(name, library, version)
        return
    if manifest.environment["python"] != PYTHON:
        raise ModelError(
            f"the environment of model {name} is for Python {manifest.environment['python']},"
            f" and {PYTHON} runs here: its packages can't be imported",
            hint=f"bin/models add {name} FILE --replace makes another one for it",
        )


def _needed(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """The versions that Howdah's own environment must have: older models name scikit-learn's
    alone."""
    if manifest.scikit_learn:
        yield "scikit-learn", manifest.scikit_learn
    yield from (manifest.libraries or {}).items()


def _check_version(name: str, library: str, version: str) -> None:
    try:
        installed = importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        raise ModelError(
            f"model {name} needs {library} {version}, which Howdah doesn't have",
            hint=f"bin/models add {name} FILE --replace --requires {library}=={version}",
        ) from None
    if installed != version:
        raise ModelError(
            f"model {name} was trained with {library} {version},"
            f" and {installed} runs here: its scores could differ",
            hint=f"bin/models add {name} FILE --replace finds, or makes, an environment with"
            f" {library} {version}",
        )


def check_machine(manifest: Manifest) -> None:
    """Raise ModelError where the model was compiled on a machine of another kind."""
    machine = platform.machine()
    if manifest.compiled is not None and manifest.compiled.get("machine") != machine:
        raise ModelError(
            f"model {manifest.name} was compiled on {manifest.compiled.get('machine')}, and this is"
            f" {machine}",
            hint=f"bin/models add {manifest.name} again here, under another name",
        )
