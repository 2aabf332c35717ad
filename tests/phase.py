"""A command of ``bin/test`` that runs beside others: what it prints, how it ends, what it costs."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from tests.durations import CPU

__all__ = ["Cost", "Phase"]

CPU_GROUPS = Path("/sys/fs/cgroup/cpuacct")
LAST_LINES_SECONDS = 5


@dataclass(frozen=True)
class Cost:
    """Seconds from a command's start to its end, and the CPU seconds of all its processes."""

    seconds: float
    cpu: float


class Phase:
    """Starts a command, and prints each line that it writes at once, behind the phase's name.

    The command has a session of its own: an interrupt reaches it through ``interrupt`` alone, and
    so only once.
    """

    def __init__(
        self, name: str, command: Sequence[str], root: Path, *, nice: int = 0, **environ: str
    ) -> None:
        self.name = name
        self._start = time.monotonic()
        self._group = _make_group(name)
        words = ["nice", f"--adjustment={nice}", *command]
        if self._group:
            enter = 'echo $$ > "$0" && exec "$@"'
            words = ["sh", "-c", enter, str(self._group / "cgroup.procs"), *words]
            environ[CPU] = str(self._group / "cpuacct.usage")
        self._process = subprocess.Popen(
            words,
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)} | environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._printing = Thread(target=self._print, daemon=True)
        self._printing.start()

    def interrupt(self) -> None:
        """Ask the command to end; its tests take their machines and clusters down."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, Cost]:
        """Wait for the command's end; its exit status, and what it cost."""
        status = self._process.wait()
        seconds = time.monotonic() - self._start
        self._printing.join(LAST_LINES_SECONDS)  # a process that was left may hold the pipe open
        return status, Cost(seconds, self._cpu_seconds())

    def _print(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            print(f"{self.name}: {line}", end="", flush=True)

    def _cpu_seconds(self) -> float:
        if not self._group:
            return 0.0
        used = int((self._group / "cpuacct.usage").read_text()) / 1e9
        with suppress(OSError):  # what a phase has left is still in it
            self._group.rmdir()
        return used


def _make_group(name: str) -> Path | None:
    """A cgroup that counts CPU time; none where this user can't make any."""
    group = CPU_GROUPS / f"howdah-test-{name}-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        return None
    return group
