"""What is known of the predictions in an input: what the results that it is of say."""

import json
from pathlib import Path

import pytest

from howdah.inputs.input_file import InputFile
from howdah.inputs.local import find_local_files
from howdah.jobs.predictions import known_predictions

PREDICTED = {"kind": "binary", "positive": "left", "score": "score", "label": "label"}
COLUMNS = ["id", "score", "label"]


def fetched(folder: Path, name: str = "scores.tsv", columns: list[str] = COLUMNS) -> InputFile:
    """Results as bin/getresults leaves them, and one of the folder's files as an input."""
    told = {"columns": COLUMNS, "predicted": PREDICTED}
    (folder / "run.json").write_text(json.dumps(told))
    (folder / name).write_text("\t".join(columns) + "\n1\t0.5\tleft\n")
    return find_local_files([str(folder / name)])[0]


@pytest.mark.parametrize("columns", [COLUMNS, ["truth", *COLUMNS]], ids=["as it was", "and more"])
def test_fetched_scores_are_what_their_run_says(tmp_path: Path, columns: list[str]) -> None:
    """Also where a column was added to them."""
    assert known_predictions(fetched(tmp_path, columns=columns)) == PREDICTED


def test_a_link_to_scores_is_followed(tmp_path: Path) -> None:
    """The run.json is beside the file itself."""
    source = fetched(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "linked.tsv"
    link.symlink_to(source.name)
    assert known_predictions(find_local_files([str(link)])[0]) == PREDICTED


def test_a_run_says_nothing_of_other_files(tmp_path: Path) -> None:
    """Of another name, with other columns, or moved elsewhere."""
    assert known_predictions(fetched(tmp_path, name="other.tsv")) == {}
    assert known_predictions(fetched(tmp_path, columns=["id", "p", "label"])) == {}
    source = fetched(tmp_path)
    (tmp_path / "run.json").unlink()
    assert known_predictions(source) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"columns": 1, "predicted": 2}', "\0"])
def test_a_run_json_of_another_program_says_nothing(tmp_path: Path, text: str) -> None:
    """Whatever it has."""
    source = fetched(tmp_path)
    (tmp_path / "run.json").write_text(text)
    assert known_predictions(source) == {}


def test_a_step_has_its_job_s_word(tmp_path: Path) -> None:
    """No file is looked for."""
    source = InputFile("@score", b"", "", ("id", "score"), tmp_path, predicted=PREDICTED)
    assert known_predictions(source) == PREDICTED
