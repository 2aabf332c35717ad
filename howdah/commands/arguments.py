"""How often a command that goes on looks: what --every takes."""

import argparse
import math
from collections.abc import Callable

__all__ = ["seconds_from"]


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
