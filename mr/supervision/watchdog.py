"""Watches a task's model: one that doesn't come back is ended, one that is slow is no idle task.

The watch is a thread. Where it can't run, because C code keeps the interpreter's lock, the timer
ends the task that the thread would have wound up again.
"""

import faulthandler
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread, main_thread
from typing import IO

__all__ = ["LOADING", "PATIENCE", "Watch", "asking", "came_back"]

PATIENCE = 600.0  # seconds that a model may take for one call, unless more is known of it
GRACE = 5.0  # more, for the thread to be the first
REPORT_SECONDS = 5.0

LOADING = 60.0  # seconds that a model may take to load, at least

_asked: list[tuple[str, float]] = []  # the model that is being asked, and since when


@contextmanager
def asking(model: str, *, allowed: float = 0.0) -> Iterator[None]:
    """While a model is loaded or asked, which is ``allowed`` to take some seconds in any case."""
    _asked[:] = [(model, time.monotonic() + allowed)]
    try:
        yield
    finally:
        _asked.clear()


def came_back() -> None:
    """The model has answered, and is asked again."""
    if _asked:
        _asked[:] = [(_asked[0][0], time.monotonic())]


class Watch:
    """Calls ``alive`` every few seconds while a model is at work and, once it has taken longer than
    ``patience`` seconds for one call, ``end`` with what is the matter and where the model is.

    The timer writes where it is to ``log``.
    """

    def __init__(
        self,
        patience: float,
        log: IO[bytes],
        alive: Callable[[], None],
        end: Callable[[str, str], object],
    ) -> None:
        self._patience = patience
        self._log = log
        self._alive = alive
        self._end = end
        self._stopped = Event()
        self._wind_up()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The task's models are done."""
        self._stopped.set()
        self._thread.join()
        faulthandler.cancel_dump_traceback_later()

    def _run(self) -> None:
        told = time.monotonic()
        while not self._stopped.wait(min(1.0, self._patience / 4)):
            self._wind_up()
            now = time.monotonic()
            for model, since in _asked[:]:
                if now - since > self._patience:
                    frame = sys._current_frames()[main_thread().ident or 0]
                    self._end(
                        f"model {model} has not answered for {self._patience:g} s",
                        "".join(traceback.format_stack(frame)),
                    )
                elif now - told > REPORT_SECONDS:
                    told = now
                    self._alive()

    def _wind_up(self) -> None:
        faulthandler.dump_traceback_later(self._patience + GRACE, exit=True, file=self._log)
