"""bin/dashboards render: pages out of a real Prometheus, looked at in a real browser."""

import re
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from howdah.errors import ClusterError, UsageError
from howdah.monitoring import html_pages
from howdah.monitoring.prometheus import Prometheus
from metrics import firing
from metrics.catalog import DASHBOARDS, SIGNALS
from metrics.pages import page
from tests.metrics import example
from tests.metrics.browser import Browser
from tests.metrics.serving import free_port, prometheus

HOURS = example.HOURS * 3600
WIDTHS = (360, 800, 1440, 2560)
# What sticks out of where it should be: text of axes over each other, things wider than a panel
STICKS_OUT = """(() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page");
  for (const one of document.querySelectorAll("header, nav, .alerts li, .panel, .tile, .legend li"))
    if (one.scrollWidth > one.clientWidth + 1) found.push(one.className + ": " + one.innerText);
  for (const axis of document.querySelectorAll(".x, .y")) {
    const boxes = [...axis.children].map(one => [one.getBoundingClientRect(), one.innerText]);
    const side = axis.className == "x" ? ["left", "right"] : ["top", "bottom"];
    boxes.sort((a, b) => a[0][side[0]] - b[0][side[0]]);
    for (let i = 1; i < boxes.length; i++)
      if (boxes[i][0][side[0]] < boxes[i - 1][0][side[1]]) found.push(boxes[i][1]);
  }
  return found;
})()"""

