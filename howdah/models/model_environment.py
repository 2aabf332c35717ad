"""The environment of a model as people see it: where its packages are, what they take, and whether
they are what the model's manifest names."""

import hashlib
from pathlib import Path
from typing import Any

from howdah.environments.environment import check_packages, find_packages
from howdah.environments.publishing import archive_path
from howdah.errors import ModelError
from howdah.hadoop.store import HdfsStore, hdfs_client
from howdah.models.registry import Model
from howdah.settings import Cluster, Settings
from mr.models.manifest import Manifest

__all__ = ["archive_in_hdfs", "check_environment_of", "describe_environment"]


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
    if model.manifest.environment is None:
        return
    check_packages(model.manifest.environment, settings)
    if settings.cluster and (archive := archive_in_hdfs(model.manifest, settings.cluster)):
        digest = hashlib.sha256()
        for part in HdfsStore(settings.cluster, "").read(_path(model.manifest).lstrip("/")):
            digest.update(part)
        if digest.hexdigest() != model.manifest.environment["sha256"]:
            raise _altered(model.manifest, archive, "sha256", settings.cluster)


def archive_in_hdfs(manifest: Manifest, cluster: Cluster) -> str | None:
    """The URI of its archive there, None if there is none yet; raises ModelError for one that has
    another length or time of change than the manifest states."""
    assert manifest.environment
    path = _path(manifest)
    uri = cluster.fs_uri + path
    with HdfsStore(cluster, "").reaching():
        status = hdfs_client(cluster).status(path, strict=False)
    if status is None:
        return None
    for what, seen, stated in (("length", "length", "bytes"), ("time", "modificationTime", "time")):
        if status[seen] != manifest.environment[stated]:
            raise _altered(manifest, uri, what, cluster)
    return uri


def _path(manifest: Manifest) -> str:
    assert manifest.environment
    return archive_path(manifest.environment)


def _altered(manifest: Manifest, uri: str, what: str, cluster: Cluster) -> ModelError:
    return ModelError(
        f"model {manifest.name}: {uri} isn't the archive that its manifest names: its {what}"
        " differs",
        hint=f"{cluster.hadoop_bin} fs -rm {_path(manifest)}  (the next job restores it)",
    )


def _bytes_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
