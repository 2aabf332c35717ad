"""Runs one program of a bench on one core and says what it used.

Between the bench and the program stands a small process (this file, as a script): a child's
peak memory is never said to be less than its parent's was when it forked.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Used", "run_child"]


@dataclass(frozen=True)
class Used:
    """What one process used: seconds of wall clock and of CPU, megabytes at its peak."""

    wall: float
    cpu: float
    peak: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s, {self.cpu:.2f} of CPU"


def run_child(
    command: Sequence[object], stdin: Path | None = None, cwd: Path | None = None, **environ: str
) -> Used:
    """Run ``command`` on the last core; raise RuntimeError if it fails."""
    with (stdin or Path(os.devnull)).open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-IS", __file__, *map(str, command)],
            stdin=file,
            capture_output=True,
            cwd=cwd,
            env=os.environ | environ,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stderr.decode()}")
    return Used(*json.loads(done.stdout))


def _measure(command: list[str]) -> int:
    """Run ``command`` and print what it used; return its exit status."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    print(json.dumps([wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_measure(sys.argv[1:]))
