"""`bin/test`: lint, types, unit tests, and end-to-end tests on both runners."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from howdah.errors import HowdahError, UsageError
from howdah.settings import Settings

__all__ = ["parser", "run"]

# Real texts, written by people, and what reads the Vagrantfile
PACKAGES = ("fortunes", "fortunes-zh", "dict-jargon", "vagrant")


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
    command.add_argument("--quick", action="store_true", help="nothing that needs Hadoop")
    command.add_argument("pytest", nargs="*", metavar="PYTEST", help="arguments for pytest")
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run every step; stop at the first that fails."""
    root = settings.root
    scripts = [*sorted((root / "bin").iterdir()), root / ".ci" / "run"]
    scripts += sorted((root / "hadoop-setup" / "project" / "roles").glob("*/files/*"))
    lint = [
        ["ruff", "check", "howdah", "mr", "tests"],
        ["ruff", "format", "--check", "howdah", "mr", "tests"],
        ["mypy"],
    ]
    for command in lint:
        _step([sys.executable, "-m", *command], root)
    shellcheck = Path(sys.executable).parent / "shellcheck"
    _step([str(shellcheck), *map(str, scripts)], root)
    _install_packages()
    tests = ["pytest", *(["-m", "not hadoop"] if args.quick else []), *args.pytest]
    _step([sys.executable, "-m", *tests], root)
    return 0


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
