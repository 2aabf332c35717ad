"""Job records: files that several processes read, change and outlive."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from howdah.errors import UsageError
from howdah.jobs.layout import RECORD
from howdah.jobs.marks import Mark
from howdah.jobs.record import Job, Jobs, State
from howdah.jobs.stored_input import Input
from howdah.settings import Runner
from tests.conftest import ROOT


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


def create(jobs: Jobs, **values: object) -> Job:
    stated = {"state": "uploading", "runner": "local", "pipeline": "p", "model": "m"}
    return jobs.create(**(stated | {"identity": "same"} | values))


def test_record_is_read_as_written(jobs: Jobs) -> None:
    """What one command writes of a job, another reads."""
    job = create(jobs, columns=("a", "b"), options={"format": "csv"})
    job = jobs.update(job, inputs=(Input("naïve", "00000.txt", lines=3, header=True),))
    assert jobs.read(job.id) == job
    assert job.records == 2


OLD = """{
 "id": "20260314-092653-58b1",
 "state": "running",
 "runner": "hadoop",
 "pipeline": "p",
 "model": "m",
 "identity": "same",
 "created": 1773480413.0,
 "columns": ["score"],
 "inputs": [{"name": "naïve", "stored": "00000.txt", "lines": 3}]
}"""


def test_a_record_of_an_older_version_is_read(jobs: Jobs) -> None:
    """Its words for states and runners are today's; what it lacks has its default."""
    folder = jobs.folder("20260314-092653-58b1")
    folder.mkdir(parents=True)
    (folder / RECORD).write_text(OLD)
    job = jobs.read(folder.name)
    assert (job.state, job.runner) == (State.RUNNING, Runner.HADOOP)
    assert (job.records, job.kept, job.scored) == (3, False, None)


def test_a_record_has_states_and_runners_as_words(jobs: Jobs) -> None:
    """Whoever reads it needs to know no Python."""
    job = jobs.update(create(jobs, runner=Runner.LOCAL), state=State.DONE)
    stated = json.loads((jobs.folder(job.id) / RECORD).read_text())
    assert (stated["state"], stated["runner"]) == ("done", "local")


def test_changes_by_others_stay(jobs: Jobs) -> None:
    """Who changes a record keeps what others have changed since it was read."""
    stale = create(jobs)
    jobs.update(stale, application="application_1")
    assert jobs.update(stale, state="running").application == "application_1"


def test_marks_of_several_processes(jobs: Jobs) -> None:
    """Marks stay whoever changes the record; of one made twice, the later counts."""
    job = create(jobs)
    jobs.mark(job.id, Mark.COMMAND, 5)
    Jobs(jobs.folder("").parent).mark(job.id, Mark.HADOOP_JAR, 7.25)
    jobs.update(job, state="running")
    jobs.mark(job.id, Mark.COMMAND, 6)
    assert jobs.marks(job.id) == {"command": 6, "hadoop jar": 7.25}


def test_job_without_marks(jobs: Jobs) -> None:
    """A job of a version that made no marks has none."""
    assert jobs.marks(create(jobs).id) == {}


def test_newest_first(jobs: Jobs) -> None:
    """Jobs are listed newest first."""
    created = [create(jobs).id for _ in range(3)]
    assert [job.id for job in jobs.all()] == created[::-1]


def test_unknown_job(jobs: Jobs) -> None:
    """An id of no job is refused."""
    with pytest.raises(UsageError, match="there is no job 1234"):
        jobs.read("1234")


def test_half_made_job_is_no_job(jobs: Jobs) -> None:
    """A folder whose record was never written isn't listed."""
    jobs.folder("20260101-000000-abcd").mkdir(parents=True)
    assert jobs.all() == []


def test_lock_goes_with_its_process(jobs: Jobs, tmp_path: Path) -> None:
    """A lock is held by a live process only, however that ends."""
    job = create(jobs)
    holder = (
        "import sys; from pathlib import Path; from howdah.jobs.record import Jobs;"
        "lock = Jobs(Path(sys.argv[1])).lock(sys.argv[2], 'run');"
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder, tmp_path, job.id],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        assert jobs.is_held(job.id, "run")
        process.kill()
    assert not jobs.is_held(job.id, "run")
