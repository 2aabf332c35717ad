"""How often a command that goes on looks: what --every takes."""

import argparse
import math

__all__ = ["seconds_between_looks"]

SHORTEST = 1.0  # seconds


def seconds_between_looks(text: str) -> float:
    """Read a word of the command line; raises argparse's error for what is no such number."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not SHORTEST <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from {SHORTEST:g}")
    return seconds
