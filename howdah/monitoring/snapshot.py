"""The signals, alerts and jobs of a cluster at one moment, from Prometheus or the daemons."""

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from howdah.errors import ClusterError
from howdah.hadoop.health import SECONDS_TO_ANSWER
from howdah.hadoop.job_name import read_job_name
from howdah.hadoop.yarn import Yarn, in_states
from howdah.hadoop.yarn_states import UNFINISHED
from howdah.monitoring.alerts import firing_now
from howdah.monitoring.daemon_signals import read_daemon_signals
from howdah.monitoring.prometheus import Prometheus
from howdah.settings import Cluster
from metrics.catalog import SIGNALS
from metrics.dashboards import SECTIONS
from metrics.definition import Signal
from metrics.firing import FiringAlert
from metrics.reading import level_of
from metrics.series import Series

__all__ = ["Snapshot", "UnfinishedJob", "as_json", "take_snapshot"]

ASKED_AT_ONCE = 8


@dataclass(frozen=True)
class UnfinishedJob:
    """A job that hasn't ended: ``share`` of it is done, 0 to 1; it has run for ``seconds``."""

    id: str
    user: str
    state: str
    share: float
    seconds: float
    cores: int
    name: str


@dataclass(frozen=True)
class Snapshot:
    """What was found at a time: each signal's series, alerts, jobs; ``source`` gave it.

    ``note``: what is to be known of that.
    """

    at: float
    source: str
    found: Mapping[str, Sequence[Series]]
    firing: Sequence[FiringAlert] = ()
    running: Sequence[UnfinishedJob] = ()
    note: str = ""


def take_snapshot(cluster: Cluster) -> Snapshot:
    """What Prometheus knows; where there is none or it is silent, what the daemons say.

    Raises ClusterError where nobody answers.
    """
    note = ""
    if cluster.prometheus_url:
        prometheus = Prometheus(cluster.prometheus_url)
        try:
            return _ask_prometheus(prometheus, cluster)
        except ClusterError as error:
            note = f"{error.message.partition(': ')[0]}; the daemons were asked instead"
    found = read_daemon_signals(cluster)
    return Snapshot(time.time(), "the daemons' pages", found, (), _unfinished_jobs(cluster), note)


def _ask_prometheus(prometheus: Prometheus, cluster: Cluster) -> Snapshot:
    names = [name for section in SECTIONS for name in section.numbers + section.columns]
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        firing = pool.submit(firing_now, prometheus)
        running = pool.submit(_unfinished_jobs, cluster)
        found = pool.map(lambda name: prometheus.now(SIGNALS[name].expression), names)
        signals = dict(zip(names, found, strict=True))
        return Snapshot(time.time(), "Prometheus", signals, firing.result(), running.result())


def _unfinished_jobs(cluster: Cluster) -> list[UnfinishedJob]:
    """The applications that haven't ended, as the ResourceManager tells them; none if it is
    silent."""
    applications = []
    with suppress(ClusterError):
        applications = Yarn(cluster, timeout=SECONDS_TO_ANSWER).applications(in_states(UNFINISHED))
    found = []
    for one in applications:
        job = read_job_name(one["name"])
        found.append(
            UnfinishedJob(
                id=job.id if job else one["id"],
                user=one["user"],
                state=one["state"].lower(),
                share=one["progress"] / 100,
                seconds=one["elapsedTime"] / 1000,
                cores=max(one["allocatedVCores"], 0),
                name=f"{'/'.join(job.kind)} {Path(job.input).name}" if job else one["name"],
            )
        )
    return sorted(found, key=lambda one: -one.seconds)


def as_json(snapshot: Snapshot) -> dict[str, Any]:
    """Signals by name, each with a value and a verdict for every set of labels."""
    return {
        "at": snapshot.at,
        "source": snapshot.source,
        "note": snapshot.note or None,
        "alerts": [asdict(one) for one in snapshot.firing],
        "signals": {
            name: [_described(SIGNALS[name], one) for one in found]
            for name, found in snapshot.found.items()
        },
        "jobs": [asdict(one) for one in snapshot.running],
    }


def _described(signal: Signal, series: Series) -> dict[str, Any]:
    value = series.values[-1]
    return {
        "labels": series.labels,
        "value": value if math.isfinite(value) else None,
        "level": level_of(signal, value).word or None,
    }
