"""Checks where the packages of models' environments are: here, in HDFS, or nowhere."""

from collections.abc import Iterator

from howdah.diagnosis.check import Check
from howdah.errors import ClusterError, ModelError
from howdah.models.model_environment import archive_in_hdfs, describe_environment
from howdah.models.registry import manifest_of, model_entries
from howdah.settings import Settings
from mr.models.manifest import Manifest

__all__ = ["check_environments"]


def check_environments(settings: Settings) -> Iterator[Check]:
    """Judge those of all models that have one; what is wrong with an archive is told, too."""
    for entry in model_entries(settings):
        try:
            manifest = manifest_of(entry)
        except ModelError:  # what is wrong with it is said of the model
            continue
        if manifest.environment is None:
            continue
        try:
            places = list(_places(manifest, settings))
        except (ModelError, ClusterError) as error:
            yield Check("environment", error.message, error.hint or "bin/models check")
            continue
        fix = f"bin/submit INPUT --model {entry.name}  (makes it again; asks the package index)"
        found = " and ".join(places) or "neither here nor in HDFS"
        yield Check("environment", f"that of {entry.name}: {found}", "" if places else fix)


def _places(manifest: Manifest, settings: Settings) -> Iterator[str]:
    described = describe_environment(manifest, settings)
    if described and described["folder"]:
        yield f"{described['folder']}, {described['unpacked'] >> 20:,} MB"
    if settings.cluster and (archive := archive_in_hdfs(manifest, settings.cluster)):
        yield archive
