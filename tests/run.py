"""`bin/test`: lint, types, unit tests, and end-to-end tests on both runners."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from howdah.errors import HowdahError, UsageError
from howdah.settings import Settings

__all__ = ["parser", "run"]

# Real texts, written by people, what reads the Vagrantfile, what compiles trees, what watches, and
# what its pages are looked at in
PACKAGES = (
    *("fortunes", "fortunes-zh", "dict-jargon", "vagrant", "gcc", "libc6-dev"),
    *("prometheus", "prometheus-node-exporter", "prometheus-alertmanager", "chromium"),
)
PYTEST = [sys.executable, "-m", "pytest"]


class TestsFailed(HowdahError):
    """A step said no; what it printed says why."""


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
    """Run every step; stop at the first that fails."""
    root = settings.root
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
    _install_packages()
    if args.quick:
        _step([*PYTEST, "-m", "not hadoop and not lab", *args.pytest], root)
    elif os.geteuid() != 0:
        print("The lab's machines need root: its tests are left out. All of them: sudo bin/test")
        _step([*PYTEST, "-m", "not lab", *args.pytest], root)
    elif args.pytest:
        _step([*PYTEST, *args.pytest], root)
    else:
        with _beside([*PYTEST, "-m", "lab"], root):
            _step([*PYTEST, "-m", "not lab"], root)
    if args.all:
        kinds = ["pytest", "tests/end_to_end/test_kinds.py", "-m", "hadoop"]
        _step([sys.executable, "-m", *kinds], root, HOWDAH_ALL="1")
        again = ["pytest", "tests/lab/test_install.py", "tests/lab/test_use.py"]
        _step([sys.executable, "-m", *again], root, HOWDAH_LAB_RELEASE="trixie")
    return 0


def _step(command: list[str], root: Path, **environ: str) -> None:
    shown = [word.removeprefix(f"{root}/") for word in command]
    print("$", *(f"{name}={value}" for name, value in environ.items()), *shown, flush=True)
    environ = os.environ | {"PYTHONPATH": str(root)} | environ
    if subprocess.run(command, cwd=root, env=environ, check=False).returncode:
        raise TestsFailed(f"failed: {' '.join(shown[:4])}")


@contextmanager
def _beside(command: list[str], root: Path) -> Iterator[None]:
    """Run a step meanwhile, and print afterwards what it said: the lab's tests mostly wait."""
    environ = os.environ | {"PYTHONPATH": str(root)}
    with TemporaryFile("w+") as said:
        step = subprocess.Popen(command, cwd=root, env=environ, stdout=said, stderr=said)
        try:
            yield
        except BaseException:
            step.send_signal(signal.SIGINT)  # it takes its machines down
            raise
        finally:
            step.wait()
            said.seek(0)
            print("$", *command, flush=True)
            print(said.read(), flush=True)
    if step.returncode:
        raise TestsFailed(f"failed: {' '.join(command)}")


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
