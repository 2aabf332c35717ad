"""Checks the models that can be used, and those that jobs have put into HDFS."""

from collections.abc import Iterator, Sequence

from howdah.diagnosis.check import Check, judge
from howdah.errors import HowdahError
from howdah.jobs.layout import MODELS
from howdah.models.hdfs_copies import HdfsCopy
from howdah.models.registry import find_model, model_names
from howdah.settings import Cluster, Settings

__all__ = ["check_hdfs_copies", "check_models"]


def check_models(settings: Settings) -> Iterator[Check]:
    """Compare every model's files with its manifest."""
    for name in model_names(settings):
        try:
            model = find_model(settings, name)
        except HowdahError as error:
            yield Check(f"model {name}", error.message, error.hint or "bin/models check")
        else:
            yield Check(
                f"model {name}", f"{model.manifest.kind}, its files are as its manifest says"
            )


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
