"""Throughput with one, two and four workers of the lab, each held to 40 % of a core.

Howdah is installed once, on four; YARN is then told which of them have anything to give, so that
HDFS and all else stay as they are. Texts are scored; the time is from YARN's taking the job to its
end, and throughput is 2N rows over what 3N take longer than N: neither the upload, which the host
does alone, nor, if --splits makes as many tasks of both, starting counts. ``scale_4_over_1`` is
four workers' throughput over four times that of one: 1 is linear.
"""

import argparse
import json
import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from bench import inputs
from bench.report import Bar, SuiteReport
from bench.rounds import interleave, over, spread, table
from bench.scoring_cases import expected_scores, make_case
from bench.timed_jobs import check_scores
from howdah.errors import UsageError
from howdah.jobs.layout import JOBS
from howdah.settings import Settings
from lab.cluster import Cluster
from lab.lab import Lab

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "throughput with one, two and four workers of the lab"
NAMES = ("2", "4")  # workers that are compared with one
N = 4  # in --rows
CORE_PERCENT = 40  # of one core, for each worker
ADMIN = "org.apache.hadoop.yarn.client.cli.RMAdminCLI"


def run(args: argparse.Namespace, settings: Settings) -> SuiteReport:
    """Time jobs of N and of 3N rows with each number of workers, in turn."""
    counts = [1, *(int(name) for name in NAMES if args.only in (None, name))]
    cluster = _installed(Lab(settings.root), max(counts))
    case = make_case("text", args.rows, settings)
    expected = expected_scores(case)
    with ExitStack() as held:
        held.enter_context(_throttled(cluster.lab, cluster.workers[: max(counts)]))
        nodes = Nodes(cluster)
        held.callback(nodes.use, len(nodes.names))
        programs: dict[str, Callable[[], float]] = {}
        for times in (N, 3 * N):
            source = held.enter_context(inputs.repeated(case.source, times))
            name = held.enter_context(_on_host(cluster, source))
            for workers in counts:
                programs[f"{workers} workers, {times}"] = partial(
                    _job, cluster, nodes, workers, name, args.splits, expected, times
                )
        programs[f"{max(counts)} workers, {N}"]()  # each worker's first task fetches what it runs
        done = interleave(programs, args.rounds, "systemd-nspawn")

    def throughput(workers: int) -> list[float]:
        """Rows a second, in each round."""
        few, many = (done.of(f"{workers} workers, {times}") for times in (N, 3 * N))
        rows = 2 * N * args.rows
        return [rows / (end - start) for start, end in zip(few, many, strict=True)]

    rates = {workers: throughput(workers) for workers in counts}
    linear = {
        workers: [ratio / workers for ratio in over(rates[workers], rates[1])] for workers in counts
    }
    rows = [
        [str(workers), spread(rates[workers], 0), spread(linear[workers])] for workers in counts
    ]
    text = table(("workers", "rows/s", "of linear"), rows)
    figures = {f"scale_{workers}_over_1": median(linear[workers]) for workers in counts[1:]}
    bars = [Bar(f"{workers} workers", rates[workers]) for workers in counts]
    return SuiteReport(figures, f"{text}\n\nN is {N * args.rows:,}; {done}.", "rows a second", bars)


def _installed(lab: Lab, workers: int) -> Cluster:
    """The cluster on the lab that is up, installed if need be."""
    cluster = Cluster(lab)
    if len(cluster.workers) < workers:
        raise UsageError(
            f"the lab has {len(cluster.workers)} workers, and this takes {workers}",
            hint=f"bin/lab down; bin/lab up --workers {workers}",
        )
    if not (cluster.root / "etc/howdah/cluster.json").exists():
        cluster.up()
    cluster.await_wellness()
    return cluster


@contextmanager
def _throttled(lab: Lab, workers: list[str]) -> Iterator[None]:
    """Hold each worker to its part of a core."""
    try:
        for worker in workers:
            lab.throttle(worker, max(round(CORE_PERCENT / (os.cpu_count() or 1)), 1))
        yield
    finally:
        for worker in workers:
            lab.throttle(worker, 100)


class Nodes:
    """YARN's nodes, which are all alike."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        record = json.loads((cluster.root / "etc/howdah/cluster.json").read_text())
        self.hadoop: str = record["hadoop_bin"]
        found = cluster.ask("host:8088/ws/v1/cluster/nodes?states=RUNNING")["nodes"]["node"]
        self.names = sorted(str(node["id"]) for node in found)
        # not each one's own: a bench that was killed has left some with nothing
        totals = [node["totalResource"] for node in found]
        self._capacity = max((total["memory"], total["vCores"]) for total in totals)
        self._given: dict[str, tuple[int, int]] = {}

    def use(self, count: int) -> None:
        """Let only the first ``count`` have anything to give."""
        for place, name in enumerate(self.names):
            given = self._capacity if place < count else (0, 0)
            if self._given.get(name) == given:
                continue
            words = [self.hadoop, ADMIN, "-updateNodeResource", name, *given]
            self._cluster.lab.run("host", shlex.join(map(str, words)))
            self._given[name] = given


@contextmanager
def _on_host(cluster: Cluster, source: Path) -> Iterator[str]:
    """Have the file in the home of the host's root; gives its name there."""
    place = cluster.root / "root" / source.name
    shutil.copyfile(source, place)
    try:
        yield place.name
    finally:
        place.unlink()


def _job(
    cluster: Cluster,
    nodes: Nodes,
    workers: int,
    name: str,
    splits: int,
    expected: Path,
    times: int,
) -> float:
    """The seconds that YARN has a job; its scores must be ``expected``, ``times`` over."""
    nodes.use(workers)
    chosen = f" --splits {splits}" if splits else ""
    answer = json.loads(cluster(f"submit {name} --runner hadoop --json{chosen}").stdout)
    cluster(f"getresults {answer['job']} --output scored")
    check_scores(cluster.root / "root" / "scored" / "scores.tsv", expected, times)
    cluster.lab.run("host", f"rm -r scored && {nodes.hadoop} fs -rm -r {JOBS}/{answer['job']}")
    return float(answer["finished"] - answer["started"])
