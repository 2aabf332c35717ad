"""What the exporter has counted: sums over all ended jobs, the newest of each kind, and which
jobs are in the sums, so that a restart counts none of them again.

It is kept in one file, which is replaced as a whole before new sums are shown. Prometheus
would take sums that began anew for new work: the ResourceManager goes on listing old jobs.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from howdah.atomic_files import replacing
from howdah.errors import UsageError
from howdah.hadoop.job_name import Kind
from howdah.jobs.record import FINISHED
from howdah.monitoring.job_collector import JobWork, ObservedJob
from mr.stages import Stage

__all__ = ["COST", "PHASES", "SUMS", "JobTotals"]

# Sums by their metric's name, and what each is told apart by
SUMS: Mapping[str, tuple[str, ...]] = {
    "howdah_jobs_ended": ("state", "pipeline", "model"),
    "howdah_records": ("outcome", "pipeline", "model"),
    "howdah_input_bytes": ("pipeline", "model"),
    "howdah_task_seconds": ("phase", "pipeline", "model"),
    "howdah_attempts": ("outcome",),
}
# Every second of a task's Python program is in one of them
PHASES: Mapping[str, tuple[Stage, ...]] = {
    "load": (Stage.START, Stage.LOAD),
    "parse": (Stage.READ, Stage.PARSE),
    "predict": (Stage.PREDICT,),
    "write": (Stage.FORMAT, Stage.WRITE, Stage.SUMMARISE),
}
COST = (
    "seconds",
    "wait_seconds",
    "records",
    "rejected",
    "rejected_ratio",
    "records_per_second",
    "core_seconds",
    "memory_mb_seconds",
)
OUTCOMES = ("scored", "rejected")
ATTEMPTS = ("failed", "speculative", "killed")

MOST_KINDS = 100  # more than a cluster has models; whoever may submit could make up others
OTHER = Kind("other", "other")
MOST_OPEN = 1000
LATE_SECONDS = 600  # how much later than another one a job's end may become known

Labels = tuple[str, ...]


class JobTotals:
    """``sums`` are by metric and labels, ``newest`` by kind and ``COST``; ``open`` are the ended
    jobs of which isn't known yet what their tasks did, the longest ended first."""

    def __init__(self, path: Path) -> None:
        """Go on with what ``path`` holds; raise UsageError if that can't be read."""
        self._path = path
        self._saved = ""
        self._ended: dict[str, float] = {}  # by application; those that may be told of again
        self._newest_end: dict[Kind, float] = {}
        self.open: dict[str, ObservedJob] = {}
        self.sums: dict[str, dict[Labels, float]] = {name: {} for name in SUMS}
        self.newest: dict[Kind, dict[str, float]] = {}
        for outcome in ATTEMPTS:
            self._add("howdah_attempts", (outcome,), 0)
        try:
            if path.exists():
                self._read(json.loads(path.read_text()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{path} can't be read as what an exporter has counted: {error}",
                hint="remove it; jobs that YARN still lists are then counted once more",
            ) from None

    @property
    def since(self) -> float:
        """The Unix seconds before which every job that ended has been counted."""
        return max(max(self._ended.values(), default=0.0) - LATE_SECONDS, 0.0)

    @property
    def kinds(self) -> list[Kind]:
        """Those that have sums."""
        return [Kind(*labels) for labels in self.sums["howdah_input_bytes"]]

    def know(self, kind: Kind) -> Kind:
        """Start a kind's sums at 0: a sum that isn't there before its first job doesn't rise.

        Returns what it is counted as.
        """
        known = self.sums["howdah_input_bytes"]
        if kind not in known and len(known) >= MOST_KINDS:
            kind = OTHER
        if kind not in known:
            for name, values in (
                ("howdah_jobs_ended", FINISHED),
                ("howdah_records", OUTCOMES),
                ("howdah_task_seconds", PHASES),
            ):
                for value in values:
                    self._add(name, (value, *kind), 0)
            self._add("howdah_input_bytes", kind, 0)
        return kind

    def end(self, jobs: Iterable[ObservedJob]) -> None:
        """Count ended jobs, those that are new."""
        since = self.since
        for job in sorted(jobs, key=lambda job: job.ended):
            if job.id in self._ended or job.ended < since:
                continue
            job = job._replace(kind=self.know(job.kind))
            self._add("howdah_jobs_ended", (job.state, *job.kind), 1)
            self._ended[job.id] = job.ended
            self.open[job.id] = job
        since = self.since
        self._ended = {id: ended for id, ended in self._ended.items() if ended >= since}
        for forgotten in list(self.open)[:-MOST_OPEN]:
            del self.open[forgotten]

    def settle(self, job: ObservedJob, work: JobWork) -> None:
        """Count what the tasks of an open job did."""
        del self.open[job.id]
        counted = work.counters
        scored, rejected = (counted.get(outcome, 0) for outcome in OUTCOMES)
        self._add("howdah_records", ("scored", *job.kind), scored)
        self._add("howdah_records", ("rejected", *job.kind), rejected)
        self._add("howdah_input_bytes", job.kind, counted.get("input_bytes", 0))
        for phase, stages in PHASES.items():
            milliseconds = sum(counted.get(stage.counter, 0) for stage in stages)
            self._add("howdah_task_seconds", (phase, *job.kind), milliseconds / 1000)
        for outcome in ATTEMPTS:
            self._add("howdah_attempts", (outcome,), getattr(work, outcome))
        if job.ended >= self._newest_end.get(job.kind, 0.0):
            self._newest_end[job.kind] = job.ended
            self.newest[job.kind] = _cost(job, scored, rejected)

    def save(self) -> None:
        """Replace the file, if something is new."""
        stated = {
            "ended": self._ended,
            "open": list(self.open.values()),
            "sums": {name: list(found.items()) for name, found in self.sums.items()},
            "newest": [
                [kind, self._newest_end[kind], list(cost.values())]
                for kind, cost in self.newest.items()
            ],
        }
        if (text := json.dumps(stated)) == self._saved:
            return
        with replacing(self._path) as beside:
            beside.write_text(text)
        self._saved = text

    def _read(self, stated: Mapping[str, Any]) -> None:
        self._ended = dict(stated["ended"])
        for id, kind, *rest in stated["open"]:
            self.open[id] = ObservedJob(id, Kind(*kind), *rest)
        for name, found in stated["sums"].items():
            self.sums[name] |= {tuple(labels): value for labels, value in found}
        for (pipeline, model), ended, cost in stated["newest"]:
            kind = Kind(pipeline, model)
            self._newest_end[kind] = ended
            self.newest[kind] = dict(zip(COST, cost, strict=True))

    def _add(self, name: str, labels: Labels, value: float) -> None:
        self.sums[name][labels] = self.sums[name].get(labels, 0) + value


def _cost(job: ObservedJob, scored: int, rejected: int) -> dict[str, float]:
    records = scored + rejected
    worked = job.seconds - job.wait_seconds
    values = (
        job.seconds,
        job.wait_seconds,
        records,
        rejected,
        rejected / records if records else 0.0,
        records / worked if worked > 0 else 0.0,
        job.core_seconds,
        job.memory_mb_seconds,
    )
    return dict(zip(COST, values, strict=True))
