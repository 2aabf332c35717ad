"""Runs one program of a bench on one core and says what it used."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Used", "machine", "run_child"]


@dataclass(frozen=True)
class Used:
    """What one process used: seconds of wall clock and of CPU, megabytes at its peak."""

    wall: float
    cpu: float
    peak: float


def run_child(
    command: Sequence[object], stdin: Path | None = None, cwd: Path | None = None, **environ: str
) -> Used:
    """Run ``command`` on the last core; raise RuntimeError if it fails."""
    start = time.perf_counter()
    with (stdin or Path(os.devnull)).open("rb") as file:
        child = subprocess.Popen(
            [str(word) for word in command],
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=os.environ | environ,
            preexec_fn=_take_one_core,
        )
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command} ended with {child.returncode}:\n{said.decode()}")
    return Used(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def machine() -> tuple[float, int]:
    """The machine's load average, and its ticks stolen by others since it started."""
    ticks = Path("/proc/stat").read_text().split(maxsplit=9)
    return os.getloadavg()[0], int(ticks[8])


def _take_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
