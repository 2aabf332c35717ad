"""The environment of a model as people see it: where its packages are, what they take, and whether
they are what the model's manifest names."""

from pathlib import Path
from typing import Any

from howdah.environments.checks import check_archive, check_packages
from howdah.environments.environment import find_packages
from howdah.environments.publishing import archive_path
from howdah.errors import ModelError
from howdah.models.registry import Model
from howdah.settings import Cluster, Settings
from mr.models.manifest import Manifest

__all__ = ["altered_archive", "check_environment_of", "describe_environment"]


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
    if settings.cluster and (what := check_archive(stated, settings.cluster)):
        raise altered_archive(model.manifest, what, settings.cluster)


def altered_archive(manifest: Manifest, what: str, cluster: Cluster) -> ModelError:
    """The error for an archive in HDFS of which ``what`` isn't as the manifest states."""
    assert manifest.environment
    path = archive_path(manifest.environment)
    return ModelError(
        f"model {manifest.name}: {cluster.fs_uri}{path} isn't the archive that its manifest names:"
        f" its {what} differs",
        hint=f"{cluster.hadoop_bin} fs -rm {path}  (the next job restores it)",
    )


def _bytes_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
