"""Checks the cluster in use: who may use it, its daemons, its room and its models."""

import shutil
from collections.abc import Iterator

from howdah.diagnosis.check import Check, judge
from howdah.diagnosis.machines import check_nodes, may_look
from howdah.diagnosis.models import check_hdfs_copies
from howdah.errors import ClusterError
from howdah.hadoop.daemons import Daemon
from howdah.hadoop.health import ClusterHealth, check_health
from howdah.hadoop.scrape_targets import ScrapeTarget
from howdah.hadoop.users import check_user
from howdah.jobs.layout import JOBS
from howdah.models.hdfs_copies import permitted_sha256, read_hdfs_copies
from howdah.settings import Cluster, Settings

__all__ = ["check_cluster_in_use"]


def check_cluster_in_use(settings: Settings) -> Iterator[Check]:
    """Judge all that can be seen from here; of several hosts, whoever installed them sees more."""
    if settings.cluster is None:
        java = shutil.which("java")
        found = "none configured: jobs run on this machine alone"
        yield Check("cluster", found + ("" if java else "; bin/cluster up would need a JRE"))
        return
    try:
        check_user(settings.cluster)
    except ClusterError as error:
        yield Check("cluster", error.message, error.hint or "bin/cluster status")
        return
    report = check_health(settings.cluster)
    yield from _daemons(report, settings.cluster)
    if report.capacity:
        share = report.remaining / report.capacity
        fix = f"remove old jobs below {JOBS}, or add a worker" if share < 0.05 else ""
        yield Check("HDFS", f"{report.remaining / 2**30:.1f} GiB free ({share:.0%})", fix)
    published = []
    if not report.blockers:
        try:
            published = read_hdfs_copies(settings.cluster)
        except ClusterError as error:
            yield Check("models in HDFS", error.message, error.hint or "bin/cluster status")
        else:
            yield from check_hdfs_copies(published, settings.cluster)
    if may_look(settings, settings.cluster):
        yield from check_nodes(settings, settings.cluster, permitted_sha256(published, settings))
    elif settings.cluster.uses_systemd:
        found = "only their daemons were asked; who installed them sees more with bin/doctor"
        yield Check("hosts", found)


def _daemons(report: ClusterHealth, cluster: Cluster) -> Iterator[Check]:
    for kind in dict.fromkeys(daemon.name for daemon in report.daemons):
        daemons = [daemon for daemon in report.daemons if daemon.name == kind]
        bad = [(f"{daemon.address} {daemon.problem}", _restart(daemon, cluster))
               for daemon in daemons if daemon.problem]  # fmt: skip
        answers = "answers" if len(daemons) == 1 else "answer"
        well = f"{', '.join(daemon.address for daemon in daemons)} {answers}"
        yield from judge(kind, bad, well)
    if report.targets:
        bad = [(str(target), _restart(target, cluster)) for target in report.unseen]
        yield from judge("monitoring", bad, f"{len(report.targets)} targets answer Prometheus")
    told = {str(known) for known in (*report.daemons, *report.targets)}
    for problem in report.problems:
        if problem not in told:
            yield Check("cluster", problem, "bin/cluster status; bin/cluster up")


def _restart(daemon: Daemon | ScrapeTarget, cluster: Cluster) -> str:
    if daemon.host in cluster.workers:
        return f"bin/cluster up; if {daemon.host} is gone: bin/cluster remove {daemon.host}"
    return f"bin/cluster up; its log is in {cluster.logs_dir}"
