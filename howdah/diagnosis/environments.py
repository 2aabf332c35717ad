"""Checks the packages of models' environments: whether they are here, in HDFS, or nowhere."""

from collections.abc import Iterator
from contextlib import suppress

from howdah.diagnosis.check import Check, judge
from howdah.environments.checks import check_environments as check_folders
from howdah.environments.hdfs_archive import archive_path, difference
from howdah.errors import ClusterError, ModelError
from howdah.models.model_environment import altered_archive, describe_environment
from howdah.models.registry import manifest_of, model_entries
from howdah.settings import Settings
from mr.models.manifest import Manifest

__all__ = ["check_environments"]


def check_environments(settings: Settings) -> Iterator[Check]:
    """Judge the folders that are here and, of each model that has an environment, whether tasks
    would find it."""
    folders = list(check_folders(settings))
    if folders:
        bad = [(f"{home}: {what}", f"rm -r {home}  (the next job makes it again)")
               for home, what in folders if what]  # fmt: skip
        yield from judge("environments", bad, f"{len(folders)} here, as they were installed")
    for entry in model_entries(settings):
        with suppress(ModelError, ClusterError):  # told of the model, and of the cluster
            manifest = manifest_of(entry)
            if manifest.environment is not None:
                yield _place(manifest, settings)


def _place(manifest: Manifest, settings: Settings) -> Check:
    name = f"model {manifest.name}"
    try:
        places = list(_places(manifest, settings))
    except ModelError as error:
        return Check(name, error.message, error.hint or "bin/models check")
    found = " and ".join(places) or "neither here nor in HDFS"
    fix = f"bin/submit INPUT --model {manifest.name}  (makes it, asking the package index)"
    return Check(name, f"its environment: {found}", "" if places else fix)


def _places(manifest: Manifest, settings: Settings) -> Iterator[str]:
    """Where its packages are; ModelError for an archive that isn't the one that it states."""
    described = describe_environment(manifest, settings)
    if not described:
        return
    if described["folder"]:
        yield f"{described['folder']}, {described['unpacked'] >> 20:,} MB"
    if settings.cluster and (what := difference(described, settings.cluster)) is not None:
        if what:
            raise altered_archive(manifest, what, settings.cluster)
        yield f"{settings.cluster.fs_uri}{archive_path(described)}"
