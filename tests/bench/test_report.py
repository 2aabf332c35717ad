"""What ``--write`` keeps in docs/: a suite's table between its marks, and its plot."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.command_line import SUITES
from bench.report import Bar, SuiteReport, write
from howdah.errors import UsageError
from tests.conftest import ROOT

REPORT = SuiteReport(
    {"a": 1.0}, "| a | 1 |", "seconds < minutes", [Bar("a", [1, 2, 3]), Bar("b", [0])]
)
PAGE = "before\n<!-- bench cold -->\nan older one\n<!-- end of bench cold -->\nafter\n"


def test_keeps_the_last_record(tmp_path: Path) -> None:
    """Only what is between the suite's marks is replaced."""
    (tmp_path / "performance.md").write_text(PAGE)
    write(REPORT, "cold", tmp_path)
    before, record, after = (tmp_path / "performance.md").read_text().split("bench cold -->\n")
    assert (before, after) == ("before\n<!-- ", "after\n")
    assert "| a | 1 |" in record
    assert "(plots/cold.svg)" in record
    assert "older" not in record


def test_plot_is_svg(tmp_path: Path) -> None:
    """There is a bar for each value, as long as its median."""
    (tmp_path / "performance.md").write_text(PAGE)
    write(REPORT, "cold", tmp_path)
    bars = ElementTree.parse(tmp_path / "plots" / "cold.svg").findall("{*}rect[@y]")
    longest, shortest = (float(bar.attrib["width"]) for bar in bars)
    assert longest > shortest == 0


def test_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written where there is no place for it."""
    (tmp_path / "performance.md").write_text("nothing\n")
    with pytest.raises(UsageError, match="no place for cold"):
        write(REPORT, "cold", tmp_path)
    assert (tmp_path / "performance.md").read_text() == "nothing\n"


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_has_its_place(suite: str) -> None:
    """The page has the marks of every suite."""
    page = (ROOT / "docs" / "performance.md").read_text()
    assert f"<!-- bench {suite} -->\n" in page
    assert f"<!-- end of bench {suite} -->\n" in page
