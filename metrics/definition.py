"""What a signal, a panel, a dashboard and an alert are."""

from dataclasses import dataclass

__all__ = ["Alert", "Dashboard", "Panel", "Signal"]


@dataclass(frozen=True)
class Signal:
    """One thing worth knowing.

    ``warn`` and ``critical`` are the values from which it is yellow and red (below which, where
    ``low_is_bad``); None: its value is neither good nor bad. ``legend``: "{{instance}}".
    ``until``: what must have happened before it has a value.
    """

    name: str
    title: str
    expression: str
    unit: str
    description: str
    legend: str = ""
    warn: float | None = None
    critical: float | None = None
    low_is_bad: bool = False
    until: str = ""

    @property
    def judged(self) -> bool:
        """Whether its value can be good or bad."""
        return self.warn is not None or self.critical is not None


@dataclass(frozen=True)
class Panel:
    """Signals drawn in one frame: ``kind`` is "stat", "gauge", "graph" or "table".

    A table has a row for each value of the legend, which all its signals share, and a column for
    each signal.
    """

    title: str
    kind: str
    signals: tuple[str, ...]
    width: int = 6  # of Grafana's 24 columns


@dataclass(frozen=True)
class Dashboard:
    """A page: ``uid`` is also the name of its file, and what links point at."""

    uid: str
    title: str
    description: str
    rows: tuple[tuple[Panel, ...], ...]

    @property
    def signals(self) -> tuple[str, ...]:
        """The names of those that it shows, each once, as they stand in it."""
        panels = (panel for row in self.rows for panel in row)
        return tuple(dict.fromkeys(name for panel in panels for name in panel.signals))


@dataclass(frozen=True)
class Alert:
    """Fires once ``expression`` has had a result for ``lasting``; ``runbook``: what to do then."""

    name: str
    expression: str
    lasting: str
    severity: str  # "warning" or "critical"
    summary: str
    runbook: str
