"""A pytest plugin that notes what each test cost, and why it failed, for the end of ``bin/test``.

A test's seconds and CPU seconds are those of its set-up, its call and its tear-down: what tests
share is counted with the first of them. CPU seconds are those of pytest and of all processes that
came from it, daemons included, where this user can make a cgroup; otherwise only of those that
pytest itself has waited for.
"""

import json
import os
import time
from collections.abc import Generator
from pathlib import Path

import pytest

__all__ = ["CPU", "DURATIONS", "cpu_seconds"]

DURATIONS = "HOWDAH_TEST_DURATIONS"  # the environment variable that names the file to write
CPU = "HOWDAH_TEST_CPU"  # the one that names the cgroup's file with the CPU time

_costs: dict[str, tuple[float, float]] = {}
_failures: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Have failures told when they happen; pytest tells why at the end."""
    config.pluginmanager.register(Failures(config))


class Failures:
    """Names each test that fails in a line of its own."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Tell a phase of a test that has failed."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            why = crash.message.partition("\n")[0] if crash else ""
            writer = self._config.get_terminal_writer()
            name = f"{report.nodeid} ({report.when})"
            writer.line(f"\nfailed: {name}: {why}")
            _failures[name] = report.longreprtext


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure one test."""
    start, used = time.monotonic(), cpu_seconds()
    result = yield
    _costs[item.nodeid] = (time.monotonic() - start, cpu_seconds() - used)
    return result


def pytest_sessionfinish() -> None:
    """Write what each test cost, and what pytest says of those that failed."""
    if path := os.environ.get(DURATIONS):
        Path(path).write_text(json.dumps({"costs": _costs, "failures": _failures}))


def cpu_seconds() -> float:
    """The CPU seconds that were used so far."""
    if path := os.environ.get(CPU):
        return int(Path(path).read_text()) / 1e9
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
