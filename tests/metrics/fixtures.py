"""One Prometheus and one browser for all pages."""

import time
from collections.abc import Iterator

import pytest

from howdah.monitoring.prometheus import Prometheus
from tests.metrics import example
from tests.metrics.browser import Browser
from tests.metrics.serving import prometheus, target


@pytest.fixture(scope="session")
def end() -> float:
    """When the example's three hours are over."""
    return float(int(time.time()))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, end: float) -> Iterator[Prometheus]:
    """A real Prometheus with the example's values."""
    folder = tmp_path_factory.mktemp("prometheus")
    with target(example.now()) as address, prometheus(folder, address, end=int(end)) as client:
        yield client


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A real Chromium without a window."""
    with Browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened
