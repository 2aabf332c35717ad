from itertools import pairwise
from pathlib import Path

import pytest

from howdah.hadoop.store import LocalStore
from howdah.jobs.record import Job, State
from howdah.jobs.stored_input import Input
from howdah.settings import Runner
from howdah.submission.task_files import task_inputs
from mr.storage.file_range import FileRange

CUTS = (40, 70, 75, 90)


def ranges(folder: Path, *inputs: Input, size: int) -> list[tuple[str, int, int]]:
    job = Job("1", State.LAUNCHING, Runner.LOCAL, "tabular", "m", "", 0.0, inputs=inputs)
    paths = task_inputs(job, LocalStore(folder), str(folder), 3, size)
    found = [FileRange.read(Path(path).read_bytes()) for path in paths]
    return [(each.file.name, each.start, each.end) for each in found]


@pytest.mark.parametrize(
    ("size", "edges"),
    [(1000, [0, 100]), (50, [0, 70, 100]), (34, [0, 40, 70, 100]), (1, [0, 40, 70, 75, 90, 100])],
)
def test_an_input_is_cut_behind_multiples_of_the_size(
    tmp_path: Path, size: int, edges: list[int]
) -> None:
    """Where records begin, and nowhere else; each range is one task's."""
    source = Input("a.csv", "00000.txt", bytes=100, cuts=CUTS)
    found = ranges(tmp_path, source, size=size)
    assert found == [("00000.txt", *pair) for pair in pairwise(edges)]


def test_an_input_without_cuts_is_one_range(tmp_path: Path) -> None:
    """As a compressed one is; the job's other inputs are cut as if they were alone."""
    packed = Input("a.gz", "00000.txt.gz", bytes=1000, cuts=())
    other = Input("b.csv", "00001.txt", bytes=100, cuts=CUTS)
    assert ranges(tmp_path, packed, other, size=60) == [
        ("00000.txt.gz", 0, 1000),
        ("00001.txt", 0, 70),
        ("00001.txt", 70, 100),
    ]
