"""Whether the cluster can take a job now, asked before its input is stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from howdah.errors import ClusterError
from howdah.hadoop.users import check_user
from howdah.inputs.input_file import InputFile
from howdah.models.registry import find_model
from howdah.settings import Settings, environment_digest
from howdah.submission.memory import check_memory

__all__ = ["check_cluster"]


def check_cluster(
    sources: Sequence[InputFile], planned: Mapping[str, Any], settings: Settings
) -> None:
    """Raise ClusterError unless HDFS can take the input and YARN can run the job; ModelError if no
    worker has the memory for its models."""
    from howdah.hadoop.health import check_health

    cluster = settings.require_cluster(hint="bin/cluster up, or --runner local")
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
    names = list(planned.get("models") or filter(None, [planned["model"]]))
    check_memory([find_model(settings, name) for name in names], cluster)
