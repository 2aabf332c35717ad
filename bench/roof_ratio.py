"""The mapper and a plain program in turn: how the one's speed compares with the other's."""

from collections.abc import Callable, Mapping
from statistics import median

from bench.measured_process import Used
from bench.report import Bar, Measurement
from bench.rounds import interleave, over, spread

__all__ = ["measure_in_turn"]

ONE = ", one record"


def measure_in_turn(
    name: str,
    whole: Mapping[str, Callable[[], Used]],
    one_record: Mapping[str, Callable[[], Used]],
    rounds: int,
    about: str,
) -> Measurement:
    """Time "roof" and "mapper" with the ``whole`` input and with its first record only, which tells
    what start-up and loading take; ``about``: what is measured, for the note."""
    bare = {f"{program}{ONE}": measure for program, measure in one_record.items()}
    done = interleave({**bare, **whole}, rounds)
    roofs, mappers = done.of("roof"), done.of("mapper")
    ratios = over([used.wall for used in roofs], [used.wall for used in mappers])
    cpu = over([used.cpu for used in roofs], [used.cpu for used in mappers])
    net = over(_net(roofs, done.of(f"roof{ONE}")), _net(mappers, done.of(f"mapper{ONE}")))
    row = [
        name,
        spread([used.wall for used in roofs]),
        spread([used.wall for used in mappers]),
        *(spread(values) for values in (ratios, cpu, net)),
        f"{max(used.peak for used in mappers):.0f}",
    ]
    figures = {f"roof.{name}": median(ratios), f"roof.{name}.cpu": median(cpu)}
    return Measurement(figures, row, f"{name}: {about}; {done}", [Bar(name, ratios)])


def _net(whole: list[Used], one_record: list[Used]) -> list[float]:
    """What is left of each round's time without start-up and loading."""
    return [used.wall - bare.wall for used, bare in zip(whole, one_record, strict=True)]
