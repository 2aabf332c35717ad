"""What a job's tasks are sent (its spec, code, models) and given: its inputs, or lists of them."""

import os
import zipfile
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from howdah.hadoop.store import Store, hdfs_client
from howdah.jobs.layout import CODE, INPUT, LISTS, MODELS, PREPARED
from howdah.jobs.record import Job
from howdah.jobs.stored_input import Input
from howdah.models.registry import Model
from howdah.settings import ROOT, Cluster, Settings
from howdah.submission.task_environments import find_environments
from mr.spec import SPEC_FILE, Spec
from mr.storage.file_range import FileRange
from mr.storage.part_file import PartFile
from mr.storage.whole_files import FileEntry

__all__ = ["TaskFiles", "task_inputs", "write_task_files"]


@dataclass(frozen=True)
class TaskFiles:
    """What every task is sent, and the ``archives`` that are unpacked for it; each with ``#`` and
    the name that tasks have it by."""

    files: Sequence[str]
    archives: Sequence[str] = ()

    @property
    def unpacked(self) -> list[str]:
        """The folders that tasks have the archives as."""
        return [archive.rpartition("#")[2] for archive in self.archives]


def write_task_files(
    spec: Spec,
    folder: Path,
    models: Sequence[Model],
    settings: Settings,
    cluster: Cluster | None,
    held: ExitStack | None = None,
) -> TaskFiles:
    """What every task is sent, from the job's ``folder`` or, models and their environments of a
    job of ``cluster``, from HDFS. Environments that are here stay until ``held`` is closed."""
    environments = find_environments(models, settings, cluster, held)
    replace(spec, environments=environments.folders).write(folder / SPEC_FILE)
    with zipfile.ZipFile(folder / CODE, "w") as archive:
        for path in sorted((ROOT / "mr").rglob("*.py")):
            archive.write(path, path.relative_to(ROOT))
    prepared = sorted((folder / PREPARED).glob("*"))
    files = _named([folder / SPEC_FILE, folder / CODE, *prepared])
    for model in models:
        prefix = f"{model.manifest.name}." if len(models) > 1 else ""
        files += _named(_upload_model(model, cluster) if cluster else model.files, prefix)
    return TaskFiles(files, environments.archives)


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


def task_inputs(job: Job, store: Store, home: str, tasks: int, size: int) -> list[str]:
    """The paths of what the job's tasks are given: its inputs or, where tasks open these
    themselves, lists below its folder ``home``: of whole files one for each of ``tasks``, else one
    for each range of about ``size`` bytes."""
    if job.of_files:
        lists = list(_lists_of_files(job, tasks))
    elif job.of_ranges:
        lists = [[each.line()] for source in job.inputs for each in _ranges(source, size)]
    else:
        return [source.path or f"{home}/{INPUT}/{source.stored}" for source in job.inputs]
    names = [f"{LISTS}/{number:05d}.txt" for number in range(len(lists))]
    for name, lines in zip(names, lists, strict=True):
        part = PartFile(store.sink(), name)
        part.write(b"".join(lines))
        part.close()
    return [f"{home}/{name}" for name in names]


def _lists_of_files(job: Job, tasks: int) -> Iterator[list[bytes]]:
    """Lists of whole files, with about as many bytes each."""
    lists: list[list[Input]] = [[] for _ in range(min(job.splits or tasks, len(job.inputs)))]
    for source in sorted(job.inputs, key=lambda source: -source.bytes):
        min(lists, key=lambda chosen: sum(each.bytes for each in chosen)).append(source)
    for chosen in lists:
        yield [_entry(each).line() for each in sorted(chosen, key=lambda each: each.stored)]


def _ranges(source: Input, size: int) -> Iterator[FileRange]:
    """Ranges of an input, each of which ends at the first cut behind a multiple of ``size``."""
    cuts = source.cuts or ()
    wanted = (bisect_left(cuts, at) for at in range(size, source.stored_bytes, size))
    ends = sorted({cuts[place] for place in wanted if place < len(cuts)})
    for start, end in pairwise([0, *ends, source.stored_bytes]):
        yield FileRange(_entry(source), start, end)


def _entry(source: Input) -> FileEntry:
    return FileEntry(source.stored, source.stored_bytes, source.path, source.modified)
