"""The pipelines that score, each imported when it is first asked for."""

from collections.abc import Callable

from mr.scoring.scorer import Scorer

__all__ = ["SCORERS"]


def _tabular() -> type[Scorer]:
    from mr.pipelines.tabular import Tabular

    return Tabular


def _text() -> type[Scorer]:
    from mr.pipelines.text import Text

    return Text


SCORERS: dict[str, Callable[[], type[Scorer]]] = {
    "moderation": _text,
    "tabular": _tabular,
    "text": _text,
}
