"""What a model that is added consists of: its file, its maker's modules, the packages that it runs
with. All of that is known before anything of it is loaded."""

import argparse
import importlib.metadata
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from howdah.environments.environment import Environment, build_environment, seal
from howdah.environments.installed import installed_environments
from howdah.environments.lock import PYTHON
from howdah.environments.requirements import read_requirements
from howdah.errors import UsageError
from howdah.models.code_archive import make_code_archive, top_level_names
from howdah.models.model_checks import ENVIRONMENT_LOCK
from howdah.models.model_environment import bring_back
from howdah.models.provenance.provenance import Provenance
from howdah.models.provenance.reading import read_provenance
from howdah.models.provenance.requirements import needed_requirements
from howdah.settings import Settings
from howdah.terminal.plain_text import printable
from mr.model_process.start import own_packages
from mr.models.manifest import sha256_of

__all__ = ["ModelSource", "find_source"]

CODE = "code.zip"
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
        return self.environment.libraries

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
        (self.folder / ENVIRONMENT_LOCK).write_text(self.environment.lock_text)
        return seal(self.environment).manifest


def find_source(
    folder: Path, args: argparse.Namespace, settings: Settings, held: ExitStack
) -> ModelSource:
    """What ``args.file`` needs, told on stderr; its files are copied to ``folder``, and packages
    that aren't there are installed. Nobody removes them until ``held`` is closed.

    Raises UsageError for what can't be a model or needs what isn't stated, ModelError where its
    packages can't be had.
    """
    found = read_provenance(args.file)
    for line in _provenance_lines(found):
        _tell(line)
    stated = read_requirements(args.requires) if args.requires else ()
    requires = needed_requirements(found, stated)
    _check_options(found, args, own=requires is None)
    modules: frozenset[str] = frozenset()
    environment = None
    if requires is not None:
        modules = _pack(args.code, folder, frozenset())
        names = {pin.partition("==")[0].removesuffix("-cpu") for pin in requires}
        if names <= {*found.libraries}:
            _check_modules(found, modules, frozenset())  # before packages are installed
        environment = _environment(found, requires, settings, held)
    if found.modules or args.code:
        taken = top_level_names(environment.folder if environment else Path(own_packages()))
        modules = _pack(args.code, folder, taken)
        _check_modules(found, modules, taken)
    name = FORMATS[found.format][1]
    original = folder.parent / name
    shutil.copyfile(found.file, folder / name)
    shutil.copyfile(folder / name, original)  # whatever is done meanwhile to the file itself
    return ModelSource(found, folder, original, name, CODE if modules else "", environment)


def _pack(code: Path | None, folder: Path, taken: frozenset[str]) -> frozenset[str]:
    """Put its maker's modules into the folder; their names, none of which may be ``taken``."""
    if code is None:
        return frozenset()
    make_code_archive(code, folder / CODE, taken)
    with zipfile.ZipFile(folder / CODE) as archive:
        return frozenset(name.partition("/")[0].removesuffix(".py") for name in archive.namelist())


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
        made = f"was made with Python {found.python}"
        if not found.python:
            made = "holds byte code, and doesn't say of which Python"
        raise UsageError(
            f"{args.file} {made}, and models run on Python {PYTHON} here: whether it predicts the"
            " same is only seen on records",
            hint="--sample TABLE; with answers that the model gave where it was made, --expected"
            " label=COLUMN,score=COLUMN compares those, too",
        )


def _check_modules(found: Provenance, given: frozenset[str], packages: frozenset[str]) -> None:
    """Raise UsageError for modules that the file names and that are neither ``given`` nor among the
    ``packages``."""
    missing = {name.partition(".")[0] for name in found.modules} - given - packages
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
    if found.code:
        raise UsageError(
            f"the model names the module {', '.join(sorted(missing))}; MLflow has saved its maker's"
            " code beside it",
            hint=f"--code {found.code[0]}, after a look at it: it is run",
        )
    raise UsageError(
        f"the model names the module {', '.join(sorted(missing))}, which belongs to no library that"
        " is known here",
        hint=f"if its maker wrote it, --code {first}.py (or its folder); if it is a package, state"
        f" its version besides the others: --requires '{first}==VERSION, scikit-learn==VERSION'",
    )


def _environment(
    found: Provenance, requires: tuple[str, ...], settings: Settings, held: ExitStack
) -> Environment:
    """The packages that were asked for, found here or installed."""
    here = {one.lock for one in installed_environments(settings)}
    began = time.monotonic()
    bring_back(requires, settings)
    environment = build_environment(requires, settings, extras=found.extras, held=held)
    seconds = time.monotonic() - began
    size = sum(path.lstat().st_size for path in environment.folder.rglob("*"))
    new = f"made in {seconds:.0f} s, {size >> 20:,} MB"
    _tell(
        f"runs with {', '.join(pin.replace('==', ' ') for pin in environment.requires)} in an"
        f" environment of its own: {'the one that is here' if environment.lock in here else new}"
    )
    return environment


def _tell(line: str) -> None:
    print(f"  {printable(line)}", file=sys.stderr)
