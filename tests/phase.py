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

from lab.cgroups import own_groups
from tests.durations import CPU

__all__ = ["Cost", "Phase"]

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
        if self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGINT)

    def end(self) -> tuple[int, Cost]:
        """Wait for the command's end; its exit status, and what it cost. May be called once."""
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - self._start
        self._printing.join(LAST_LINES_SECONDS)  # a process that was left may hold the pipe open
        cpu = self._of_group() if self._group else used.ru_utime + used.ru_stime
        return self._process.returncode, Cost(seconds, cpu)

    def _print(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            print(f"{self.name}: {line}", end="", flush=True)

    def _of_group(self) -> float:
        """The CPU seconds of all that came from the command, whoever has waited for it."""
        assert self._group
        used = int((self._group / "cpuacct.usage").read_text()) / 1e9
        with suppress(OSError):  # what a phase has left is still in it
            self._group.rmdir()
        return used


def _make_group(name: str) -> Path | None:
    """A cgroup that counts CPU time, below this process's own; None where none can be made."""
    for kind, own in own_groups("cpuacct"):
        if kind == "cpuacct":
            group = own / f"howdah-test-{name}-{os.getpid()}"
            with suppress(OSError):  # no right to, or no such place in a container
                group.mkdir()
                return group
    return None
