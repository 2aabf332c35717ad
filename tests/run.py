"""`bin/test`: lint and types, then the tests: units, on Hadoop, and in the lab, side by side.

Those of the lab and of Hadoop wait a lot, and the unit tests use the cores meanwhile.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from howdah.errors import HowdahError, UsageError
from howdah.settings import Settings
from tests.durations import DURATIONS, cpu_seconds
from tests.phase import Cost, Phase
from tests.timetable import failures, timetable

__all__ = ["parser", "run"]

# Real texts, written by people, what reads the Vagrantfile, what compiles trees, what watches, and
# what its pages are looked at in
PACKAGES = (
    *("fortunes", "fortunes-zh", "dict-jargon", "vagrant", "gcc", "libc6-dev"),
    *("prometheus", "prometheus-node-exporter", "prometheus-alertmanager", "chromium"),
)
PYTEST = [sys.executable, "-u", "-m", "pytest", "-p", "tests.durations"]


class TestsFailed(HowdahError):
    """A step said no; what it printed says why."""


@dataclass(frozen=True)
class Tests:
    """Tests that run in a pytest of their own; ``nice``: as that command's."""

    name: str
    arguments: list[str]
    nice: int = 0
    environ: Mapping[str, str] = field(default_factory=dict)


UNITS = Tests("units", ["-m", "not hadoop and not lab"], nice=10)
HADOOP = Tests("hadoop", ["-m", "hadoop"], nice=5)
LAB = Tests("lab", ["-m", "lab"])
KINDS = Tests(
    "kinds", ["tests/end_to_end/test_kinds.py", "-m", "hadoop"], environ={"HOWDAH_ALL": "1"}
)
TRIXIE = Tests(
    "trixie",
    ["tests/lab/test_install.py", "tests/lab/test_use.py"],
    environ={"HOWDAH_LAB_RELEASE": "trixie"},
)


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/test",
        description="Check the whole project: lint, types, unit and end-to-end tests.",
        epilog="examples:\n  bin/test\n  bin/test --quick tests/mr\n  bin/test -- -k results",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--quick", action="store_true", help="nothing that needs Hadoop or machines of its own"
    )
    command.add_argument(
        "--all",
        action="store_true",
        help="install on Debian 13 in the lab as well as on 12; every kind of model on Hadoop",
    )
    command.add_argument("pytest", nargs="*", metavar="PYTEST", help="arguments for pytest")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run lint first, then the tests; say at the end, however that is, where the time went."""
    root = settings.root
    signal.signal(signal.SIGINT, _interrupt_once)
    start, busy = time.monotonic(), _busy_seconds()
    costs: dict[str, Cost] = {}
    with TemporaryDirectory(prefix="howdah-test-") as folder:
        try:
            _lint(root)
            _install_packages()
            costs["lint"] = Cost(time.monotonic() - start, cpu_seconds())
            for tests in _turns(args):
                _run_beside(tests, root, Path(folder), costs)
        finally:
            seconds = time.monotonic() - start
            used = (_busy_seconds() - busy) / seconds / (os.cpu_count() or 1)
            noted = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))]
            tests = {name: Cost(*cost) for each in noted for name, cost in each["costs"].items()}
            print(f"\n{timetable(costs, tests)}")
            print(f"{seconds:9.1f} s in all, in which the cores were busy for {used:.0%}")
            print(failures({name: why for each in noted for name, why in each["failures"].items()}))
    return 0


def _interrupt_once(*_: object) -> None:
    """Have the first Ctrl-C end the tests, and let nothing disturb them while they clean up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _turns(args: argparse.Namespace) -> Iterable[list[Tests]]:
    """What runs side by side, one turn after the other."""
    if args.quick:
        yield [Tests("units", [*UNITS.arguments, *args.pytest])]
    elif args.pytest:
        yield [Tests("tests", args.pytest)]
    elif os.geteuid() != 0:
        print("The lab's machines need root: its tests are left out. All of them: sudo bin/test")
        yield [UNITS, HADOOP]
    else:
        yield [UNITS, HADOOP, LAB]
    if args.all:
        yield [KINDS, TRIXIE]


def _run_beside(each: list[Tests], root: Path, folder: Path, costs: dict[str, Cost]) -> None:
    """Run them to their ends, whatever becomes of the others; TestsFailed if one failed."""
    phases: list[Phase] = []
    failed = []
    try:
        for tests in each:
            environ = {DURATIONS: str(folder / f"{tests.name}.json"), **tests.environ}
            print("$", *(f"{k}={v}" for k, v in tests.environ.items()), "pytest", *tests.arguments)
            command = [*PYTEST, *tests.arguments]
            phases.append(Phase(tests.name, command, root, nice=tests.nice, **environ))
        while phases:
            status, costs[phases[0].name] = phases[0].end()
            name = phases.pop(0).name
            print(f"{name}: {'failed' if status else 'passed'}", flush=True)
            failed += [name] if status else []
    except BaseException:
        for phase in phases:
            phase.interrupt()  # their machines and clusters come down
        for phase in phases:
            phase.end()
        raise
    if failed:
        raise TestsFailed(f"failed: {', '.join(failed)}")


def _busy_seconds() -> float:
    """The seconds that all cores together were busy since this machine's start."""
    ticks = list(map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9]))
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / os.sysconf("SC_CLK_TCK")


def _lint(root: Path) -> None:
    """Check the sources, Python's and shells'; TestsFailed at the first complaint."""
    scripts = [*sorted((root / "bin").iterdir()), root / ".ci" / "run"]
    of_roles = sorted((root / "hadoop-setup" / "project" / "roles").glob("*/files/*"))
    python = [path for path in of_roles if path.read_text().startswith("#!/usr/bin/env python3")]
    shells = ("#!/bin/sh", "#!/bin/bash")
    scripts += [path for path in of_roles if path.read_text().startswith(shells)]
    checked = [
        "bench",
        "examples",
        "howdah",
        "lab",
        "metrics",
        "mr",
        "tests",
        "hadoop-setup/project/library",
        *map(str, python),
    ]
    lint = [
        ["ruff", "check", *checked],
        ["ruff", "format", "--check", *checked],
        ["mypy"],
    ]
    for command in lint:
        _step([sys.executable, "-m", *command], root)
    shellcheck = Path(sys.executable).parent / "shellcheck"
    _step([str(shellcheck), *map(str, scripts)], root)


def _step(command: list[str], root: Path) -> None:
    shown = [word.removeprefix(f"{root}/") for word in command]
    print("$", *shown, flush=True)
    environ = os.environ | {"PYTHONPATH": str(root)}
    if subprocess.run(command, cwd=root, env=environ, check=False).returncode:
        raise TestsFailed(f"failed: {' '.join(shown[:4])}")


def _install_packages() -> None:
    missing = [name for name in PACKAGES if not Path(f"/usr/share/doc/{name}").exists()]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise UsageError(
            f"the tests need Debian's {', '.join(missing)}",
            hint=f"sudo apt-get install {' '.join(missing)}",
        )
    for command in ("update", f"install -y --no-install-recommends {' '.join(missing)}"):
        _step(["apt-get", "-qq", *command.split()], Path("/"))
