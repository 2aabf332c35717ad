"""The environment of a model as people see it: where its packages are, what they take, and whether
they are what the model's manifest names."""

import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from howdah.environments.checks import check_archive, check_packages
from howdah.environments.environment import environment_folder, find_packages
from howdah.environments.installed import find_by_requirements
from howdah.environments.lock import with_cpu_builds
from howdah.environments.publishing import archive_given, archive_path, forget_local, publish
from howdah.errors import ModelError
from howdah.hadoop.users import as_superuser, check_user
from howdah.models.model_checks import ENVIRONMENT_LOCK
from howdah.models.registry import Model, check_owner, manifest_of, model_entries
from howdah.settings import Cluster, Settings
from mr.models.manifest import Manifest

__all__ = [
    "altered_archive",
    "bring_back",
    "check_environment_of",
    "describe_environment",
    "move_to_hdfs",
]


def describe_environment(manifest: Manifest, settings: Settings) -> dict[str, Any] | None:
    """What the manifest states of it, with the ``folder`` of its packages, None if they aren't
    here, and their bytes as ``unpacked``; None of a model without one."""
    if manifest.environment is None:
        return None
    folder = find_packages(manifest.environment, settings)
    return manifest.environment | {
        "folder": str(folder) if folder else None,
        "unpacked": _bytes_of(folder) if folder else None,
    }


def check_environment_of(model: Model, settings: Settings) -> None:
    """Compare the packages that are here, and the archive that is in HDFS, with what the model's
    manifest names; raise ModelError where they differ, ClusterError where HDFS doesn't answer."""
    stated = model.manifest.environment
    if stated is None:
        return
    check_packages(stated, settings)
    if cluster := settings.cluster:
        given = archive_given(stated, settings)
        if what := check_archive(given, cluster):
            raise altered_archive(replace(model.manifest, environment=given), what, cluster)


def altered_archive(manifest: Manifest, what: str, cluster: Cluster) -> ModelError:
    """The error for an archive in HDFS of which ``what`` isn't as the manifest states."""
    assert manifest.environment
    path = archive_path(manifest.environment)
    return ModelError(
        f"model {manifest.name}: {cluster.fs_uri}{path} isn't the archive that its manifest names:"
        f" its {what} differs",
        hint=f"{cluster.hadoop_bin} fs -rm {path}  (the next job restores it)",
    )


def move_to_hdfs(model: Model, settings: Settings, running: Collection[str]) -> str | None:
    """Put the model's packages into HDFS, where the cluster has several hosts, and remove the
    caller's own folder of them unless their lock is among those of ``running`` jobs: the host may
    be small. What root puts there is HDFS' superuser's, and nobody else's to change. The archive's
    URI; None where the packages stay here alone.

    Raises ClusterError where HDFS doesn't take it.
    """
    stated, cluster = model.manifest.environment, settings.cluster
    if stated is None or cluster is None or not cluster.uses_systemd:
        return None
    check_user(cluster)
    if os.geteuid() == 0:
        cluster = as_superuser(cluster)
    path = publish(stated, settings, cluster, model.folder / ENVIRONMENT_LOCK)
    if stated["lock"] not in running:
        forget_local(stated, settings, cluster)
    return f"{cluster.fs_uri}{path}"


def bring_back(requires: tuple[str, ...], settings: Settings) -> None:
    """Have the environment here that a model with the same requirements has, if there is one: from
    HDFS, or from its lock. For root, another user's model vouches for nothing."""
    wanted = [requires, with_cpu_builds(requires)]
    if find_by_requirements(wanted, settings):
        return
    for entry in model_entries(settings):
        with suppress(ModelError):  # its manifest can't be read, or it is for another Python
            manifest = manifest_of(entry)
            check_owner(entry, manifest, settings)
            stated = manifest.environment
            if stated and {*stated["requires"]} in map(set, wanted):
                environment_folder(stated, settings, entry.folder / ENVIRONMENT_LOCK)
                return


def _bytes_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
