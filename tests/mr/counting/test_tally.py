"""Pipelines that count, against counts made another way."""

import re
from pathlib import Path

import pytest

from mr.pipelines.wordcount import WordCount
from mr.spec import Spec
from mr.summary import finish_counts
from tests.mr.conftest import run_tasks

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("splits", [1, 3])
def test_words_are_counted(tmp_path: Path, splits: int) -> None:
    """Whatever their case, and wherever the input is split; blank lines are rejected."""
    source = tmp_path / "input.txt"
    source.write_text("To be\n\nor not\tto BE\nC:\\be\n")
    counted = run_tasks(Spec("wordcount"), source, splits, tmp_path)
    report = WordCount({}).report(counted.partial["counts"])
    assert report.tables["counts.tsv"].rows == [
        *[("be", 2), ("to", 2), ("c:\\\\be", 1), ("not", 1), ("or", 1)]
    ]
    assert counted.reasons == ["blank line"]
    summary = finish_counts(counted.partial, report.summary)
    assert (summary["records"], summary["counted"], summary["rejected"]) == (4, 3, 1)
    assert (summary["groups"], summary["totals"]) == (5, {"count": 7})


def test_the_readme_shows_a_pipeline_as_it_is() -> None:
    """The file, and both parts of its declaration."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    file, *declared = blocks
    assert file == (ROOT / "mr/pipelines/wordcount.py").read_text()
    registry = (ROOT / "mr/pipelines/registry.py").read_text()
    assert len(declared) == 2
    assert all(part in registry for part in declared)
