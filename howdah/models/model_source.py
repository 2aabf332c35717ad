"""What a model that is added consists of: its file, its maker's modules, the packages that it runs
with. All of that is known before anything of it is loaded."""

import argparse
import importlib.metadata
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from howdah.environments.environment import Environment, build_environment, seal
from howdah.environments.requirements import read_requirements
from howdah.errors import UsageError
from howdah.models.provenance.code_archive import make_code_archive
from howdah.models.provenance.provenance import PYTHON, Provenance
from howdah.models.provenance.reading import read_provenance
from howdah.models.provenance.requirements import needed_requirements
from howdah.settings import Settings
from mr.model_process.start import own_packages
from mr.models.manifest import sha256_of

__all__ = ["ModelSource", "find_source"]

CODE = "code.zip"
LOCK = "environment.lock"
FORMATS = {  # what a file is called, and its name in a model's folder
    "joblib": ("a pickle", "model.joblib"),
    "skops": ("a skops file", "model.skops"),
    "onnx": ("an ONNX file", "model.onnx"),
    "xgboost": ("XGBoost's own file", "model.json"),
    "lightgbm": ("LightGBM's own file", "model.txt"),
    "catboost": ("CatBoost's own file", "model.cbm"),
}


@dataclass(frozen=True)
class ModelSource:
    """A model's files, in its ``folder``: ``file`` and, if it has modules of its maker's, ``code``;
    ``original`` is a copy of its file beside the folder. ``environment`` is None where Howdah's own
    packages fit."""

    found: Provenance
    folder: Path
    original: Path
    file: str
    code: str = ""
    environment: Environment | None = None

    @property
    def packages(self) -> Path | None:
        """The folder of the packages that it runs with; None for Howdah's own."""
        return self.environment.folder if self.environment else None

    @property
    def libraries(self) -> dict[str, str]:
        """The versions of what predicts it, by distribution."""
        if self.environment is None:
            return {"scikit-learn": importlib.metadata.version("scikit-learn")}
        pairs = (pin.partition("==") for pin in self.environment.requires)
        return {name: version for name, _, version in pairs}

    @property
    def manifest_fields(self) -> dict[str, Any]:
        """What its manifest states of all this, but for the environment."""
        names = [self.file, *([self.code] if self.code else [])]
        return {
            "files": {name: sha256_of(self.folder / name) for name in names},
            "scikit_learn": self.libraries.get("scikit-learn", ""),
            "format": self.found.format,
            "code": self.code,
            "data": self.found.format != "joblib",
            "libraries": self.libraries,
        }

    def sealed_environment(self) -> dict[str, Any] | None:
        """The environment, for the manifest, once its archive has been made; its lock is kept with
        the model."""
        if self.environment is None:
            return None
        sealed = seal(self.environment)
        text = (sealed.folder.parent / "lock.txt").read_text("utf-8")
        (self.folder / LOCK).write_text(text, "utf-8")
        return {
            "lock": sealed.lock,
            "requires": list(sealed.requires),
            "python": sealed.python,
            "sha256": sealed.sha256,
            "bytes": sealed.bytes,
            "time": sealed.time,
        }


def find_source(folder: Path, args: argparse.Namespace, settings: Settings) -> ModelSource:
    """What ``args.file`` needs, told on stderr; its files are copied to ``folder``, and packages
    that aren't there are installed.

    Raises UsageError for what can't be a model or needs what isn't stated, ModelError where its
    packages can't be had.
    """
    found = read_provenance(args.file)
    for line in _provenance_lines(found):
        _tell(line)
    stated = read_requirements(args.requires) if args.requires else ()
    requires = needed_requirements(found, stated)
    _check_options(found, args, own=requires is None)
    modules = [*args.code, *found.code]
    if modules:
        make_code_archive(modules, folder / CODE)
    names = {pin.partition("==")[0].removesuffix("-cpu") for pin in requires or ()}
    if names <= {*found.libraries}:
        _check_modules(found, modules, Path(own_packages()))  # before packages are installed
    environment = None if requires is None else _environment(requires, settings)
    if environment:
        _check_modules(found, modules, environment.folder)
    name = FORMATS[found.format][1]
    original = folder.parent / name
    for copy in (folder / name, original):
        shutil.copyfile(found.file, copy)
    return ModelSource(found, folder, original, name, CODE if modules else "", environment)


