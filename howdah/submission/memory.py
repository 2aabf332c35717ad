"""How much memory a task's container needs, and whether a worker has it."""

from collections.abc import Sequence

from howdah.errors import ModelError
from howdah.hadoop.yarn import Yarn
from howdah.models.registry import Model
from howdah.settings import Cluster

__all__ = ["check_memory", "container_mb", "fits_uber_task", "memory_settings"]

LEAST_MB = 1024
JVM_MB = 512  # 256 of them are its heap
BLOCKS_MB = 128  # a task's blocks may be larger than what was measured with
PYTHON_MB = 512  # with scikit-learn and a few blocks, where no model's peak was measured
MASTER_MB = 512  # what an ApplicationMaster needs beside a task that runs in its own JVM


def container_mb(models: Sequence[Model]) -> int:
    """What a map task's container needs: a JVM's share, and the peaks of all models as they were
    measured, with a quarter more; four times the file's size of one that wasn't. A peak is that of
    both processes where a model has one of its own."""
    measured = [model.manifest.memory_mb * 5 // 4 for model in models if model.manifest.memory_mb]
    others = [model for model in models if not model.manifest.memory_mb]
    files = sum(path.stat().st_size for model in others for path in model.files)
    python = PYTHON_MB if others or not models else BLOCKS_MB
    python += PYTHON_MB * sum(model.manifest.environment is not None for model in others)
    return max(LEAST_MB, JVM_MB + python + sum(measured) + 4 * (files >> 20))


def memory_settings(needed_mb: int, *, uber: bool) -> dict[str, str]:
    """Hadoop's settings for map tasks that need so much.

    An ``uber`` task runs in the ApplicationMaster's container, and no other is started.
    """
    settings = {"mapreduce.map.memory.mb": str(needed_mb)}
    if uber:
        settings["mapreduce.job.ubertask.enable"] = "true"
        settings["yarn.app.mapreduce.am.resource.mb"] = str(needed_mb + MASTER_MB)
    return settings


def fits_uber_task(needed_mb: int, cluster: Cluster) -> bool:
    """Whether a worker has room for a task in an ApplicationMaster's container."""
    return needed_mb + MASTER_MB <= Yarn(cluster).largest_worker()[1]


def check_memory(models: Sequence[Model], cluster: Cluster) -> None:
    """Raise ModelError if a task with ``models`` needs more memory than any worker offers."""
    needed = container_mb(models)
    if needed == LEAST_MB:
        return
    host, offered = Yarn(cluster).largest_worker()
    if needed > offered:
        names = ", ".join(model.manifest.name for model in models)
        measured = all(model.manifest.memory_mb for model in models)
        how = "by its measured peak" if measured else "by four times the size of its files"
        raise ModelError(
            f"a task with {names} needs {needed:,} MB of memory ({how}), and the largest worker,"
            f" {host}, offers {offered:,} MB",
            hint="--runner local, a smaller model, or a worker with more memory",
        )
