"""bin/results: what the store has of finished jobs, and that it goes for good."""

import json

from howdah.jobs.record import Jobs
from tests.conftest import Howdah
from tests.end_to_end.watching import jobs_of


def test_results_are_listed_and_removed(howdah: Howdah) -> None:
    """All of the named jobs or none; then neither a record nor a folder is left."""
    (howdah.cwd / "text.txt").write_text("you are kind\n")
    before = jobs_of(howdah)
    job = howdah.submit("text.txt")["job"]
    listed = json.loads(howdah("results", "list", "--json").stdout)
    (row,) = (row for row in listed if row["job"] == job)
    assert row["inputs"] == ["text.txt"]
    assert row["output_bytes"] > 0
    assert (row["input_bytes"] > 0) == (howdah.runner == "hadoop")  # here it is a link
    howdah("results", "rm", job, "20260101-000000-0000", exits=2)
    assert job in howdah("results", "list").stdout
    assert howdah("results", "rm", job).stdout == f"removed {job}\n"
    assert jobs_of(howdah) == before
    assert (howdah.cwd / "text.txt").exists()


def test_what_is_not_finished_stays(local: Howdah) -> None:
    """It has to be cancelled first; by age it isn't found at all."""
    jobs = Jobs(local.state)
    values = {"runner": "local", "pipeline": "p", "model": "", "identity": ""}
    old = jobs.create(state="done", scored=1, finished=1.0, **values).id
    kept = jobs.create(state="done", scored=1, finished=1.0, kept=True, **values).id
    running = jobs.create(state="uploading", **values).id
    refused = local("results", "rm", old, running, exits=2).stderr
    assert f"bin/cancel {running}" in refused
    local("results", "rm", exits=2)
    assert local("results", "rm", "--older-than", 1).stdout == f"removed {old}\n"
    assert jobs_of(local) == sorted([kept, running])
