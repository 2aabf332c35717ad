"""Programs timed in turn, round after round, and what is said of their times.

A round in which the machine was noisy counts nothing and is made up for by another, up to twice
as many as were asked for; a single one is a trial, and isn't made up for. Figures are medians over
the rounds, with the least and the most; a ratio is taken within a round and never across two.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bench.machine_noise import Noise, NoiseWatch, worst

__all__ = ["Rounds", "interleave", "over", "say", "seconds", "spread", "table"]

T = TypeVar("T")


@dataclass(frozen=True)
class Rounds(Generic[T]):
    """What each program gave, a round each; all rounds count if none was quiet."""

    values: list[dict[str, T]]
    noise: list[Noise]

    @property
    def kept(self) -> list[dict[str, T]]:
        pairs = zip(self.values, self.noise, strict=True)
        return [values for values, noise in pairs if noise.is_low] or self.values

    def of(self, program: str) -> list[T]:
        """What the program gave in every round that counts."""
        return [values[program] for values in self.kept]

    def __str__(self) -> str:
        noisy = sum(not noise.is_low for noise in self.noise)
        counted = "all counted" if noisy in (0, len(self.noise)) else "left out"
        loads = [noise.load for noise in self.noise]
        return (
            f"{len(self.noise)} rounds, {noisy} noisy, {counted}; load {min(loads):.1f} to"
            f" {max(loads):.1f}, at most {max(noise.stolen for noise in self.noise):.1%} of the"
            f" cores stolen, {max(noise.others for noise in self.noise):.1%} used by others"
        )


def interleave(programs: Mapping[str, Callable[[], T]], rounds: int, ours: str = "") -> Rounds[T]:
    """Run every program in turn, every other round the other way about, until ``rounds`` rounds
    were quiet or twice as many are made; ``ours`` as in Watch. One round is always one."""
    done: Rounds[T] = Rounds([], [])
    most = 2 * rounds if rounds > 1 else rounds
    while sum(noise.is_low for noise in done.noise) < rounds and len(done.noise) < most:
        turn = len(done.noise) + 1
        values, noises = {}, []
        for name in list(programs)[:: 1 if turn % 2 else -1]:
            watch = NoiseWatch(ours)
            values[name] = programs[name]()
            noises.append(watch.end())
            gave = values[name]
            shown = f"{gave:.2f} s" if isinstance(gave, float) else gave
            say(f"round {turn}: {name}: {shown} ({noises[-1]})")
        done.values.append(values)
        done.noise.append(worst(noises))
    return done


def seconds(work: Callable[[], object]) -> float:
    """The time that ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def over(these: Sequence[float], those: Sequence[float]) -> list[float]:
    """The ratios of two figures, round by round."""
    return [this / that for this, that in zip(these, those, strict=True)]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, with the least and the most."""
    low, middle, high = (
        f"{value:,.{digits}f}" for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle} ({low} to {high})"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def say(line: str) -> None:
    """Tell who watches how far the bench is."""
    print(line, file=sys.stderr, flush=True)
