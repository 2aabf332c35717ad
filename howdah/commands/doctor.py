"""`bin/doctor`: everything that stops a job, checked, each with its fix."""

import argparse
import json
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from howdah.diagnosis.check import Check, judge
from howdah.diagnosis.machines import check_nodes, may_look
from howdah.diagnosis.models import check_hdfs_copies
from howdah.errors import ClusterError, HowdahError
from howdah.hadoop.health import Daemon, Report, Target, ask
from howdah.hadoop.users import check_user
from howdah.models.hdfs_copies import permitted_sha256, read_hdfs_copies
from howdah.models.registry import find_model, model_names
from howdah.settings import Cluster, Settings

__all__ = ["parser", "run"]

NEEDED_BYTES = 2 << 30


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/doctor",
        description="Check everything that stops a job; each problem comes with its fix.",
        epilog="examples:\n  bin/doctor\n  bin/doctor --json\n\n"
        "exit status: 0 all is well; 1 something is to be mended",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print every check; 1 if one needs mending."""
    checks = [*_machine(settings), *_models(settings), *_cluster(settings)]
    if args.json:
        print(json.dumps([asdict(check) for check in checks], indent=1))
    else:
        print("\n".join(map(str, checks)))
    return int(any(check.fix for check in checks))


def _machine(settings: Settings) -> Iterator[Check]:
    yield Check("python", platform.python_version())
    settings.state.mkdir(parents=True, exist_ok=True)
    for name, folder in (("state folder", settings.state), ("results", Path.cwd())):
        free = shutil.disk_usage(folder).free
        fix = f"free some space on the disk of {folder}" if free < NEEDED_BYTES else ""
        yield Check(name, f"{folder}, {free / 2**30:.1f} GiB free", fix)


def _models(settings: Settings) -> Iterator[Check]:
    for name in model_names(settings):
        try:
            model = find_model(settings, name)
        except HowdahError as error:
            yield Check(f"model {name}", error.message, error.hint or "bin/models check")
        else:
            yield Check(
                f"model {name}", f"{model.manifest.kind}, its files are as its manifest says"
            )


def _cluster(settings: Settings) -> Iterator[Check]:
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
    report = ask(settings.cluster)
    yield from _daemons(report, settings.cluster)
    if report.capacity:
        share = report.remaining / report.capacity
        fix = "remove old jobs below /howdah/jobs, or add a worker" if share < 0.05 else ""
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
    elif settings.cluster.service_manager == "systemd":
        found = "only their daemons were asked; who installed them sees more with bin/doctor"
        yield Check("hosts", found)


def _daemons(report: Report, cluster: Cluster) -> Iterator[Check]:
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


def _restart(daemon: Daemon | Target, cluster: Cluster) -> str:
    if daemon.host in cluster.workers:
        return f"bin/cluster up; if {daemon.host} is gone: bin/cluster remove {daemon.host}"
    return f"bin/cluster up; its log is in {cluster.logs_dir}"
