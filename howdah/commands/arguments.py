"""Times on the command line: how often a command looks, and when something was."""

import argparse
import math
import re
from collections.abc import Callable
from datetime import datetime

from howdah.errors import UsageError

__all__ = ["moment", "seconds_from"]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


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
