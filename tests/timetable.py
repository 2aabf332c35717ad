"""The end of ``bin/test``: its phases, the slowest files and tests, and what has failed."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby

from tests.phase import Cost

__all__ = ["failures", "timetable"]

SLOWEST = 30  # lines of a table
LAST_LINES = 24  # of what pytest says of a failure
TELLING = re.compile(r"[>E] |\S+\.py:\d+: ")  # the lines that ran, the errors, the places


def timetable(phases: Mapping[str, Cost], tests: Mapping[str, Cost]) -> str:
    """The tables; ``tests`` has what each test cost, by pytest's name of it."""
    by_file = groupby(sorted(tests), key=lambda name: name.partition("::")[0])
    files = {file: _sum(tests[name] for name in names) for file, names in by_file}
    tables = {"phases, side by side": phases, "slowest files": files, "slowest tests": tests}
    return "\n".join(_table(title, costs) for title, costs in tables.items() if costs)


def failures(said: Mapping[str, str]) -> str:
    """The tests that have failed, by name, each with the last telling lines of what pytest
    ``said`` of it."""
    return "\n".join(
        line
        for name, text in said.items()
        for line in (f"failed: {name}", *(f"    {line}" for line in _last_lines(text)))
    )


def _last_lines(text: str) -> list[str]:
    lines = text.splitlines()
    return ([line for line in lines if TELLING.match(line)] or lines)[-LAST_LINES:]


def _table(title: str, costs: Mapping[str, Cost]) -> str:
    lines = [f"{'seconds':>9}{'CPU':>9}  {title}"]
    for name, cost in sorted(costs.items(), key=_longest_first)[:SLOWEST]:
        lines.append(f"{cost.seconds:9.1f}{cost.cpu:9.1f}  {name}")
    return "\n".join(lines) + "\n"


def _sum(costs: Iterable[Cost]) -> Cost:
    each = list(costs)
    return Cost(sum(cost.seconds for cost in each), sum(cost.cpu for cost in each))


def _longest_first(named: tuple[str, Cost]) -> float:
    return -named[1].seconds
