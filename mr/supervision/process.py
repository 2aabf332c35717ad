"""This process: when it began (before its interpreter, which is a part of it), what memory it has
had, and how it ends."""

import ctypes
import gc
import os
import signal
import sys
import time
from os import _exit as exit_now
from pathlib import Path
from typing import NoReturn

__all__ = [
    "collect_rarely",
    "end_with",
    "exit_now",
    "exit_task",
    "kill_children",
    "peak_memory_mb",
    "process_start",
    "raise_on_exit",
]

MADE_BETWEEN_COLLECTIONS = 50_000  # a block's records are as many objects, and in no cycles
PR_SET_PDEATHSIG = 1


def process_start() -> float:
    """Unix seconds, to the kernel's hundredth; a shell that was replaced by ``exec`` counts."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # starttime, see proc(5)
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot


def peak_memory_mb() -> int:
    """The most memory that this program has had, not counting what was there before ``exec``."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) >> 10


def collect_rarely() -> None:
    """What is there now stays, model and libraries: the collector needn't walk through it again."""
    gc.freeze()
    gc.set_threshold(MADE_BETWEEN_COLLECTIONS)


def end_with(parent: int) -> None:
    """Have the kernel kill this process when ``parent``, which has started it, ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was quicker
        exit_now(1)


def raise_on_exit() -> None:
    """Have ``os._exit`` raise SystemExit in this process: a model's would leave no trace of where
    that was, and with status 0 no sign that anything is wrong."""
    process = os.getpid()

    def told(status: int) -> NoReturn:
        if os.getpid() == process:
            raise SystemExit(f"os._exit({status})")
        exit_now(status)

    os._exit = told


def kill_children() -> None:
    """Kill the processes that a model has left at work."""
    if multiprocessing := sys.modules.get("multiprocessing"):
        for child in multiprocessing.active_children():
            child.kill()


def exit_task(status: int) -> NoReturn:
    """End this process, without waiting for threads that a model has left at work."""
    import threading

    others = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
    if not all(thread.daemon for thread in others):
        exit_now(status)
    sys.exit(status)
