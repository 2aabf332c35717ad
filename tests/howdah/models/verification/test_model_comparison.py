"""What is made of a task's predictions, the model's own and known answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from howdah.errors import ModelError, UsageError
from howdah.models.verification.model_comparison import Comparison, _compared
from howdah.models.verification.sample import Sample
from howdah.models.verification.single_task import TaskRun
from mr.models.manifest import Manifest


@dataclass
class Columns:
    header: bool = True


@dataclass
class Run:
    """Of two records, with a header that is as long as theirs."""

    scores: bytes
    rejected: bytes = b""


def compared(tmp_path: Path, known: Mapping[str, list[str]]) -> Comparison:
    file = tmp_path / "sample"
    file.write_bytes(b"x\n1\n2\n")
    named = {of: f"column {of}" for of in known}
    sample = Sample("s.csv", cast(Any, None), file, cast(Any, Columns()), named, [b"x", b"1", b"2"])
    manifest = Manifest(
        "m", "tabular", "binary", files={}, score="predict_proba", labels=("a", "b")
    )
    direct: dict[str, Any] = {
        "raised": np.array(["", ""]),
        "score": np.array([0.25, 0.75]),
        "label": np.array(["a", "b"]),
        "missing": np.array([], str),
        "absent": np.array([], str),
    } | {f"known column {of}": np.array(cells) for of, cells in known.items()}
    run = cast(TaskRun, Run(b"1\t0.250000\ta\n2\t0.750000\tb\n"))
    return _compared(sample, manifest, run, direct, 0.0)


def test_answers_that_are_compared_are_counted(tmp_path: Path) -> None:
    found = compared(tmp_path, {"score": ["0.25", ""], "label": ["a", "b"]})
    assert (found.records, found.known, found.digits["score"]) == (2, {"score": 1, "label": 2}, 2)
    assert found.labels == {"a", "b"}


def test_other_answers_are_told_from_another_prediction(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"1 of 2 records .* than the known answers say") as raised:
        compared(tmp_path, {"score": ["0.75", "0.75"]})
    assert "Is the score of b meant" in str(raised.value.hint)


def test_a_column_without_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no record that is scored has a known answer in column l"):
        compared(tmp_path, {"label": ["", ""]})
