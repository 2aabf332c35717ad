"""The models of a job: linked into its folder when it is submitted, and found there until it ends.

Whatever becomes of a model's name meanwhile, the job keeps the files that it was submitted with.
"""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from howdah.errors import ModelError
from howdah.jobs.layout import MODEL_LINKS
from howdah.jobs.record import Job, Jobs
from howdah.models.model_checks import ENVIRONMENT_LOCK, check_files
from howdah.models.registry import (
    OWN,
    Model,
    ModelEntry,
    find_entry,
    manifest_of,
    model_entries,
)
from howdah.settings import Runner, Settings
from mr.models.manifest import sha256_of
from mr.spec import MODEL_FILE

__all__ = [
    "environments_in_use",
    "environments_of",
    "environments_that_run_here",
    "link_models",
    "linked_models",
    "unfinished_jobs_with",
]


def environments_of(models: Iterable[Model]) -> dict[str, Any]:
    """What a job's record says of the environments that its models run in, by the models' names."""
    return {
        manifest.name: {
            "lock": manifest.environment["lock"],
            "requires": manifest.environment["requires"],
            "python": manifest.environment["python"],
            "libraries": manifest.libraries or {},
        }
        for manifest in (model.manifest for model in models)
        if manifest.environment is not None
    }


def environments_in_use(settings: Settings) -> set[str]:
    """The locks of the environments of all models that the caller can use, and of his jobs that
    aren't finished."""
    found = {
        environment["lock"]
        for job in Jobs(settings.state).all()
        if not job.is_finished
        for environment in job.environments.values()
    }
    for entry in model_entries(settings):
        with suppress(OSError):  # there is none, or it is another user's, as its environment is
            found.add(sha256_of(entry.folder / ENVIRONMENT_LOCK))
    return found


def environments_that_run_here(settings: Settings) -> set[str]:
    """The locks of the environments that the caller's jobs use on this machine itself."""
    return {
        environment["lock"]
        for job in Jobs(settings.state).all()
        if job.runner == Runner.LOCAL and not job.is_finished
        for environment in job.environments.values()
    }


def unfinished_jobs_with(entry: ModelEntry, settings: Settings) -> list[str]:
    """The caller's jobs that aren't finished and have this model."""
    try:
        sha256 = sha256_of(entry.folder / MODEL_FILE)
    except OSError:
        return []
    return [
        job.id
        for job in Jobs(settings.state).all()
        if not job.is_finished and sha256 in (job.model_sha256, *job.models.values())
    ]


def link_models(job: Job, folder: Path, settings: Settings) -> None:
    """Have the job's ``folder`` hold its models, whatever becomes of their names.

    Raises ModelError for one that isn't what the job's record says.
    """
    shutil.rmtree(folder / MODEL_LINKS, ignore_errors=True)  # of an upload that was cut off
    for name in _names(job):
        own = folder / MODEL_LINKS / name
        own.mkdir(parents=True)
        try:
            entry = find_entry(settings, name)
            for path in Model(entry.folder, manifest_of(entry)).all_files:
                _link_or_copy(path, own / path.name)
        except (ModelError, FileNotFoundError):  # it was there, and right, when it was planned
            raise _replaced(name) from None
        if sha256_of(own / MODEL_FILE) != _recorded(job, name):
            raise _replaced(name)


def linked_models(job: Job, folder: Path) -> list[Model]:
    """The job's models in its ``folder``, each file compared with what the job's record vouches
    for; ModelError if one is missing or altered."""
    found = []
    for name in _names(job):
        own = folder / MODEL_LINKS / name
        path = own / MODEL_FILE
        if not path.is_file() or sha256_of(path) != _recorded(job, name):
            raise ModelError(
                f"model {name} of job {job.id} is missing from {own}, or altered",
                hint="submit the input again",
            )
        manifest = manifest_of(ModelEntry(name, own, OWN))
        check_files(manifest, own)
        found.append(Model(own, manifest))
    return found


def _names(job: Job) -> list[str]:
    return list(job.models) or ([job.model] if job.model else [])


def _recorded(job: Job, name: str) -> str:
    return job.models.get(name) or job.model_sha256


def _replaced(name: str) -> ModelError:
    return ModelError(
        f"model {name} was replaced or removed while the job was submitted",
        hint="submit the input again",
    )


def _link_or_copy(source: Path, target: Path) -> None:
    """Link a file of the caller's; somebody else could change what is in his later on."""
    if source.stat().st_uid == os.geteuid():
        try:
            os.link(source.resolve(), target)
        except OSError:  # another file system, or one without links, or with too many of them
            pass
        else:
            return
    shutil.copyfile(source, target)
