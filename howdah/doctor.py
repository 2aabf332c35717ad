"""`bin/doctor`: everything that stops a job, checked, each with its fix."""

import argparse
import json
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from howdah.errors import HowdahError
from howdah.health import ask
from howdah.models import find_model, model_names, pipeline_of
from howdah.settings import Settings

__all__ = ["parser", "run"]

NEEDED_BYTES = 2 << 30


@dataclass(frozen=True)
class Check:
    """What was looked at and found; ``fix`` is empty where all is well."""

    name: str
    found: str
    fix: str = ""


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
        for check in checks:
            print(f"{'ok ' if not check.fix else 'BAD'}  {check.name:<16} {check.found}")
            if check.fix:
                print(f"{'':<22}try: {check.fix}")
    return int(any(check.fix for check in checks))


def _machine(settings: Settings) -> Iterator[Check]:
    yield Check("python", platform.python_version())
    settings.state.mkdir(parents=True, exist_ok=True)
    for name, folder in (("state folder", settings.state), ("results", Path.cwd())):
        free = shutil.disk_usage(folder).free
        fix = f"free some space on the disk of {folder}" if free < NEEDED_BYTES else ""
        yield Check(name, f"{folder}, {free / 2**30:.1f} GiB free", fix)


def _models(settings: Settings) -> Iterator[Check]:
    for name in model_names(settings.root):
        try:
            model = find_model(settings.root, name, pipeline_of(settings.root, name))
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
    report = ask(settings.cluster)
    for daemon in report.daemons:
        fix = f"bin/cluster up; its log is in {settings.cluster.logs_dir}" if daemon.problem else ""
        yield Check(daemon.name, f"{daemon.address} {daemon.problem or 'answers'}", fix)
    named = [f"{daemon.name} at" for daemon in report.daemons]
    for problem in report.problems:
        if not any(problem.startswith(name) for name in named):
            yield Check("cluster", problem, "bin/cluster status; bin/cluster up")
    if report.capacity:
        share = report.remaining / report.capacity
        fix = "remove old jobs below /howdah/jobs, or add a worker" if share < 0.05 else ""
        yield Check("HDFS", f"{report.remaining / 2**30:.1f} GiB free ({share:.0%})", fix)
