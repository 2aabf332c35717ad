"""The mapper against the roof: one core, the same bytes in and out.

The roof (``tests.bench.straight``) parses, predicts and formats in one plain process, with
the reader and the block size that are fastest here, and counts, rejects and sums up nothing.
"""

import argparse
import filecmp
import json
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mr.spec import MODEL_FILE, SPEC_FILE, Spec
from tests.bench import inputs
from tests.bench.child import Used, machine, run_child

__all__ = ["ABOUT", "NAMES", "run"]

ABOUT = "the mapper's speed against a plain program's, and its peak memory"
NAMES = ("logistic", "boosted", "text", "memory")

MEMORY_BYTES = 2 << 30
TABLE_READERS = [
    (reader, size) for reader in ("simdjson", "pyarrow", "pandas") for size in (1 << 20, 0)
]
TEXT_READERS = [("text", size) for size in (1 << 20, 0)]


@dataclass(frozen=True)
class Case:
    """An input, the job that scores it, and the plain programs that could."""

    name: str
    source: Path
    job: Path
    models: Sequence[Path]
    readers: Sequence[tuple[str, int]]


@dataclass(frozen=True)
class Work:
    """The folder and the checkout that programs are run from."""

    folder: Path
    root: Path

    def mapper(self, case: Case, source: Path) -> Used:
        """Score ``source`` as the local runner has a task do it."""
        shutil.rmtree(self.folder / "mapper", ignore_errors=True)
        return run_child(
            [sys.executable, self.root / "mr" / "job.py", "--step-num=0", "--mapper"],
            stdin=source,
            cwd=case.job,
            PYTHONPATH=str(self.root),
            mapreduce_map_input_file=f"file://{self.folder}/part.{source.suffix}",
            mapreduce_map_input_start="0",
            mapreduce_map_input_length=str(source.stat().st_size),
            mapreduce_task_output_dir=str(self.folder / "mapper"),
        )

    @property
    def mapped(self) -> Path:
        (scores,) = (self.folder / "mapper" / "scores").iterdir()
        return scores

    @property
    def plain(self) -> Path:
        return self.folder / "plain"

    def straight(self, case: Case, reader: str, size: int, source: Path) -> Used:
        """Score ``source`` with the plain program."""
        program = self.root / "tests" / "bench" / "straight.py"
        return run_child(
            [sys.executable, program, reader, size, source, self.plain, *case.models],
            PYTHONPATH=str(self.root),
        )


def run(args: argparse.Namespace, folder: Path, root: Path) -> int:
    """Measure what ``args.only`` names, or everything."""
    work = Work(folder, root)
    cases = {"logistic": _logistic, "boosted": _boosted, "text": _text}
    figures: dict[str, float] = {}
    say: Callable[[str], None] = (
        (lambda line: print(line, file=sys.stderr)) if args.json else (lambda line: print(line))
    )
    for name, make in cases.items():
        if args.only in (None, name):
            case = make(work, args.rows)
            wall, cpu = _compare(work, case, args.rounds, say)
            figures |= {f"roof.{name}": round(wall, 3), f"roof.{name}.cpu": round(cpu, 3)}
    if args.only in (None, "memory"):
        figures["memory.mb"] = round(_memory(work, say))
    if args.json:
        print(json.dumps(figures))
    return 0


def _logistic(work: Work, count: int) -> Case:
    return _table(work, "logistic", inputs.logistic(work.folder), count)


def _boosted(work: Work, count: int) -> Case:
    return _table(work, "boosted", inputs.boosted(work.folder), count)


def _table(work: Work, name: str, model: Path, count: int) -> Case:
    (model.parent / MODEL_FILE).write_text(inputs.manifest(model))
    options = {"format": "csv", "delimiter": ",", "columns": inputs.COLUMNS}
    Spec("tabular", options=options).write(model.parent / SPEC_FILE)
    source = inputs.rows(work.folder, count)
    return Case(name, source, model.parent, [model], TABLE_READERS)


