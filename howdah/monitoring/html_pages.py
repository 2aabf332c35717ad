"""Dashboards as pages that stand alone: for reports, and for people without Grafana."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from howdah.errors import UsageError
from howdah.monitoring.alerts import firing_between
from howdah.monitoring.prometheus import Prometheus
from metrics.catalog import DASHBOARDS, SIGNALS
from metrics.pages.page import compose, moment
from metrics.reading import Window
from metrics.series import Series

__all__ = ["render"]

VALUES = 240  # of each series: one for some three pixels
SHORTEST_STEP = 5  # seconds
ASKED_AT_ONCE = 4


def render(
    prometheus: Prometheus,
    start: float,
    end: float,
    folder: Path,
    links: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write a page for each dashboard, from ``start`` to ``end`` in Unix seconds, to ``folder``.

    ``links``: addresses of pages elsewhere, by their titles. Raises UsageError where the time or
    the folder can't be used, ClusterError where Prometheus doesn't answer.
    """
    if end - start < SHORTEST_STEP:
        raise UsageError(
            f"there is nothing to draw between {moment(start)} and {moment(end)}",
            hint="give an earlier start or a later end",
        )
    window = _window(start, end)
    names = {name for dashboard in DASHBOARDS for name in dashboard.signals}

    def ask(name: str) -> list[Series]:
        expression = SIGNALS[name].expression
        return prometheus.between(expression, window.start, window.end, window.step)

    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        found = dict(zip(names, pool.map(ask, names), strict=True))
    fired = firing_between(prometheus, window.start, window.end, window.step)
    pages = {
        folder / f"{dashboard.uid}.html": compose(dashboard, found, fired, window, links or {})
        for dashboard in DASHBOARDS
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, page in pages.items():
            path.write_text(page)
    except OSError as error:
        raise UsageError(
            f"the pages can't be written: {error}", hint="name another folder"
        ) from None
    return list(pages)


def _window(start: float, end: float) -> Window:
    """Whole steps before ``end``, so that the last value is from there."""
    step = float(max(SHORTEST_STEP, round((end - start) / VALUES)))
    return Window(end - (end - start) // step * step, end, step)
