"""A cluster's signals on a whole terminal, looked at again and again."""

import os
import textwrap
import threading
import time

from howdah.errors import HowdahError
from howdah.monitoring.snapshot import Snapshot, take_snapshot
from howdah.monitoring.terminal_view import draw
from howdah.settings import Cluster
from howdah.terminal.fullscreen import Screen

__all__ = ["show_live", "title"]


def show_live(cluster: Cluster, period: float) -> None:
    """Look again and again, and draw, until q is pressed."""
    screen = Screen()
    newest: list[Snapshot | Exception] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            try:
                newest[:] = [take_snapshot(cluster)]
            except Exception as error:
                newest[:] = [error]
            screen.wake()
            ended.wait(period)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with screen:
            pressed = ""
            while pressed.lower() != "q":
                columns, rows = screen.size
                screen.draw(_frame(newest[0] if newest else None, columns, rows, period))
                pressed = screen.wait()
    finally:
        ended.set()
        watcher.join()


def _frame(
    newest: Snapshot | Exception | None, columns: int, rows: int, period: float
) -> list[str]:
    """What fits the screen; an error that nobody thought of is raised."""
    if newest and not isinstance(newest, Snapshot | HowdahError):
        raise newest
    styled = "NO_COLOR" not in os.environ
    if isinstance(newest, Snapshot):
        body = [title(newest), *draw(newest, columns, styled=styled)]
    else:
        told = str(newest) if newest else "asking the cluster"
        body = [part for line in told.splitlines() for part in textwrap.wrap(line, columns)]
    help_line = f"q ends it; a look each {period:g} s"
    if len(body) > rows - 1:
        body = [line for line in body if line]
    if len(body) > rows - 1:
        help_line = f"{len(body) - rows + 1} more lines in a higher window; {help_line}"
        body = body[: rows - 1]
    return [*body, help_line[:columns]]


def title(snapshot: Snapshot) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(snapshot.at))}, from {snapshot.source}"
