"""The pipelines that score, each imported when it is first asked for."""

from collections.abc import Callable

from mr.scoring.scorer import Scorer

__all__ = ["SCORERS"]


def _moderation() -> type[Scorer]:
    from mr.pipelines.moderation import Moderation

    return Moderation


def _tabular() -> type[Scorer]:
    from mr.pipelines.tabular import Tabular

    return Tabular


def _text() -> type[Scorer]:
    from mr.pipelines.text import Text

    return Text


SCORERS: dict[str, Callable[[], type[Scorer]]] = {
    "moderation": _moderation,
    "tabular": _tabular,
    "text": _text,
}
