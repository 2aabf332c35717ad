"""A terminal's whole screen, while a command shows something that changes."""

import os
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Sequence
from types import FrameType

__all__ = ["Screen"]

ENTER = "\033[?1049h\033[?25l"  # another screen, without a cursor
LEAVE = "\033[?25h\033[?1049l"


class Screen:
    """Takes the terminal of stdin and stdout, and leaves it as it was, however the command ends."""

    def __init__(self) -> None:
        self._keys = sys.stdin.fileno()
        self._wakes, self._woken = os.pipe()
        os.set_blocking(self._woken, False)

    def __enter__(self) -> "Screen":
        self._before = termios.tcgetattr(self._keys)
        handlers = {
            signal.SIGWINCH: lambda number, frame: None,  # it wakes whoever waits
            signal.SIGTERM: self._end,
            signal.SIGTSTP: self._pause,
        }
        self._handlers = {number: signal.signal(number, one) for number, one in handlers.items()}
        self._wakeup = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        self._give()
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    @property
    def size(self) -> os.terminal_size:
        """Columns and lines."""
        return shutil.get_terminal_size()

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines, which fit, instead of those before."""
        body = "\n".join(f"{line}\033[K" for line in lines)
        sys.stdout.write(f"\033[H{body}\033[J")
        sys.stdout.flush()

    def wait(self) -> str:
        """The key that is pressed; "" when woken or when the terminal's size changes."""
        ready, _, _ = select.select([self._keys, self._wakes], [], [])
        if self._wakes in ready:
            os.read(self._wakes, 1000)
        if self._keys not in ready:
            return ""
        pressed = os.read(self._keys, 100)
        if not pressed:  # the terminal has gone
            raise SystemExit(128 + signal.SIGHUP)
        return pressed.decode(errors="replace")

    def wake(self) -> None:
        """Let ``wait`` return; from any thread."""
        os.write(self._woken, b"\0")

    def _take(self) -> None:
        tty.setcbreak(self._keys)
        sys.stdout.write(ENTER)
        sys.stdout.flush()

    def _give(self) -> None:
        sys.stdout.write(LEAVE)
        sys.stdout.flush()
        termios.tcsetattr(self._keys, termios.TCSADRAIN, self._before)

    def _end(self, number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    def _pause(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: the shell gets its terminal, and this comes back with fg."""
        self._give()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._pause)
        self._take()
