"""The command line: what can't be understood of it is an error like any other; times on it."""

import argparse
import math
import re
import sys
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from howdah.errors import UsageError

__all__ = ["CommandParser", "moment", "seconds_from"]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class CommandParser(argparse.ArgumentParser):
    """Reads a command's arguments; UsageError for those that it can't read."""

    def error(self, message: str) -> NoReturn:
        """Print the usage, and raise."""
        self.print_usage(sys.stderr)
        raise UsageError(message, hint=f"{self.prog} -h", where=self.prog)


def seconds_from(least: float) -> Callable[[str], float]:
    """A reader of a word of the command line, for argparse: a number of seconds, ``least`` or more.

    It raises argparse's error for what is no such number.
    """

    def read(text: str) -> float:
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan
        if not least <= seconds < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is no number of seconds from {least:g}")
        return seconds

    return read


def moment(text: str, now: float) -> float:
    """Unix seconds of "6h" (so long ago) or of a local time in ISO's form."""
    if ago := re.fullmatch(r"(\d+)([smhd])", text):
        return now - int(ago[1]) * UNITS[ago[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise UsageError(
            f"{text} isn't a time", hint="30m, 6h or 2d ago, or one as 2026-11-21T20:00"
        ) from None
