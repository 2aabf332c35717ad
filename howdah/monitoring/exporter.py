"""What the job exporter tells Prometheus: all jobs of a cluster, looked at again and again."""

import sys
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from howdah.errors import ClusterError, ModelError
from howdah.hadoop.job_name import NO_MODEL, Kind
from howdah.jobs.record import State
from howdah.models.registry import manifest_of, model_entries
from howdah.monitoring.job_collector import (
    RUNS,
    WAITS,
    JobCollector,
    JobWork,
    ObservedJob,
    TaskProgress,
)
from howdah.monitoring.job_totals import COST, SUMS, JobTotals
from howdah.settings import Settings
from mr.pipelines.registry import PIPELINES

__all__ = [
    "ABOUT",
    "PATIENCE_SECONDS",
    "RATED_LOOKS",
    "SETTLING_SECONDS",
    "Exporter",
    "RunningJob",
    "gauge",
    "known_kinds",
    "running",
    "totals",
]

RATED_LOOKS = 3  # that a rate goes back: tasks tell what they have counted every few seconds
SETTLING_SECONDS = 5  # of one look; what is left is the next one's
# How long a history may be missing before a job counts as one that wrote none, as a killed one
# mostly does; without HDFS the JobHistory server doesn't know of any
PATIENCE_SECONDS: dict[str, int] = {State.DONE: 86_400, State.FAILED: 600, State.CANCELLED: 60}
ABOUT = {
    "howdah_jobs_ended": "Jobs that have ended",
    "howdah_records": "Records of the tasks that ended jobs have completed",
    "howdah_input_bytes": "Input of the tasks that ended jobs have completed, decompressed",
    "howdah_task_seconds": "What those tasks have spent their time on",
    "howdah_attempts": "Attempts at tasks of ended jobs that were in vain",
    "seconds": "From submission to end",
    "wait_seconds": "From submission to the first container",
    "records": "Scored and rejected",
    "rejected": "Rejected",
    "rejected_ratio": "Rejected of all records",
    "records_per_second": "Records by the seconds from the first container to the end",
    "core_seconds": "Cores by the seconds that it had them",
    "memory_mb_seconds": "Megabytes by the seconds that it had them",
}


class RunningJob:
    """A running job: its ``progress``, when that ``changed`` (monotonic seconds), its rate."""

    def __init__(self, job: ObservedJob) -> None:
        self.progress = TaskProgress()
        self.records_per_second = 0.0
        self.changed = time.monotonic()
        started = self.changed - max(job.seconds - job.wait_seconds, 1.0)
        self._looks = deque([(started, 0)], maxlen=RATED_LOOKS)

    def update(self, progress: TaskProgress) -> None:
        """Note how far it is now."""
        now = time.monotonic()
        since, records = self._looks[0]
        # records may be fewer than before: where an ApplicationMaster is lost, all begins anew
        self.records_per_second = max((progress.records - records) / (now - since), 0.0)
        self._looks.append((now, progress.records))
        if progress != self.progress:
            self.changed = now
        self.progress = progress


