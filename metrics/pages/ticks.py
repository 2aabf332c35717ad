"""Round values for a plot's axes."""

import math
import time

from metrics.units import SHARES

__all__ = ["time_ticks", "value_ticks"]

MOST_TIMES = 8
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200,
         86_400, 172_800, 604_800, 1_209_600, 2_419_200)  # fmt: skip


def value_ticks(low: float, high: float, unit: str) -> list[float]:
    """Some four round values around ``low`` to ``high``, 0 among them; shares end at 100 %."""
    low, high = min(low, 0.0), max(high, 0.0)
    whole = SHARES.get(unit, 0.0)
    if low == 0 and 0.2 * whole < high <= whole:
        return [whole * quarter / 4 for quarter in range(5)]
    if low == high:
        high = 1.0
    rough = (high - low) / 4
    scale = _scale(rough, unit)
    size = 10.0 ** math.floor(math.log10(rough / scale))
    nice = (1, 2, 2.5, 5, 10)
    step = next((size * scale * n for n in nice if size * scale * n >= rough), rough)
    if unit in ("none", "short") and high >= 1:  # things that are counted
        step = float(math.ceil(step))
    first, last = math.floor(low / step), math.ceil(high / step)
    return [step * place for place in range(first, last + 1)]


def time_ticks(start: float, end: float) -> list[tuple[float, str]]:
    """Up to eight round times from ``start`` to ``end`` in local time, with their text."""
    fits = (step for step in STEPS if (end - start) / step <= MOST_TIMES)
    step = next(fits, STEPS[-1] * math.ceil((end - start) / STEPS[-1] / MOST_TIMES))
    pattern = "%H:%M:%S" if step < 60 else "%H:%M" if step < 86_400 else "%-d %b"
    zone = time.localtime(start).tm_gmtoff
    ticks, at = [], math.ceil((start + zone) / step) * step - zone
    while at <= end:
        local = time.localtime(at)
        midnight = step >= 60 and local.tm_hour == local.tm_min == 0
        ticks.append((float(at), time.strftime("%-d %b" if midnight else pattern, local)))
        at += step
    return ticks


def _scale(rough: float, unit: str) -> float:
    """What steps of the unit are round in: KiB, minutes, hours."""
    if unit == "bytes":
        return 1024.0 ** max(math.floor(math.log(rough, 1024)), 0)
    if unit == "s":
        return next((size for size in (86_400.0, 3600.0, 60.0) if rough > size / 2), 1.0)
    return 1.0
