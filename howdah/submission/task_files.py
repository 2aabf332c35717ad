"""What a job's tasks are sent (its spec, code, models) and given: its inputs, or lists of them."""

import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from howdah.hadoop.store import Store, hdfs_client
from howdah.jobs.layout import CODE, INPUT, LISTS, MODELS, PREPARED
from howdah.jobs.record import Input, Job
from howdah.models.registry import Model
from howdah.settings import ROOT, Cluster
from mr.spec import SPEC_FILE, Spec
from mr.storage.part_file import PartFile
from mr.storage.whole_files import FileEntry

__all__ = ["task_inputs", "write_task_files"]


def write_task_files(
    spec: Spec, folder: Path, models: Sequence[Model], cluster: Cluster | None
) -> list[str]:
    """What every task is sent, from the job's ``folder`` or, models of a cluster's job, from HDFS;
    each with ``#`` and the name that tasks have it by."""
    spec.write(folder / SPEC_FILE)
    with zipfile.ZipFile(folder / CODE, "w") as archive:
        for path in sorted((ROOT / "mr").rglob("*.py")):
            archive.write(path, path.relative_to(ROOT))
    prepared = sorted((folder / PREPARED).glob("*"))
    files = _named([folder / SPEC_FILE, folder / CODE, *prepared])
    for model in models:
        prefix = f"{model.manifest.name}." if len(models) > 1 else ""
        files += _named(_upload_model(model, cluster) if cluster else model.files, prefix)
    return files


def _named(paths: Iterable[str | Path], prefix: str = "") -> list[str]:
    return [f"{path}#{prefix}{str(path).rpartition('/')[2]}" for path in paths]


def _upload_model(model: Model, cluster: Cluster) -> list[str]:
    """Put the model into HDFS once; every job with it then shares the nodes' cached copy."""
    client = hdfs_client(cluster)
    folder = f"{MODELS}/{model.manifest.name}-{model.sha256[:16]}"
    if client.status(folder, strict=False) is None:
        partial = f"{folder}.{os.getpid()}"
        for path in model.files:
            client.upload(f"{partial}/{path.name}", str(path))
        client.rename(partial, folder)
    return [f"{cluster.fs_uri}{folder}/{path.name}" for path in model.files]


def task_inputs(job: Job, store: Store, home: str, tasks: int) -> list[str]:
    """The paths of what the job's tasks are given: its inputs or, where these are records
    themselves, a list of them for each task, below its folder ``home``."""
    if not job.of_files:
        return [source.path or f"{home}/{INPUT}/{source.stored}" for source in job.inputs]
    lists: list[list[Input]] = [[] for _ in range(min(job.splits or tasks, len(job.inputs)))]
    for source in sorted(job.inputs, key=lambda source: -source.bytes):
        min(lists, key=lambda chosen: sum(each.bytes for each in chosen)).append(source)
    names = [f"{LISTS}/{number:05d}.txt" for number in range(len(lists))]
    for name, chosen in zip(names, lists, strict=True):
        part = PartFile(store.sink(), name)
        for source in sorted(chosen, key=lambda source: source.stored):
            part.write(FileEntry(source.stored, source.bytes, source.path, source.modified).line())
        part.close()
    return [f"{home}/{name}" for name in names]
