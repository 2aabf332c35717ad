"""One lab and one install for all tests of a cluster, and the order that these share it in.

HOWDAH_LAB=keep uses the lab that is up, with whatever is on it, and leaves it up.
HOWDAH_LAB_RELEASE is what a fresh one runs: bookworm, unless it says trixie.
"""

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from lab.cluster import Cluster, Text
from lab.lab import PEOPLE, Lab
from tests.conftest import ROOT, Howdah
from tests.end_to_end.test_same_bytes import awkward_text, real_text

FOLDER = Path(__file__).parent
ORDER = ["test_lab", "test_install", "test_use", "test_environments", "test_scale",
         "test_monitoring", "test_failures", "test_day_two"]  # fmt: skip
LOG_LINES = 5
LONGEST = 300
COMPLAINT = re.compile(r" (WARN|ERROR|FATAL) |^\S*(Exception|Error)\b")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A cluster is installed, used, broken and changed, in this order, and after other labs."""
    ours = [item for item in items if item.path.parent == FOLDER]
    turns = iter(sorted(ours, key=lambda item: ORDER.index(item.path.stem)))
    items[:] = [next(turns) if item.path.parent == FOLDER else item for item in items]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed keeps what the daemons complained of last."""
    report = yield
    lab = item.funcargs.get("lab") if isinstance(item, pytest.Function) else None
    if report.failed and isinstance(lab, Lab) and lab.is_up():
        report.sections += [(f"logs of {name}", last_lines(lab, name)) for name in lab.names]
    return report


def last_lines(lab: Lab, name: str) -> str:
    """What a host's daemons complained of last, read from its disk: the host may be off."""
    told = []
    for path in sorted(lab.host(name).root.glob("opt/howdah/logs/*.log")):
        lines = path.read_text(errors="replace").splitlines()
        complaints = [line for line in lines if COMPLAINT.search(line)]
        told += [f"{path.stem}: {line[:LONGEST]}" for line in complaints[-LOG_LINES:]]
    return "\n".join(told)


@pytest.fixture(scope="package")
def lab() -> Iterator[Lab]:
    """A host and four workers, fresh."""
    lab = Lab(ROOT)
    if os.environ.get("HOWDAH_LAB") == "keep":
        yield lab
        return
    try:
        lab.up(workers=4, release=os.environ.get("HOWDAH_LAB_RELEASE", "bookworm"))
        yield lab
    finally:
        lab.down()


@pytest.fixture(scope="package")
def hosts(lab: Lab) -> Cluster:
    """Howdah on hosts where nothing need be installed."""
    cluster = Cluster(lab)
    cluster("cluster --help")  # the checkout's own environment is no part of the cluster
    return cluster


@pytest.fixture(scope="package")
def cluster(hosts: Cluster) -> Cluster:
    """An installed cluster that is up."""
    if not (hosts.root / "etc/howdah/cluster.json").exists():
        hosts.up()
    hosts.await_wellness()
    return hosts


@pytest.fixture(scope="package")
def text(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bytes], Text]:
    """Puts a text into everybody's home, and scores it here with the local runner."""

    def make(name: str, content: bytes) -> Text:
        folder = tmp_path_factory.mktemp("local")
        (folder / name).write_bytes(content)
        results = Howdah(folder / "state", folder, "local").score(name, "--max-rejected", 1)
        for person in PEOPLE:
            (lab.host("host").root / "home" / person / name).write_bytes(content)
        return Text(name, Cluster.contents(results))

    return make


@pytest.fixture(scope="package")
def odd_text(text: Callable[[str, bytes], Text]) -> Text:
    """20,000 lines, odd ones among them."""
    more = real_text().split(b"\n")[12_000:20_000]
    return text("odd.txt", b"\n".join([awkward_text(), *more]))


@pytest.fixture(scope="package")
def long_text(text: Callable[[str, bytes], Text]) -> Text:
    """200,000 lines: in twelve splits, a minute's work for this machine."""
    return text("long.txt", b"\n".join((real_text().split(b"\n") * 2)[:200_000]) + b"\n")


@pytest.fixture(scope="package")
def short_text(text: Callable[[str, bytes], Text]) -> Text:
    """A few lines."""
    return text("short.txt", b"\n".join(real_text().split(b"\n")[:500]) + b"\n")