def _provenance_lines(found: Provenance) -> Iterator[str]:
    """What the file is and what it was made with; what it names of its maker's."""
    libraries = [_library(found, name) for name in found.libraries if _is_telling(found, name)]
    made = f", made with {', '.join(libraries)}" if libraries else ""
    python = f" on Python {found.python}" if found.python else ""
    is_data = found.format != "joblib"
    loading = "data, of which nothing runs" if is_data else "loading it runs what its maker wrote"
    yield f"{FORMATS[found.format][0]}{made}{python}: {loading}"
    notes = [f"it names modules of its maker's: {', '.join(found.modules)[:200]}"]
    if told := "; ".join([*notes * bool(found.modules), *found.notes]):
        yield told


def _is_telling(found: Provenance, name: str) -> bool:
    """Whether a library's version is known, or matters: others come with scikit-learn."""
    return bool(found.libraries[name]) or name not in ("joblib", "numpy", "pandas", "scipy")


def _library(found: Provenance, name: str) -> str:
    if found.libraries[name]:
        return f"{name} {found.libraries[name]}"
    several = found.several.get(name)
    return f"{name} {' and '.join(several)}" if several else f"{name} (it doesn't say which)"


def _check_options(found: Provenance, args: argparse.Namespace, *, own: bool) -> None:
    """Raise UsageError for options that don't fit the file, or are missing."""
    if args.compiled and not own:
        raise UsageError(
            "--compiled is for models that run with Howdah's own scikit-learn"
            f" {importlib.metadata.version('scikit-learn')}; this one needs other packages",
            hint="leave --compiled out",
        )
    if args.code and found.format != "joblib":
        raise UsageError(
            f"--code is for functions and classes of a pickle; this is {FORMATS[found.format][0]}",
            hint="leave --code out",
        )
    if found.sample_required and not args.sample:
        python = found.python or "of which it doesn't say the version"
        raise UsageError(
            f"{args.file} was made with Python {python}, and models run on {PYTHON} here: whether"
            " it predicts the same is only seen on records",
            hint="--sample TABLE; with answers that the model gave where it was made, --expected"
            " label=COLUMN,score=COLUMN compares those, too",
        )


def _check_modules(found: Provenance, modules: list[Path], packages: Path) -> None:
    """Raise UsageError for modules that the file names and that are neither given nor among the
    ``packages``."""
    given = {path.name.removesuffix(".py") for path in modules}
    given |= {one.name.removesuffix(".py") for path in found.code for one in path.iterdir()}
    named = {name.partition(".")[0] for name in found.modules}
    missing = {name for name in named - given if not _is_among(name, packages)}
    if not missing:
        return
    first = min(missing)
    if first == "__main__":
        raise UsageError(
            "the model names functions or classes that were defined in a notebook or a script: they"
            " aren't in its file",
            hint="put them into a module (churn_steps.py), import them from there, fit and save the"
            " model again; then bin/models add … --code churn_steps.py",
        )
    raise UsageError(
        f"the model names the module {', '.join(sorted(missing))}, which belongs to no library that"
        " is known here",
        hint=f"if its maker wrote it, --code {first}.py (or its folder); if it is a package, state"
        f" its version besides the others: --requires '{first}==VERSION, scikit-learn==VERSION'",
    )


def _is_among(module: str, packages: Path) -> bool:
    """Whether a folder of packages has a module."""
    return (packages / module).is_dir() or any(packages.glob(f"{module}.*"))


def _environment(requires: tuple[str, ...], settings: Settings) -> Environment:
    """The packages that were asked for, found here or installed."""
    began = time.monotonic()
    environment = build_environment(requires, settings)
    seconds = time.monotonic() - began
    _tell(
        f"it runs with {', '.join(pin.replace('==', ' ') for pin in environment.requires)}, in an"
        f" environment of its own: {seconds:.0f} s"
    )
    return environment


def _tell(line: str) -> None:
    print(f"  {line}", file=sys.stderr)
