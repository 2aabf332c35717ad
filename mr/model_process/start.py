"""Where a task's model is loaded: in the task's own process or, with other packages, in another."""

import sysconfig
from collections.abc import Mapping
from pathlib import Path

from mr.model_process.remote import ModelProcess
from mr.models.loading import load_files
from mr.models.manifest import Manifest, ModelFileError
from mr.scoring.predictor import LoadedModel, Predictor

__all__ = ["own_packages", "start_model"]


def start_model(
    manifest: Manifest, folder: Path, environments: Mapping[str, str], prefix: str = ""
) -> Predictor:
    """The model in ``folder``, where its files' names have a ``prefix``: in a process that is
    starting, if ``environments`` has a folder of packages for it, by its name; else loaded here.

    Raises ModelFileError where it isn't to be trusted, or has an environment that isn't here.
    """
    if environment := environments.get(manifest.name):
        return ModelProcess(manifest, folder, Path(environment), prefix)
    if manifest.environment is not None:
        raise ModelFileError(
            f"model {manifest.name} has packages of its own, and this task was given none of them"
        )
    return LoadedModel.of_files(manifest, load_files(manifest, folder, prefix))


def own_packages() -> str:
    """The folder of the packages that this process has itself."""
    return sysconfig.get_paths()["purelib"]
