"""When a process began."""

import subprocess
import sys
import time

from tests.conftest import ROOT

TICK = 0.02  # the kernel's hundredths, twice: they are cut off, and so is the time of its boot


def test_a_process_knows_when_it_began() -> None:
    """It began after it was called for, and before it ran a line of Python."""
    program = "import time; now = time.time(); from mr.supervision.process import process_start;"
    program += "print(process_start(), now)"
    called = time.time()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    began, ran = map(float, done.stdout.split())
    assert called - TICK <= began < ran
