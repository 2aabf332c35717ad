"""Which packages, in which versions, the environment of a model needs."""

import importlib.metadata
import re
from collections.abc import Mapping, Sequence

from howdah.environments.lock import PYTHON
from howdah.environments.requirements import is_release
from howdah.errors import UsageError
from howdah.models.provenance.libraries import canonical_name
from howdah.models.provenance.onnx_file import ONNXRUNTIME
from howdah.models.provenance.provenance import Provenance

__all__ = ["needed_requirements"]

# What scikit-learn brings along, and what every environment has: versions as of its release
BASE = ("joblib", "numpy", "pandas", "scipy")
OWN = ("scikit-learn", *BASE)  # what models in Howdah's own environment may refer to
# An ONNX file is of no version of onnxruntime: any that has its operators runs it
DEFAULTS = {"onnxruntime": ONNXRUNTIME}
# scikit-learn 1.2 is older than the numpy that the oldest skops without known holes asks for
NUMPY_FOR_SKOPS = "1.26.4"
# For sentences that ask for a version
EXAMPLES = {
    "catboost": "1.2.7",
    "cloudpickle": "3.1.1",
    "dill": "0.3.9",
    "lightgbm": "4.6.0",
    "scikit-learn": "1.5.2",
    "xgboost": "2.1.4",
}


def needed_requirements(found: Provenance, stated: Sequence[str]) -> tuple[str, ...] | None:
    """Pins (``name==version``) of all that the model needs, or None: Howdah's own environment fits.

    That is so only where the scikit-learn that made the model is the one that runs here, and
    nothing is referred to but that and what it brings along. ``stated``: pins of the model's
    owner, which outrank MLflow's. Besides the pins, ``found.extras`` are needed, which are resolved
    together with them. Raises UsageError for a version that isn't known, that is none, or that the
    file contradicts, and for byte code of another Python.
    """
    if found.byte_code and found.python and found.python != PYTHON:
        raise UsageError(
            f"{found.file} was made with Python {found.python} and holds functions as byte code,"
            f" which runs on no other; Python {PYTHON} runs here",
            hint="put these functions into a module, save the model again, and add it with --code",
        )
    if not stated:  # else its owner knows what is made when it is loaded
        _refuse_no_model(found)
    pins = {canonical_name(name): version for name, version in map(_split, stated)}
    _check(found, pins)
    recorded = dict(map(_split, found.requires))
    versions: dict[str, str | None] = {
        name: pins.get(name) or version or recorded.get(name) or DEFAULTS.get(name)
        for name, version in found.libraries.items()
    }
    missing = [name for name, version in versions.items() if not version and name not in BASE]
    if not found.libraries.keys() - set(BASE) and not pins:
        missing = ["scikit-learn"]
    if missing:
        raise _unknown_versions(found, versions, missing)
    needed = {name: version for name, version in versions.items() if version} | pins
    _check_releases(found, needed)
    if found.format == "skops" and _numbers(needed.get("scikit-learn", "9")) < (1, 3):
        needed = {"numpy": NUMPY_FOR_SKOPS} | needed
    if _fits_here(found, needed, pins):
        return None
    return tuple(f"{name}=={version}" for name, version in sorted(needed.items()))


def _split(pin: str) -> tuple[str, str]:
    name, _, version = pin.partition("==")
    return name.strip(), version.strip()


def _refuse_no_model(found: Provenance) -> None:
    """UsageError for a pickle of nothing that a library or its maker's code would predict with."""
    if found.format == "joblib" and found.libraries.keys() <= {*BASE} and not found.modules:
        of = f"of {' and '.join(found.libraries)} alone" if found.libraries else "of no library"
        raise UsageError(
            f"{found.file} is a pickle, and no model's: what it holds is {of}",
            hint="give the file in which the fitted model was saved: joblib.dump(model, FILE)",
        )


def _check(found: Provenance, pins: Mapping[str, str]) -> None:
    """UsageError for what the file contradicts."""
    for name, version in pins.items():
        recorded = found.libraries.get(name)
        of_file = found.several.get(name) or ((recorded,) if recorded else ())
        if of_file and name not in _of_mlflow(found) and version not in of_file:
            raise UsageError(
                f"--requires states {name} {version}, but {found.file} was made with"
                f" {' and '.join(of_file)}",
                hint=f"--requires '{name}=={of_file[-1]}', or without {name}: the file says it",
            )
    oldest = found.oldest_numpy
    if oldest and "numpy" in pins and _numbers(pins["numpy"]) < _numbers(oldest):
        raise UsageError(
            f"--requires states numpy {pins['numpy']}, but {found.file} was made with numpy 2,"
            f" which numpy {oldest} or newer can load",
            hint=f"--requires 'numpy=={oldest}', or without numpy",
        )


def _check_releases(found: Provenance, needed: Mapping[str, str]) -> None:
    """UsageError for a version in the file that is none: it goes to uv, which reads options and
    addresses, too."""
    for name, version in needed.items():
        if not is_release(version):
            raise UsageError(
                f"{found.file} states that {name} {version[:100]!r} made it, which is no release"
                " that a package index has",
                hint=f"with a released {name}, load it where it was made, and save it again",
            )


def _of_mlflow(found: Provenance) -> set[str]:
    """Libraries whose version MLflow alone has recorded; its owner may know better."""
    return {name for name, _ in map(_split, found.requires)} & set(BASE)


def _fits_here(found: Provenance, needed: Mapping[str, str], pins: Mapping[str, str]) -> bool:
    """Whether Howdah's own environment is what is needed. What MLflow pins of ``BASE`` doesn't
    count: of models without it, nobody knows these versions either."""
    if found.format not in ("joblib", "skops") or "scikit-learn" not in needed:
        return False
    if not {*found.libraries, *pins} <= set(OWN):
        return False
    return all(
        importlib.metadata.version(name) == version
        for name, version in needed.items()
        if name == "scikit-learn" or name in pins
    )


def _unknown_versions(
    found: Provenance, versions: Mapping[str, str | None], missing: Sequence[str]
) -> UsageError:
    """What was found, what wasn't, and an example to copy."""
    sentences = []
    for name in missing:
        if name in found.several:
            parts = " and ".join(found.several[name])
            sentences.append(f"parts of {found.file} were made with {name} {parts}")
        elif name in found.libraries:
            sentences.append(f"{found.file} needs {name}, and doesn't say which version")
        else:
            sentences.append(f"{found.file} doesn't say what it was made with")
    known = [f"{name} {version}" for name, version in versions.items() if version]
    if known:
        sentences.append(f"it was made with {', '.join(known)}")
    example = ", ".join(f"{name}=={_example(found, name)}" for name in missing)
    asked = "; ".join(sentences)
    return UsageError(
        asked,
        hint=f"for example --requires '{example}'; the right versions are printed, where it was"
        f" trained, by: pip freeze | grep -i -E '{'|'.join(missing)}'",
    )


def _example(found: Provenance, name: str) -> str:
    if name in found.several:
        return found.several[name][-1]
    return EXAMPLES.get(name, "VERSION")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
