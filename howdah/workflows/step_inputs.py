"""A finished job's scores as another job's inputs: read where they are, or fetched before."""

from dataclasses import replace

from howdah.errors import UsageError
from howdah.hadoop.store import hdfs_client
from howdah.inputs.hdfs import hdfs_file
from howdah.inputs.input_file import InputFile
from howdah.jobs.job_store import job_store
from howdah.jobs.job_summary import read_summary
from howdah.jobs.layout import SCORES, hdfs_folder
from howdah.jobs.record import Job, Jobs
from howdah.results.integrity import check_parts
from howdah.settings import Runner, Settings

__all__ = ["scores_of"]


def scores_of(job: Job, settings: Settings) -> list[InputFile]:
    """The part files of a step's job, in input order, under the step's name.

    Raises IntegrityError unless they are what its tasks wrote, UsageError if there are none.
    """
    store = job_store(job, settings)
    check_parts(job, read_summary(job, settings), store)
    parts = sorted(store.sizes(SCORES))
    if not parts:
        raise UsageError(f"step {job.step} has scored no record", hint=f"bin/getresults {job.id}")
    names = [f"@{job.step}/{part}" for part in parts]
    if job.runner == Runner.LOCAL:
        here = Jobs(settings.state).folder(job.id) / SCORES
        files = [here / part for part in parts]
        return [
            InputFile(name, b"", "", job.columns, file, predicted=job.predicted)
            for name, file in zip(names, files, strict=True)
        ]
    assert settings.cluster
    client = hdfs_client(settings.cluster)
    paths = [f"{hdfs_folder(job.id)}/{SCORES}/{part}" for part in parts]
    with store.reaching():
        found = [
            hdfs_file(client, settings.cluster, path, name, job.columns)
            for name, path in zip(names, paths, strict=True)
        ]
    return [replace(source, predicted=job.predicted) for source in found]
