"""A progress bar on a terminal's stderr; silent when that is a file or a pipe."""

import sys
import time

__all__ = ["ProgressBar"]

WIDTH = 30
REDRAW_SECONDS = 0.1


class ProgressBar:
    """Shows how far something of ``total`` units is; None: a share is shown as it is told."""

    def __init__(self, title: str, total: int | None, *, shown: bool = True) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._drawn = 0.0
        self._live = shown and sys.stderr.isatty()

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def add(self, units: int) -> None:
        """Count ``units`` more as done."""
        self._done += units
        if self._total:
            self.show(self._done / self._total)
        else:
            self.show(0, f"{self._done >> 20} MiB")

    def show(self, share: float, note: str = "") -> None:
        """Draw the bar at ``share`` (0 to 1)."""
        now = time.monotonic()
        if not self._live or now - self._drawn < REDRAW_SECONDS:
            return
        self._drawn = now
        filled = int(share * WIDTH)
        bar = "=" * filled + " " * (WIDTH - filled)
        line = f"\r\033[K{self._title} [{bar}] {share:4.0%} {note}"
        print(line, end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the bar away, so that a line can be printed."""
        if self._live and self._drawn:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
