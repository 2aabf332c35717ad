"""A job as its users run it, ``bin/submit`` then ``bin/getresults``: timed, and its scores compared
with what they must be before the times count."""

import json
import os
import shutil
import subprocess
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from howdah.errors import IntegrityError
from howdah.hadoop.yarn import Yarn
from howdah.jobs.job_store import job_store
from howdah.jobs.marks import Mark
from howdah.jobs.record import Jobs
from howdah.settings import ROOT, Cluster, Runner, Settings

__all__ = ["TimedJob", "await_idle", "check_scores", "cluster_of", "daemons_of", "run_job"]

CHUNK = 1 << 20
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class TimedJob:
    """Seconds that each command took, processes and all; ``upload``: those of the first in which
    the store took the input; ``compared``: the bytes of its scores."""

    submit: float
    fetch: float
    upload: float
    compared: int

    @property
    def whole(self) -> float:
        return self.submit + self.fetch

    def __str__(self) -> str:
        return f"{self.submit:.2f} + {self.fetch:.2f} s, {self.compared:,} bytes as expected"


def cluster_of(settings: Settings) -> Cluster:
    """The cluster that jobs run on; raises ClusterError if there is none."""
    return settings.require_cluster("no cluster is configured, and this suite measures one")


def daemons_of(cluster: Cluster) -> str:
    """What is in the command lines of the cluster's daemons on this machine: their folder."""
    return str(Path(cluster.hadoop_bin).parents[2])


def await_idle(cluster: Cluster) -> None:
    """Wait until YARN has ended all that it was given."""
    while Yarn(cluster).unfinished():
        time.sleep(POLL_SECONDS)


def run_job(
    source: Path,
    model: str,
    settings: Settings,
    *,
    runner: str,
    expected: Path,
    times: int = 1,
    watch: AbstractContextManager[object] | None = None,
) -> TimedJob:
    """Score ``source``; its scores must be ``expected``, ``times`` over. Leaves nothing.

    ``watch`` is open while the commands run.
    """
    if runner == Runner.HADOOP:
        await_idle(cluster_of(settings))
    folder = settings.state / "bench" / "results"
    shutil.rmtree(folder, ignore_errors=True)
    os.sync()  # what others left to be written isn't timed
    with watch or nullcontext():
        start = time.perf_counter()
        answer = _run("submit", source, "--model", model, "--runner", runner, "--json")
        submitted = time.perf_counter()
        _run("getresults", answer["job"], "--output", folder, "--json")
        fetched = time.perf_counter()
    scores = folder / "scores.tsv"
    check_scores(scores, expected, times)
    size = scores.stat().st_size
    jobs = Jobs(settings.state)
    job = jobs.read(answer["job"])
    upload = jobs.marks(job.id)[Mark.STORED] - job.created
    job_store(job, settings).remove("")
    jobs.remove(job.id)
    shutil.rmtree(folder)
    return TimedJob(submitted - start, fetched - submitted, upload, size)


def check_scores(scores: Path, expected: Path, times: int = 1) -> None:
    """Raise IntegrityError unless, below its header, ``scores`` is ``expected``, ``times`` over."""
    with scores.open("rb") as found:
        found.readline()
        for _ in range(times):
            with expected.open("rb") as part:
                while wanted := part.read(CHUNK):
                    if found.read(len(wanted)) != wanted:
                        raise IntegrityError(f"{scores} differs from {expected}")
        if found.read(1):
            raise IntegrityError(f"{scores} is longer than {expected}, {times} over")


def _run(command: str, *arguments: object) -> dict[str, str]:
    """What bin/``command`` prints as JSON."""
    words = [str(ROOT / "bin" / command), *map(str, arguments)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    answer: dict[str, str] = json.loads(done.stdout)
    return answer
