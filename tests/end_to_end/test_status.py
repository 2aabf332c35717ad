"""bin/status: what stops a look at one job doesn't stop the list."""

import json
from pathlib import Path

from howdah.jobs import Jobs
from tests.conftest import Howdah


def test_list_with_a_job_out_of_reach(local: Howdah, tmp_path: Path) -> None:
    """A job on a cluster that isn't there is listed, with the reason; asked for alone, exit 6."""
    (tmp_path / "text.txt").write_text("you are kind\n")
    here = local.submit("text.txt")["job"]
    jobs = Jobs(local.state)
    there = jobs.update(
        jobs.create(state="running", runner="hadoop", pipeline="moderation", model="", identity="")
    ).id
    lines = local("status").stdout.splitlines()
    assert {line.split()[0] for line in lines} == {here, there}
    assert sum("no cluster is configured" in line for line in lines) == 1
    rows = json.loads(local("status", "--json").stdout)
    assert {row["job"]: row["state"] for row in rows} == {here: "done", there: "running"}
    local("status", there, exits=6)
