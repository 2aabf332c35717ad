"""Whether a job can run now, asked before its input is stored: its models' environments are there,
and the cluster can take it."""

from collections.abc import Mapping, Sequence
from typing import Any

from howdah.errors import ClusterError
from howdah.hadoop.users import check_user
from howdah.inputs.input_file import InputFile
from howdah.models.registry import Model, find_model
from howdah.settings import Cluster, Runner, Settings, environment_digest
from howdah.submission.memory import check_memory
from howdah.submission.task_environments import find_environments

__all__ = ["check_readiness"]


def check_readiness(
    sources: Sequence[InputFile], planned: Mapping[str, Any], settings: Settings
) -> None:
    """Raise ClusterError unless the cluster, if the job is for one, can take it; ModelError if no
    worker has the memory for its models, or their environments can't be had.

    Environments that aren't where tasks look for them are made again, or put into HDFS.
    """
    cluster = None
    if planned["runner"] == Runner.HADOOP:
        cluster = settings.require_cluster(hint="bin/cluster up, or --runner local")
        _check_cluster(sources, planned, cluster, settings)
    if planned["environments"]:
        find_environments(_models(planned, settings), settings, cluster)


def _models(planned: Mapping[str, Any], settings: Settings) -> list[Model]:
    names = list(planned.get("models") or filter(None, [planned["model"]]))
    return [find_model(settings, name) for name in names]


def _check_cluster(
    sources: Sequence[InputFile], planned: Mapping[str, Any], cluster: Cluster, settings: Settings
) -> None:
    from howdah.hadoop.health import check_health

    check_user(cluster)
    if cluster.python and environment_digest() not in cluster.python:
        raise ClusterError(
            "the workers have another Python environment than this checkout's lock",
            hint="bin/cluster up gives them this one, beside the one that running jobs use",
        )
    report = check_health(cluster)
    if report.blockers:
        raise ClusterError(report.blockers[0], hint="bin/cluster status; bin/cluster up")
    copied = (source for source in sources if not source.path)
    needed = sum(source.size or 0 for source in copied)
    if needed > report.remaining:
        raise ClusterError(
            f"HDFS is full: the input has {needed:,} bytes, and {report.remaining:,} are left",
            hint="bin/results rm --older-than DAYS, or add a worker",
        )
    check_memory(_models(planned, settings), cluster)
