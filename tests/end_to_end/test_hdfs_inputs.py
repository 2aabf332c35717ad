"""Inputs that HDFS has already: read where they are, left as they are."""

import gzip
import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.conftest import Howdah
from tests.end_to_end.watching import hdfs_of, until


@pytest.fixture
def data(hadoop: Howdah) -> Iterator[str]:
    """A folder of HDFS with a few texts, one of them compressed."""
    client, folder = hdfs_of(hadoop), f"/data-{uuid.uuid4().hex[:8]}"
    client.write(f"{folder}/2026-02 ü.txt", b"second\n\nthird\n", overwrite=True)
    client.write(f"{folder}/2026-01.txt", b"first\n", overwrite=True)
    client.write(f"{folder}/2026-03.gz", gzip.compress(b"fourth\n"), overwrite=True)
    client.write(f"{folder}/_hidden", b"never\n", overwrite=True)
    client.write(f"{folder}/packed.txt", gzip.compress(b"never\n"), overwrite=True)
    client.write(f"{folder}/secret.txt", b"never\n", overwrite=True, permission="600")
    yield folder
    client.delete(folder, recursive=True)


@pytest.mark.hadoop
def test_inputs_in_hdfs_are_scored_there(hadoop: Howdah, data: str) -> None:
    """In the order of their names; the results name them. Only what is given twice is copied,
    since its parts need another name."""
    again = f"hdfs://{data}/2026-01.txt"
    told = hadoop.submit(f"hdfs://{data}/2026-*", again, "--max-rejected", 1, "--keep-in-store")
    assert told["inputs"] == [
        f"hdfs://{data}/{name}"
        for name in ("2026-01.txt", "2026-02 ü.txt", "2026-03.gz", "2026-01.txt")
    ]
    client, job = hdfs_of(hadoop), told["job"]
    assert sorted(client.list(f"/howdah/jobs/{job}")) == ["_KEEP", "input", "output"]
    assert client.list(f"/howdah/jobs/{job}/input") == ["00003.txt"]
    folder = hadoop.results(job)
    texts = [line.split("\t")[2] for line in (folder / "scores.tsv").read_text().splitlines()]
    assert texts == ["text", "first", "second", "third", "fourth", "first"]
    rejected = (folder / "rejected.tsv").read_text().splitlines()[1]
    assert rejected == f"blank line\thdfs://{data}/2026-02 ü.txt\t2\t7\t"
    (kept,) = [
        row for row in json.loads(hadoop("results", "list", "--json").stdout) if row["job"] == job
    ]
    assert (kept["kept"], kept["input_bytes"]) == (True, len("first\n"))
    assert job not in hadoop("janitor", "--done-days", 0, "--dry-run").stdout
    hadoop("results", "rm", job)
    assert client.status(f"/howdah/jobs/{job}", strict=False) is None
    assert client.status(f"{data}/2026-01.txt")


@pytest.mark.hadoop
def test_whole_files_in_hdfs_are_read_there(hadoop: Howdah, data: str) -> None:
    """Each as one record, known by its name."""
    for name, text in (("n1", b"1\n2\n"), ("n2", b"3\nx\n"), ("n3", b"2\n5\n")):
        hdfs_of(hadoop).write(f"{data}/{name}.txt", text, overwrite=True)
    numbers = (f"hdfs://{data}/n*.txt", "--pipeline", "column-means")
    folder = hadoop.score(*numbers, "--max-rejected", 1, "--splits", 1)
    assert (folder / "means.tsv").read_text() == "index\tmean\n0\t1.5\n1\t3.5\n"
    rejected = (folder / "rejected.tsv").read_text().splitlines()[1]
    assert rejected == f"not a number: line 2: x\thdfs://{data}/n2.txt\t1\t0\t"


@pytest.mark.hadoop
def test_an_input_that_changes_fails_its_job(hadoop: Howdah, data: str) -> None:
    """It is what was counted, or no results come of it."""
    client = hdfs_of(hadoop)
    process = hadoop.start("submit", f"hdfs://{data}/2026-01.txt")
    assert process.stdout
    job = process.stdout.readline().strip()
    record = hadoop.state / "jobs" / job / "job.json"
    until(lambda: json.loads(record.read_text())["inputs"])
    client.write(f"{data}/2026-01.txt", b"other\n", overwrite=True)  # as long
    _, err = process.communicate()
    assert process.returncode == 5, err
    assert f"hdfs://{data}/2026-01.txt has changed since it was submitted" in err
    hadoop("getresults", job, exits=5)


@pytest.mark.hadoop
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["{data}/none.txt"], "none.txt does not exist"),
        (["{data}/none*"], "no file matches"),
        (["{data}"], "is a folder"),
        (["{data}/_hidden"], "has a hidden name"),
        (["{data}/packed.txt"], "is compressed as .gz, and Hadoop goes by its name"),
        (["{data}/secret.txt"], "can't be read: no permission"),
        (["{data}/2026-01.txt", "here.txt"], "all in HDFS or all on this machine"),
    ],
)
def test_what_cannot_be_read_is_told(
    hadoop: Howdah, data: str, names: list[str], message: str
) -> None:
    """To another user than the files', before anything is stored."""
    (hadoop.cwd / "here.txt").write_text("here\n")
    inputs = [name.format(data=f"hdfs://{data}") for name in names]
    eve = replace(hadoop, environ={"LOGNAME": "eve"})
    assert message in eve("submit", *inputs, exits=2).stderr


def test_hdfs_is_not_read_on_this_machine(local: Howdah) -> None:
    """Its files are the cluster's; without one, there are none."""
    refused: Any = local("submit", "hdfs:///a.txt", "--runner", "local", exits=2)
    assert "--runner local reads files of this machine" in refused.stderr
    local("submit", "hdfs:///a.txt", exits=6)
