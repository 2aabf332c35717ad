"""What makes a small job quick on a cluster."""

from pathlib import Path

import pytest

from howdah.hadoop.job_history import JobHistory
from howdah.jobs.layout import SENT
from tests.conftest import Howdah
from tests.end_to_end.watching import cluster_of, hdfs_of, record_of, until

pytestmark = pytest.mark.hadoop


def test_small_job_runs_in_one_container(hadoop: Howdah, tmp_path: Path) -> None:
    """Its tasks are in the ApplicationMaster; what they were sent is gone once it has ended."""
    (tmp_path / "text.txt").write_text("you are kind\n")
    job = hadoop.submit("text.txt")["job"]
    application = record_of(hadoop, job)["application"]
    server = JobHistory(cluster_of(hadoop))
    history = until(lambda: server.history(application))  # it comes a bit later
    assert history.uber
    left = hdfs_of(hadoop).list(f"/howdah/jobs/{job}")
    assert "input" in left
    assert SENT not in left


def test_java_processes_map_the_shared_classes(cluster_state: Path) -> None:
    """Java does without the archive, and says nothing, if it doesn't take it."""
    pids = [path.read_text().strip() for path in (cluster_state / "cluster/run").glob("*.pid")]
    assert len(pids) == 5
    for pid in pids:
        assert "/classes.jsa" in Path(f"/proc/{pid}/maps").read_text()
