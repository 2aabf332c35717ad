"""Checks the models that jobs have put into HDFS."""

from collections.abc import Iterator, Sequence

from howdah.diagnosis.check import Check, judge
from howdah.jobs.layout import MODELS
from howdah.models.hdfs_copies import HdfsCopy
from howdah.settings import Cluster

__all__ = ["check_hdfs_copies"]


def check_hdfs_copies(published: Sequence[HdfsCopy], cluster: Cluster) -> Iterator[Check]:
    """Judge every model in HDFS."""
    found = (
        (
            f"{MODELS}/{model.folder}: {', '.join(model.altered)} isn't as its manifest says",
            f"{cluster.hadoop_bin} fs -rm -r {MODELS}/{model.folder}  (the next job restores it)",
        )
        for model in published
        if model.altered
    )
    well = f"{len(published)}, as their manifests say" if published else "none yet"
    yield from judge("models in HDFS", found, well)
