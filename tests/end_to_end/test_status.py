"""bin/status: what stops a look at one job doesn't stop the list."""

import json
from pathlib import Path

from howdah.jobs.marks import Mark
from howdah.jobs.record import Jobs
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


def test_timeline_of_the_newest_job(local: Howdah, tmp_path: Path) -> None:
    """Without a job it is the newest one's; with none at all, exit 2."""
    local("status", "--timeline", exits=2)
    for text in ("you are kind\n", "you are an idiot\n"):
        (tmp_path / "text.txt").write_text(text)
        job = local.submit("text.txt")["job"]
    shown = json.loads(local("status", "--timeline", "--json").stdout)
    assert shown == json.loads(local("status", job, "--timeline", "--json").stdout)


def test_timeline_out_of_reach(local: Howdah) -> None:
    """What the client knows of a job is shown though its cluster is gone."""
    jobs = Jobs(local.state)
    job = jobs.create(state="failed", runner="hadoop", pipeline="p", model="", identity="").id
    jobs.update(jobs.read(job), application="application_1_0001")
    jobs.mark(job, Mark.COMMAND, 1000)
    jobs.mark(job, Mark.IMPORTED, 1001.5)
    shown = local("status", job, "--timeline")
    assert shown.stdout.splitlines()[-1].split() == ["1.50", "in", "all"]
    assert "none is configured" in shown.stderr
