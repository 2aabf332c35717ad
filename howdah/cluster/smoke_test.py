"""The job that shows that a new cluster works: the same bytes from it as from this machine."""

import json
import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from howdah.errors import ClusterError
from howdah.jobs.job_store import job_store
from howdah.jobs.record import Jobs
from howdah.settings import Cluster, Runner, Settings, record_of_cluster

__all__ = ["smoke_job"]

TEXTS = """Thank you, this was a great help!
You are an idiot and your article is garbage.
I disagree with the second point, but well argued.
"""


def smoke_job(cluster: Cluster, settings: Settings) -> int:
    """Score a few texts on the cluster and here, and compare; the number of records.

    Raises ClusterError with what the commands said.
    """
    with tempfile.TemporaryDirectory(prefix="howdah-smoke-") as folder:
        state = Path(folder) / "state"
        apart = replace(settings, state=state, cluster=cluster)
        state.mkdir()
        apart.cluster_record.write_text(record_of_cluster(cluster))
        (Path(folder) / "texts.txt").write_text(TEXTS)
        scores = {runner: _score(runner, Path(folder), apart) for runner in Runner}
    if scores[Runner.HADOOP] != scores[Runner.LOCAL]:
        raise ClusterError("the smoke job's scores differ from this machine's", hint="bin/doctor")
    return len(TEXTS.splitlines())


def _score(runner: str, folder: Path, settings: Settings) -> bytes:
    submitted = _run(["submit", "texts.txt", "--runner", runner, "--json"], folder, settings)
    job = Jobs(settings.state).read(json.loads(submitted)["job"])
    try:
        _run(["getresults", job.id, "-o", runner], folder, settings)
        return (folder / runner / "scores.tsv").read_bytes()
    finally:
        job_store(job, settings).remove("")


def _run(command: list[str], folder: Path, settings: Settings) -> str:
    done = subprocess.run(
        [str(settings.root / "bin" / command[0]), *command[1:]],
        cwd=folder,
        env=os.environ | {"HOWDAH_STATE": str(settings.state)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ClusterError(
            f"the smoke job failed: bin/{' '.join(command)}\n{done.stderr.strip()}",
            hint="bin/cluster status; bin/doctor",
        )
    return done.stdout