class Exporter(Collector):
    """What the jobs of ``collector`` do; ``settings`` say which models there are."""

    def __init__(self, collector: JobCollector, counted: JobTotals, settings: Settings) -> None:
        self.collector = collector
        self._counted = counted
        self._settings = settings
        self._running: dict[str, RunningJob] = {}
        self._problems = {"resourcemanager": "", "historyserver": "", "file": ""}
        self._totals: list[Metric] = list(totals(counted))
        self._kinds = counted.kinds  # those that totals are of
        self._scraped = set(self._kinds)
        self._seen: tuple[list[Metric], list[Kind]] = [], []

    def collect(self) -> Iterator[Metric]:
        """What the newest look has seen."""
        metrics, kinds = self._seen
        yield from metrics
        self._scraped.update(kinds)

    def look(self) -> None:
        """Ask the daemons; sums are on the disk before they are shown."""
        begun = time.monotonic()
        for kind in known_kinds(self._settings):
            self._counted.know(kind)
        present = list(self._present())
        try:
            self._settle()
            self._note("historyserver")
        except ClusterError as error:
            self._note("historyserver", error.message)
        try:
            self._counted.save()
            self._kinds = self._counted.kinds
            if not self._seen[0]:  # what the first look finds may have ended long ago
                self._scraped.update(self._kinds)
            new = {kind for kind in self._kinds if kind not in self._scraped}
            self._totals = list(totals(self._counted, new))
            self._note("file")
        except OSError as error:
            self._note("file", f"what has been counted can't be kept: {error}")
        up = GaugeMetricFamily("howdah_source_up", "Whether it answers", labels=["source"])
        for source in ("resourcemanager", "historyserver"):
            up.add_metric([source], not self._problems[source])
        took = gauge("scrape_seconds", "Of the newest look at both", time.monotonic() - begun)
        self._seen = [*self._totals, *present, up, took], self._kinds

    def _present(self) -> Iterator[Metric]:
        try:
            jobs = self.collector.jobs(self._counted.since)
            self._note("resourcemanager")
        except ClusterError as error:
            self._note("resourcemanager", error.message)
            return
        self._counted.end(job for job in jobs if job.ended)
        self._follow(job for job in jobs if job.state == RUNS)
        yield self._unfinished(jobs)
        waited = max((job.wait_seconds for job in jobs if job.state == WAITS), default=0.0)
        yield gauge("queue_seconds", "What the longest waiting job has waited", waited)
        yield from running(self._running.values())

    def _unfinished(self, jobs: Iterable[ObservedJob]) -> Metric:
        kinds = [(job.state, *self._counted.know(job.kind)) for job in jobs]
        family = GaugeMetricFamily(
            "howdah_jobs", "Jobs that haven't ended", labels=["state", "pipeline", "model"]
        )
        for kind in self._counted.kinds:
            for state in (WAITS, RUNS):
                family.add_metric([state, *kind], kinds.count((state, *kind)))
        return family

    def _follow(self, jobs: Iterable[ObservedJob]) -> None:
        """Ask the ApplicationMasters; of one that doesn't answer, the last answer counts."""
        self._running = {job.id: self._running.get(job.id) or RunningJob(job) for job in jobs}
        for id, known in self._running.items():
            try:
                known.update(self.collector.progress(id))
            except ClusterError:  # it is about to start or to end, or is hung: it doesn't change
                continue

    def _settle(self) -> None:
        self.collector.check_history()
        deadline = time.monotonic() + SETTLING_SECONDS
        for job in list(self._counted.open.values()):
            work = self.collector.work(job.id)
            if work or time.time() - job.ended > PATIENCE_SECONDS[job.state]:
                self._counted.settle(job, work or JobWork({}))
            if time.monotonic() > deadline:
                return

    def _note(self, what: str, problem: str = "") -> None:
        """Say on stderr what goes wrong and what is well again, once."""
        if bool(problem) != bool(self._problems[what]):
            print(f"howdah: {problem or f'{what}: well again'}", file=sys.stderr, flush=True)
        self._problems[what] = problem


def totals(counted: JobTotals, new: Collection[Kind] = ()) -> Iterator[Metric]:
    """The sums, which are 0 for ``new`` kinds, and the cost of the newest job of each kind."""
    for name, labels in SUMS.items():
        counter = CounterMetricFamily(name, ABOUT[name], labels=labels)
        for values, total in counted.sums[name].items():
            counter.add_metric(values, 0 if values[-2:] in new else total)
        yield counter
    for name in COST:
        about = f"{ABOUT[name]}: the newest ended job's"
        cost = GaugeMetricFamily(f"howdah_last_job_{name}", about, labels=Kind._fields)
        for kind, stated in counted.newest.items():
            cost.add_metric(kind, stated[name])
        yield cost


def running(jobs: Iterable[RunningJob]) -> Iterator[Metric]:
    """How far and how fast running jobs are; 0 where none runs."""
    found = sorted(jobs, key=lambda job: job.progress.maps + job.progress.reduces)
    behind = found[0].progress if found else TaskProgress()
    now = time.monotonic()
    still = max((round(now - job.changed, 1) for job in found), default=0.0)
    rate = sum(job.records_per_second for job in found)
    for name, about, value in (
        ("running_map_progress", "Map tasks of the job that is furthest behind", behind.maps),
        ("running_reduce_progress", "Its reduce tasks", behind.reduces),
        ("seconds_without_progress", "Of the job that has had none for longest", still),
        ("running_records_per_second", "Records read by all running jobs", rate),
    ):
        yield gauge(name, about, value)


def gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"howdah_{name}", about, value=value)


def known_kinds(settings: Settings) -> Iterator[Kind]:
    """The kinds of jobs that there can be: with the models that there are, and those with none."""
    for pipeline in PIPELINES.values():
        if pipeline.tally:
            yield Kind(pipeline.name, NO_MODEL)
    for entry in model_entries(settings):
        with suppress(ModelError):  # bin/models tells of it
            yield Kind(manifest_of(entry).pipeline, entry.name)
