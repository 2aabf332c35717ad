"""What a job counts, where no cluster keeps it."""

from pathlib import Path

from tests.conftest import Howdah


def test_the_local_runner_sums_what_tasks_counted(local: Howdah, tmp_path: Path) -> None:
    """Over all of them, in the log of the run."""
    lines = [b"you are kind"] * 99 + [b"\xff"]
    (tmp_path / "texts.txt").write_bytes(b"\n".join(lines))
    job = local.submit("texts.txt", "--splits", 3)["job"]
    told = (local.state / "jobs" / job / "run.log").read_text().split()
    counters = dict(word.split("=") for word in told if "=" in word)
    assert counters["scored"] == "99"
    assert counters["rejected"] == "1"
    assert counters["input_bytes"] == str(99 * 13 + 1)
    assert int(counters["load_ms"]) > 0