# Words of headings that are cut in two by the end of a line
CUT = """(() => {
  const found = [], range = document.createRange();
  for (const heading of document.querySelectorAll("h2"))
    for (const text of heading.childNodes)
      for (const word of (text.data || "").matchAll(/[^ -]+/g)) {
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        if (range.getClientRects().length > 1) found.push(word[0]);
      }
  return found;
})()"""


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's dashboards instead of Howdah's own."""
    for name, signal in example.SIGNALS.items():
        monkeypatch.setitem(SIGNALS, name, signal)
    monkeypatch.setattr(html_pages, "DASHBOARDS", example.DASHBOARDS)
    monkeypatch.setattr(page, "DASHBOARDS", example.DASHBOARDS)
    monkeypatch.setattr(firing, "ALERTS", example.ALERTS)


@pytest.fixture
def pages(examples: None, server: Prometheus, tmp_path: Path) -> list[Path]:
    """The example's pages, up to now."""
    end = time.time()
    links = {"ResourceManager": "http://host:8088/cluster"}
    return html_pages.render(server, end - HOURS, end, tmp_path / "new" / "pages", links)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A real Prometheus that knows of nothing but itself."""
    with prometheus(tmp_path_factory.mktemp("empty")) as client:
        yield client


def texts(browser: Browser, selector: str) -> list[str]:
    """What the page shows at ``selector``, line by line or not."""
    found = browser.evaluate(
        f"[...document.querySelectorAll({selector!r})].map(one => one.innerText)"
    )
    return [" ".join(text.split()) for text in found]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(
    pages: list[Path], browser: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    """On a phone, a laptop and a wall, light and dark: all is drawn, and within its frame."""
    for path in pages:
        browser.open(path, width, dark=dark)
        assert browser.evaluate(STICKS_OUT) == []
        shades = set(pixels(browser.screenshot(tmp_path / "seen.png").read_bytes()))
        assert len(shades) > 32
        background = browser.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", background))) < 3 * 128) == dark


def test_values_are_those_of_prometheus(pages: list[Path], browser: Browser) -> None:
    """Numbers have their units; a bad one says so in words; what is unknown says that."""
    browser.open(pages[0], 1440)
    shown = {
        text.partition(" ? ")[0]: text.partition(" ? ")[2] for text in texts(browser, ".panel")
    }
    assert shown["HDFS"] == "78 % ▲ warning"
    assert shown["Blocks"] == "0 ✓ well"
    assert shown["Waiting"] == "3.33 min ▲ warning"
    assert shown["Space and more"] == (
        "HDFS free 2.82 TiB Last job text churn 92.4 s text moderation 7.18 min Nothing no data"
    )
    browser.open(pages[1], 1440)
    rows = [row.split() for row in texts(browser, ".panel:first-child tr")[1:6]]
    assert [row[0] for row in rows] == ["host", "worker1", "worker2", "worker3", "worker10"]
    assert "∞" in rows[1]
    assert rows[4][4:9] == ["✖", "98", "%", "✖", "12"]


def test_every_line_is_drawn(pages: list[Path], browser: Browser) -> None:
    """A line and a legend for each host, over the whole time; a host that was away has a gap."""
    browser.open(pages[0], 1440)
    legends = texts(browser, ".panel:first-child .legend .name")
    assert sorted(legends) == sorted(example.HOSTS)
    spans = browser.evaluate(
        "[...document.querySelectorAll('.row:nth-of-type(2) .panel:first-child .plot .line')]"
        ".map(one => one.getBBox().width)"
    )
    assert len(spans) == len(example.HOSTS)
    assert min(spans) > 980
    paths = browser.evaluate(
        "[...document.querySelectorAll('.row:nth-of-type(2) .panel:first-child .plot .line')]"
        ".map(one => one.getAttribute('d').split('M').length - 1)"
    )
    assert sorted(paths) == [1, 1, 1, 1, 2]


def test_a_line_without_a_name_has_its_signals(pages: list[Path], browser: Browser) -> None:
    """A legend says what a line is where no host tells it."""
    browser.open(pages[1], 1440)
    legends = texts(browser, ".row:nth-of-type(2) .panel:nth-child(2) .legend .name")
    assert legends == ["Records a second"]


def test_pages_stand_alone(pages: list[Path]) -> None:
    """No script, and nothing that has to be fetched; links lead to the others and to YARN."""
    for path in pages:
        text = path.read_text()
        assert not re.search(r"<script|<link|<img|@import|url\(|\ssrc=", text)
        links = re.findall(r'href="([^"]*)"', text)
        assert links == [*(one.name for one in pages), "http://host:8088/cluster"]


def test_alerts_are_told(pages: list[Path], browser: Browser) -> None:
    """What fires at the end stands on each page, with what to do."""
    for path in pages:
        browser.open(path, 1440)
        (alert,) = texts(browser, ".alerts li")
        assert alert.startswith("✖ critical worker10 has a full disk")
        assert alert.endswith("bin/janitor makes room")


def test_prometheus_without_values(empty: Prometheus, browser: Browser, tmp_path: Path) -> None:
    """Howdah's own pages, every panel in its place, say that there is no data."""
    for path in html_pages.render(empty, 1.7e9, 1.7e9 + 3600, tmp_path):
        (dashboard,) = (one for one in DASHBOARDS if one.uid == path.stem)
        for width in (*WIDTHS, 1280):
            browser.open(path, width)
            assert browser.evaluate(STICKS_OUT) == []
            assert browser.evaluate(CUT) == []
        panels = [panel for row in dashboard.rows for panel in row]
        assert texts(browser, "h2") == [panel.title for panel in panels]
        assert not texts(browser, ".alerts")  # whether one fired isn't known
        said = [text for text in texts(browser, ".panel") if "no data" in text]
        certain = [
            p for p in panels if all("vector(0)" in SIGNALS[s].expression for s in p.signals)
        ]
        assert len(said) == len(panels) - len(certain)


def test_what_can_not_be_rendered(server: Prometheus, end: float, tmp_path: Path) -> None:
    """No time, no folder, no Prometheus: each says what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="nothing to draw between"):
        html_pages.render(server, end, end, tmp_path)
    with pytest.raises(UsageError, match=r"can't be written.*file"):
        html_pages.render(server, end - 60, end, tmp_path / "file")
    with pytest.raises(ClusterError, match="does not answer"):
        html_pages.render(Prometheus(f"http://127.0.0.1:{free_port()}"), end - 60, end, tmp_path)


def pixels(png: bytes) -> bytes:
    """The image data of a PNG, unpacked."""
    data, place = b"", 8
    while place < len(png):
        length = int.from_bytes(png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += length + 12
    return zlib.decompress(data)
