"""When this process began: before its interpreter, which is a part of what it takes."""

import os
import time
from pathlib import Path

__all__ = ["process_start"]


def process_start() -> float:
    """Unix seconds, to the kernel's hundredth; a shell that was replaced by ``exec`` counts."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # starttime, see proc(5)
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot
