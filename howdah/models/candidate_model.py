"""A model that `bin/models add` has loaded: in this process, or in one with the packages of the
model's own environment. What is asked of it is the same."""

import importlib.metadata
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from howdah.environments.installed import Environment
from howdah.errors import ModelError
from howdah.models.interface.model_interface import ModelInterface
from howdah.models.load_errors import loading_error
from howdah.settings import ROOT
from mr.model_process.remote import ModelProcess
from mr.models.loading import load_files
from mr.models.manifest import Manifest, ModelFault, ModelFileError
from mr.scoring.predictor import LoadedModel, Predictor

__all__ = ["Candidate", "CandidateHere", "candidate_here", "candidate_there"]

NATIVE = ("onnx", "xgboost", "lightgbm", "catboost")
INSPECT = "howdah.models.interface.remote:inspect"
QUIET = "howdah.models.quiet:ignore_warnings"
DESCRIBE = "mr.models.native.description:describe"


class Candidate(Protocol):
    """A model that was loaded from its files."""

    def inspect(self) -> tuple[ModelInterface, tuple[str, ...]]:
        """What it takes and gives, and what its file leaves open; ModelError where it can't be
        served."""

    def predictor(self, manifest: Manifest) -> Predictor:
        """What predicts for its ``manifest``, once that is known, as in a task."""


class CandidateHere:
    """A model that needs nothing but Howdah's own environment, in this process."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def inspect(self) -> tuple[ModelInterface, tuple[str, ...]]:
        from howdah.models.interface.inspection import inspect_model

        return inspect_model(self.model), ()

    def predictor(self, manifest: Manifest) -> Predictor:
        warnings.simplefilter("ignore")  # until ``candidate_here`` ends
        return LoadedModel(self.model, manifest)


class CandidateThere:
    """A model in a process of its own, with the packages of the source's environment."""

    def __init__(self, manifest: Manifest, folder: Path, environment: Environment) -> None:
        self._folder = folder
        self._environment = environment
        self._native = manifest.format in NATIVE
        self._process = self._start(manifest)

    def inspect(self) -> tuple[ModelInterface, tuple[str, ...]]:
        from howdah.models.interface.remote import interface_of

        answer = dict(self._process.call(DESCRIBE if self._native else INSPECT))
        notes = answer.pop("notes", ())
        return interface_of(answer), tuple(notes)

    def predictor(self, manifest: Manifest) -> Predictor:
        """It is loaded anew: its process goes by one manifest."""
        self.close()
        self._process = self._start(manifest)
        self._process.call(QUIET)
        return self._process

    def close(self) -> None:
        """End its process."""
        self._process.close()

    def _start(self, manifest: Manifest) -> ModelProcess:
        """Load it; ModelError where that can't be."""
        folder = self._environment.folder
        process = ModelProcess(manifest, self._folder, folder, extra_path=[ROOT])
        try:
            assert process.facts
        except ModelFileError as error:
            raise ModelError(str(error)) from None
        except ModelFault:
            raise
        except (Exception, SystemExit) as error:  # whatever its libraries or its maker's code raise
            raise loading_error(
                type(error).__name__, str(error), self._environment.libraries
            ) from error
        return process


@contextmanager
def candidate_there(
    manifest: Manifest, folder: Path, environment: Environment
) -> Iterator[CandidateThere]:
    """The model in ``folder``, loaded by a process with the packages of ``environment``; ModelError
    where it can't be."""
    candidate = CandidateThere(manifest, folder, environment)
    try:
        yield candidate
    finally:
        candidate.close()


@contextmanager
def candidate_here(manifest: Manifest, folder: Path) -> Iterator[CandidateHere]:
    """The model in ``folder``, loaded in this process; ModelError where it can't be.

    In the end its maker's modules are forgotten.
    """
    with _without_traces(folder), warnings.catch_warnings():
        yield CandidateHere(_load(manifest, folder))


def _load(manifest: Manifest, folder: Path) -> Any:
    from sklearn.exceptions import InconsistentVersionWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            (model,) = load_files(manifest, folder).values()
        except InconsistentVersionWarning as warning:
            made = warning.original_sklearn_version
            raise ModelError(
                f"parts of it were fitted with scikit-learn {made}, and"
                f" {warning.current_sklearn_version} runs here",
                hint=f"--requires 'scikit-learn=={made}' has it run with that version",
            ) from None
        except ModelFileError as error:
            raise ModelError(str(error), hint="save it without them, or as joblib") from None
        except (Exception, SystemExit) as error:  # whatever its maker's code raises
            names = ("scikit-learn", "numpy")
            libraries = {name: importlib.metadata.version(name) for name in names}
            raise loading_error(type(error).__name__, str(error), libraries) from error
    return model


@contextmanager
def _without_traces(folder: Path) -> Iterator[None]:
    """Afterwards nothing is imported from ``folder``, and what was is forgotten."""
    path, known = [*sys.path], {*sys.modules}
    try:
        yield
    finally:
        sys.path[:] = path
        for name in {*sys.modules} - known:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if Path(file).is_relative_to(folder.absolute()):
                del sys.modules[name]
