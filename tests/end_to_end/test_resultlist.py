"""bin/results: what the store has of finished jobs, and that it goes for good."""

import json

from howdah.jobs import Jobs
from tests.conftest import Howdah
from tests.end_to_end.watching import jobs_of


def test_results_are_listed_and_removed(howdah: Howdah) -> None:
    """All of the named jobs or none; then neither a record nor a folder is left."""
    (howdah.cwd / "text.txt").write_text("you are kind\n")
    before = jobs_of(howdah)
    first, second = (howdah.submit("text.txt", "--splits", n)["job"] for n in (1, 2))
    listed = json.loads(howdah("results", "list", "--json").stdout)
    rows = {row["job"]: row for row in listed if row["job"] in (first, second)}
    assert set(rows) == {first, second}
    assert rows[first]["inputs"] == ["text.txt"]
    assert rows[first]["output_bytes"] > 0
    assert (rows[first]["input_bytes"] > 0) == (howdah.runner == "hadoop")  # here it is a link
    howdah("results", "rm", first, "20260101-000000-0000", exits=2)
    assert {first, second} <= set(jobs_of(howdah))
    assert howdah("results", "rm", first).stdout == f"removed {first}\n"
    assert first not in howdah("results", "list").stdout
    howdah("results", "rm", second)
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
