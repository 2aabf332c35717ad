"""The registry: every pipeline that can be run, declared here and nowhere else."""

from collections.abc import Callable
from dataclasses import dataclass

from mr.scorer import Scorer

__all__ = ["PIPELINES", "Pipeline"]


@dataclass(frozen=True)
class Pipeline:
    """What can be run: ``scorer`` imports the pipeline's module, in the task that needs it.

    ``model`` is the default; ``table`` says whether inputs have columns rather than texts.
    """

    name: str
    about: str
    output: str
    scorer: Callable[[], type[Scorer]]
    model: str | None = None
    table: bool = False


def _moderation() -> type[Scorer]:
    from mr.pipelines.moderation import Moderation

    return Moderation


def _tabular() -> type[Scorer]:
    from mr.pipelines.tabular import Tabular

    return Tabular


PIPELINES = {
    pipeline.name: pipeline
    for pipeline in (
        Pipeline(
            name="moderation",
            about="texts, one a line: how likely is each to be offensive?",
            output="score, label, text",
            scorer=_moderation,
            model="moderation",
        ),
        Pipeline(
            name="tabular",
            about="CSV, TSV or JSON-lines records, with a model of yours",
            output="the input's columns, then score and label (or a column a class)",
            scorer=_tabular,
            table=True,
        ),
    )
}
