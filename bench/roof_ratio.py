"""The mapper and a plain program in turn: how the one's speed compares with the other's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from bench.measured_process import Used, run_child
from bench.report import Bar, Measurement
from bench.rounds import interleave, over, spread
from bench.scoring_cases import ScoringCase, fastest_reader, plain_program, run_mapper
from howdah.settings import ROOT

__all__ = ["first_record", "measure_case", "measure_in_turn"]

ONE = ", one record"


def measure_in_turn(
    name: str,
    whole: Mapping[str, Callable[[], Used]],
    one_record: Mapping[str, Callable[[], Used]],
    rounds: int,
    about: str,
    suite: str = "roof",
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
    figures = {f"{suite}.{name}": median(ratios), f"{suite}.{name}.cpu": median(cpu)}
    return Measurement(figures, row, f"{name}: {about}; {done}", [Bar(name, ratios)])


def measure_case(name: str, case: ScoringCase, rounds: int, suite: str = "roof") -> Measurement:
    """Time the mapper and the plain program that is fastest and gives the same bytes."""
    mapped, plain = case.job / "mapped", case.job / "plain"
    run_mapper(case, case.source, mapped)
    reader = fastest_reader(case, mapped)
    one = first_record(case)

    def roof(source: Path) -> Used:
        return run_child(plain_program(case, reader, source, plain), PYTHONPATH=str(ROOT))

    def mapper(source: Path) -> Used:
        return run_mapper(case, source, mapped)

    return measure_in_turn(
        name,
        {"roof": lambda: roof(case.source), "mapper": lambda: mapper(case.source)},
        {"roof": lambda: roof(one), "mapper": lambda: mapper(one)},
        rounds,
        f"{case.source.stat().st_size / 1e6:.0f} MB, plain reader {reader[0]}",
        suite,
    )


def first_record(case: ScoringCase) -> Path:
    """The first record of a case's input, as a file."""
    one = case.job / f"nothing{case.source.suffix}"
    with case.source.open("rb") as file:
        one.write_bytes(file.readline())
    return one


def _net(whole: list[Used], one_record: list[Used]) -> list[float]:
    """What is left of each round's time without start-up and loading."""
    return [used.wall - bare.wall for used, bare in zip(whole, one_record, strict=True)]
