"""A cluster that can't take a job, and jobs that fail on one: what is said, and how it ends."""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from howdah.hadoop.segmented_file import SEGMENT
from tests.conftest import Howdah
from tests.end_to_end.models import STONE, Exiting, Killed
from tests.end_to_end.watching import cluster_of, hdfs_of, jobs_of, kill_daemon, start_daemon, until


def unavailable(howdah: Howdah, name: str) -> str:
    """Submit the file ``name``, which must be refused before there is a job; why it was."""
    before = list(howdah.state.glob("jobs/*/"))
    done = howdah("submit", name, "--runner", "hadoop", exits=6)
    assert list(howdah.state.glob("jobs/*/")) == before
    what, hint = done.stderr.splitlines()
    assert hint.startswith("  try: ")
    return what.removeprefix("howdah: ")


@contextmanager
def killed(howdah: Howdah, daemon: str) -> Iterator[None]:
    """Without one of Hadoop's daemons; afterwards with all of them, and well, again."""
    kill_daemon(howdah, daemon)
    try:
        yield
    finally:
        start_daemon(howdah, daemon)
        until(lambda: is_well(howdah))


def is_well(howdah: Howdah) -> bool:
    with howdah.start("cluster", "status") as process:
        process.communicate()
    return process.returncode == 0


@pytest.fixture
def text(tmp_path: Path) -> str:
    (tmp_path / "text.txt").write_text("you are kind\n")
    return "text.txt"


def test_no_cluster(local: Howdah, text: str) -> None:
    """--runner hadoop needs a cluster."""
    assert unavailable(local, text) == "no cluster is configured"


@pytest.mark.hadoop
@pytest.mark.parametrize("daemon", ["namenode", "datanode", "nodemanager"])
def test_daemon_down(hadoop: Howdah, text: str, daemon: str) -> None:
    """A job needs every daemon; the one that is down is named."""
    with killed(hadoop, daemon):
        assert re.fullmatch(rf"{daemon} at \S+: does not answer", unavailable(hadoop, text))


@pytest.mark.hadoop
def test_safe_mode(hadoop: Howdah, text: str) -> None:
    """HDFS in safe mode takes no input."""

    def safe_mode(verb: str) -> None:
        admin = [cluster_of(hadoop).hadoop_bin, "org.apache.hadoop.hdfs.tools.DFSAdmin"]
        subprocess.run([*admin, "-safemode", verb], check=True, capture_output=True)

    safe_mode("enter")
    try:
        assert unavailable(hadoop, text).startswith("HDFS is in safe mode")
    finally:
        safe_mode("leave")


@pytest.mark.hadoop
def test_hdfs_full(hadoop: Howdah, tmp_path: Path) -> None:
    """An input that is larger than what is left of HDFS isn't begun to be uploaded."""
    with (tmp_path / "vast.txt").open("wb") as file:
        file.truncate(1 << 42)  # has no blocks on the disk
    assert unavailable(hadoop, "vast.txt").startswith(
        "HDFS is full: the input has 4,398,046,511,10"
    )


@pytest.mark.hadoop
def test_datanode_lost_in_mid_upload(hadoop: Howdah) -> None:
    """An upload that HDFS breaks off ends in one line, and leaves no job."""
    before = jobs_of(hadoop)
    process = hadoop.start("submit", "-", "--runner", "hadoop", stdin=subprocess.PIPE)
    assert process.stdin
    assert process.stdout
    process.stdin.write("you are kind\n" * (2 << 20))
    process.stdin.flush()
    assert process.stdout.readline()
    with killed(hadoop, "datanode"):
        _, err = process.communicate("you are kind\n" * (4 << 20))
    assert process.returncode == 6
    assert err.startswith("howdah: HDFS ")
    assert len(err.splitlines()) == 2
    assert jobs_of(hadoop) == before


@pytest.mark.hadoop
def test_datanode_lost_in_mid_upload_of_segments(hadoop: Howdah, tmp_path: Path) -> None:
    """A large file, of which several segments are on their way: nothing of them is left."""
    with (tmp_path / "large.txt").open("wb") as file:
        file.writelines([b"you are kind\n" * (1 << 16)] * (4 * SEGMENT // (13 << 16)))
    before = jobs_of(hadoop)
    process = hadoop.start("submit", "large.txt", "--runner", "hadoop")
    assert process.stdout
    job = process.stdout.readline().strip()
    client = hdfs_of(hadoop)
    second = f"/howdah/jobs/{job}/input/00000.txt.1"
    until(lambda: client.status(second, strict=False) or process.poll() is not None)
    with killed(hadoop, "datanode"):
        _, err = process.communicate()
    assert process.returncode == 6, err
    assert err.startswith("howdah: HDFS ")
    assert len(err.splitlines()) == 2
    assert jobs_of(hadoop) == before


# --- tasks that keep crashing


@pytest.fixture
def stony(tmp_path: Path) -> str:
    """2 MiB of numbers, the stone in the last of the blocks."""
    lines = [b"%019d" % number for number in range((2 << 20) // 20)]
    lines[-100] = b"%d" % STONE
    (tmp_path / "it's numbers.csv").write_bytes(b"\n".join(lines) + b"\n")
    return "it's numbers.csv"


def failure(howdah: Howdah, name: str, model: str) -> str:
    """Submit what must fail; what bin/submit says, which bin/logs says first, too."""
    arguments = [name, "--model", model, "--splits", 1, "--runner", howdah.runner]
    done = howdah("submit", *arguments, exits=5)
    job = done.stdout.strip()
    said = done.stderr.partition("howdah: job ")[2]
    assert said.startswith(f"{job} failed: ")
    assert f"bin/logs {job}" in said
    told = said.partition("\n  try: ")[0]
    assert howdah("logs", job).stdout.startswith(f"job {told}")
    assert f"{job} failed, so it has no results" in howdah("getresults", job, exits=5).stderr
    return told.partition("failed: ")[2]


PLACE = (
    rf"host {socket.gethostname()}\S*, input it's numbers.csv, split at 0, byte (\d+) of the split"
)


def test_exiting_task(howdah: Howdah, stony: str, add_model: Callable[..., str]) -> None:
    """A task that ends itself is reported with its traceback, host, file and offset."""
    model = add_model(Exiting(), "--features", "x:number")
    where, first, *trace = failure(howdah, stony, model).splitlines()
    place = re.fullmatch(PLACE, where)
    assert place
    assert 1 << 20 <= int(place[1]) < 2 << 20
    assert first == "Traceback (most recent call last):"
    assert "SystemExit: the stone was too heavy" in trace


def test_killed_task(howdah: Howdah, stony: str, add_model: Callable[..., str]) -> None:
    """A task that something kills can't say so: the signal and its last known place are told."""
    model = add_model(Killed(), "--features", "x:number")
    where, why, *_ = failure(howdah, stony, model).splitlines()
    place = re.search(r"input it's numbers.csv, split at 0, byte (\d+) of the split", where)
    assert place
    assert 1 << 20 <= int(place[1]) < 2 << 20
    assert "SIGKILL" in why
