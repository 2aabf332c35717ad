"""Watches a task's model: a call that doesn't return ends the task, a slow one is reported as work.

The watchdog is a thread, which starts a timer again and again. Where the thread can't run, because
C code keeps the interpreter's lock, the timer runs out and ends the task.

A model may also be at work in a process of its own, which tells when calls return, and where it is.
"""

import faulthandler
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, main_thread
from typing import IO

from mr.supervision.process import exit_now

__all__ = [
    "CALL_TIMEOUT",
    "LOAD_SECONDS",
    "Watchdog",
    "at_work_elsewhere",
    "call_returned",
    "tell_returns",
    "watched_call",
]

CALL_TIMEOUT = 600.0  # seconds that a model may take for one call, unless more is known of it
GRACE_SECONDS = 5.0  # more, for the thread to be the first
REPORT_SECONDS = 5.0

LOAD_SECONDS = 60.0  # seconds that a model may take to load, at least

_calls: list[tuple[str, float]] = []  # the model that is being called, and since when
_stacks: list[Callable[[], str]] = []  # what tells where it is, if that is another process
_listeners: list[Callable[[], None]] = []


@contextmanager
def watched_call(model: str, *, allowed: float = 0.0) -> Iterator[None]:
    """While a model is loaded or called, which is ``allowed`` to take some seconds in any case."""
    _calls[:] = [(model, time.monotonic() + allowed)]
    process = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != process:
            exit_now(1)  # a fork of the model's that it has returned from: the task is the other's
        _calls.clear()


def call_returned() -> None:
    """The model has returned from one call, and is called again."""
    if _calls:
        _calls[:] = [(_calls[0][0], time.monotonic())]
    for listener in _listeners:
        listener()


def tell_returns(listener: Callable[[], None]) -> None:
    """From now on ``listener`` is told, too, when the model has returned from a call."""
    _listeners.append(listener)


@contextmanager
def at_work_elsewhere(stack: Callable[[], str]) -> Iterator[None]:
    """While a model is at work in another process; ``stack`` ends that, and tells where it was."""
    _stacks[:] = [stack]
    try:
        yield
    finally:
        _stacks.clear()


class Watchdog:
    """Calls ``alive`` every few seconds while a model is at work and, once it has taken longer than
    ``timeout`` seconds for one call, ``end`` with what is the matter and where the model is.

    The timer writes where it is to ``log``.
    """

    def __init__(
        self,
        timeout: float,
        log: IO[bytes],
        alive: Callable[[], None],
        end: Callable[[str, str], object],
    ) -> None:
        self._timeout = timeout
        self._log = log
        self._alive = alive
        self._end = end
        self._stopped = Event()
        self._restart_timer()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The task's models are done."""
        self._stopped.set()
        self._thread.join()
        faulthandler.cancel_dump_traceback_later()

    def _run(self) -> None:
        told = time.monotonic()
        while not self._stopped.wait(min(1.0, self._timeout / 4)):
            self._restart_timer()
            now = time.monotonic()
            for model, since in _calls[:]:
                if now - since > self._timeout:
                    stack = _stacks[0]() if _stacks else _own_stack()
                    self._end(f"model {model} has not answered for {self._timeout:g} s", stack)
                elif now - told > REPORT_SECONDS:
                    told = now
                    self._alive()

    def _restart_timer(self) -> None:
        faulthandler.dump_traceback_later(self._timeout + GRACE_SECONDS, exit=True, file=self._log)


def _own_stack() -> str:
    frame = sys._current_frames()[main_thread().ident or 0]
    return "".join(traceback.format_stack(frame))
