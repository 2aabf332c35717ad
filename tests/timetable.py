"""Where the minutes of ``bin/test`` went: its phases, the files of tests, and the slowest tests."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from tests.phase import Cost

__all__ = ["timetable"]

SLOWEST = 30


def timetable(phases: Mapping[str, Cost], tests: Mapping[str, Cost]) -> str:
    """The tables; ``tests`` has what each test cost, by pytest's name of it."""
    by_file = groupby(sorted(tests), key=lambda name: name.partition("::")[0])
    files = {file: _sum(tests[name] for name in names) for file, names in by_file}
    slowest = dict(sorted(tests.items(), key=_longest_first)[:SLOWEST])
    tables = {"phases, side by side": phases, "files of tests": files, "slowest tests": slowest}
    return "\n".join(_table(title, costs) for title, costs in tables.items() if costs)


def _table(title: str, costs: Mapping[str, Cost]) -> str:
    lines = [f"{'seconds':>9}{'CPU':>9}  {title}"]
    for name, cost in sorted(costs.items(), key=_longest_first):
        lines.append(f"{cost.seconds:9.1f}{cost.cpu:9.1f}  {name}")
    return "\n".join(lines) + "\n"


def _sum(costs: Iterable[Cost]) -> Cost:
    each = list(costs)
    return Cost(sum(cost.seconds for cost in each), sum(cost.cpu for cost in each))


def _longest_first(named: tuple[str, Cost]) -> float:
    return -named[1].seconds