def _text(work: Work, count: int) -> Case:
    import joblib

    job = work.folder / "text"
    shutil.copytree(work.root / "models" / "moderation", job, dirs_exist_ok=True)
    Spec("moderation").write(job / SPEC_FILE)
    models = [job / "model.joblib", job / "vectorizer.joblib"]
    source = inputs.texts(work.folder, count, sorted(joblib.load(models[1]).vocabulary_))
    return Case("text", source, job, models, TEXT_READERS)


def _compare(
    work: Work, case: Case, rounds: int, say: Callable[[str], None]
) -> tuple[float, float]:
    """Time mapper and roof in turn; return the roof's median over the mapper's, of wall clock
    and of CPU, both of whole processes."""
    work.mapper(case, case.source)
    say(f"## {case.name}: {case.source.stat().st_size / 1e6:.0f} MB")
    tried = {}
    for reader, size in case.readers:
        used = work.straight(case, reader, size, case.source)
        same = filecmp.cmp(work.plain, work.mapped, shallow=False)
        tried[reader, size] = used.wall
        block = f"{size >> 20} MiB blocks" if size else "one block"
        say(f"plain, {reader}, {block}: {used.wall:.2f} s{'' if same else ', OTHER BYTES'}")
        if not same:
            del tried[reader, size]
    if not tried:
        raise RuntimeError("no plain program's output is the mapper's")
    best = min(tried, key=lambda choice: tried[choice])
    nothing = work.folder / f"nothing{case.source.suffix}"
    with case.source.open("rb") as file:
        nothing.write_bytes(file.readline())
    programs = {
        "roof": lambda source: work.straight(case, *best, source),
        "mapper": lambda source: work.mapper(case, source),
    }
    whole: dict[str, list[Used]] = {name: [] for name in programs}
    bare: dict[str, list[Used]] = {name: [] for name in programs}
    load, stolen = machine()
    for _ in range(rounds):
        for name, program in programs.items():
            bare[name].append(program(nothing))
            whole[name].append(program(case.source))
    say("| | whole process, s | CPU, s | start-up and load, s | net, s | peak, MB |")
    say("| --- | --- | --- | --- | --- | --- |")
    for name in programs:
        walls = [used.wall for used in whole[name]]
        say(
            f"| {name} | {_median(walls):.2f} ({min(walls):.2f} to {max(walls):.2f})"
            f" | {_median([used.cpu for used in whole[name]]):.2f}"
            f" | {_median([used.wall for used in bare[name]]):.2f}"
            f" | {_net(whole[name], bare[name]):.2f}"
            f" | {max(used.peak for used in whole[name]):.0f} |"
        )
    wall, cpu = _ratio(whole, _wall), _ratio(whole, _cpu)
    net = _net(whole["roof"], bare["roof"]) / _net(whole["mapper"], bare["mapper"])
    say(
        f"roof/mapper: {wall:.2f} whole process, {cpu:.2f} of its CPU, {net:.2f} net"
        f" ({rounds} rounds; load {load:.1f} before, {machine()[0]:.1f} after;"
        f" {machine()[1] - stolen} ticks stolen)"
    )
    return wall, cpu


def _memory(work: Work, say: Callable[[str], None]) -> float:
    """Return the peak memory, in MB, of a task with 2 GB of rows."""
    case = _logistic(work, 1_000_000)
    large = work.folder / "large.csv"
    try:
        with large.open("wb") as file:
            while file.tell() < MEMORY_BYTES:
                with case.source.open("rb") as part:
                    shutil.copyfileobj(part, file, 1 << 20)
        used = work.mapper(case, large)
        gigabytes = large.stat().st_size / 1e9
    finally:
        large.unlink()
        shutil.rmtree(work.folder / "mapper", ignore_errors=True)
    say(f"memory: {used.peak:.0f} MB at the peak of {gigabytes:.1f} GB in {used.wall:.0f} s")
    return used.peak


def _wall(used: Used) -> float:
    return used.wall


def _cpu(used: Used) -> float:
    return used.cpu


def _ratio(runs: dict[str, list[Used]], of: Callable[[Used], float]) -> float:
    return _median(list(map(of, runs["roof"]))) / _median(list(map(of, runs["mapper"])))


def _net(whole: list[Used], bare: list[Used]) -> float:
    return _median([used.wall for used in whole]) - _median([used.wall for used in bare])


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)
