"""A Parquet file scored by the mapper, and by a plain program with pyarrow."""

import argparse
import filecmp
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bench import inputs, scoring_cases
from bench.measured_process import Used, run_child
from bench.report import Measurement
from bench.roof_ratio import measure_in_turn
from bench.rounds import say
from howdah.settings import ROOT, Settings
from mr.columnar.footer import read_footer
from mr.columnar.table import COLUMNAR
from mr.spec import SPEC_FILE, Spec
from mr.storage.file_range import FileRange
from mr.storage.whole_files import FileEntry

__all__ = ["NAME", "compare_with_plain"]

NAME = "parquet"
STORED, LIST, MODEL = "00000.txt", "list.txt", "plain.joblib"
WRITERS = ("csv", "join")
GROUP_ROWS = 100_000
LEAST, MOST = 500, 5_000_000  # odd millionths between them are written alike by everybody


def compare_with_plain(args: argparse.Namespace, settings: Settings) -> Measurement:
    """Time mapper and roof in turn, with the whole file and with its first row only."""
    folder = settings.state / "bench"
    model = scoring_cases.make_case("logistic", 1, settings)
    whole = _case(folder / NAME, model, args.rows)
    one_row = _case(folder / f"{NAME}-one", model, 1)
    mapper(whole)
    tried = {writer: plain(whole, writer).wall for writer in WRITERS}
    writer = min(tried, key=lambda name: tried[name])
    (scores,) = (whole / "out" / "scores").iterdir()
    if not filecmp.cmp(whole / "plain", scores, shallow=False):
        raise RuntimeError("the plain program's output isn't the mapper's")
    return measure_in_turn(
        NAME,
        {"roof": lambda: plain(whole, writer), "mapper": lambda: mapper(whole)},
        {"roof": lambda: plain(one_row, writer), "mapper": lambda: mapper(one_row)},
        args.rounds,
        f"{(whole / STORED).stat().st_size / 1e6:.0f} MB, plain writer {writer}",
    )


def mapper(case: Path) -> Used:
    """Have one task score the file as the local runner has it."""
    shutil.rmtree(case / "out", ignore_errors=True)
    return run_child(
        [sys.executable, ROOT / "mr" / "job.py", "--step-num=0", "--mapper"],
        stdin=case / LIST,
        cwd=case,
        PYTHONPATH=str(ROOT),
        mapreduce_task_output_dir=str(case / "out"),
    )


def plain(case: Path, writer: str) -> Used:
    """Have the plain program score it."""
    program = ROOT / "bench" / "plain_columnar.py"
    files = (case / STORED, case / "plain", case / MODEL)
    return run_child([sys.executable, program, writer, *files], PYTHONPATH=str(ROOT))


def _case(folder: Path, model: scoring_cases.ScoringCase, rows: int) -> Path:
    """A folder as a task finds it, with a file of numbers, whole ones and texts beside it."""
    import pyarrow as pa
    from pyarrow import parquet

    say(f"making {rows:,} rows of Parquet")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(model.job, folder)
    random = np.random.default_rng(rows)
    columns: dict[str, Any] = {
        name: (2 * random.integers(LEAST, MOST, rows) + 1) / 1e6 for name in inputs.COLUMNS
    }
    columns |= {"id": np.arange(rows), "city": random.choice(["Bern", "Basel", "Chur"], rows)}
    file = folder / STORED
    parquet.write_table(pa.table(columns), file, row_group_size=GROUP_ROWS)
    shutil.copy2(model.files[0], folder / MODEL)
    with file.open("rb") as opened:
        footer = read_footer(opened)
    options = {"format": COLUMNAR, "delimiter": "", "columns": [*columns]}
    spec = Spec(
        "tabular",
        options=options,
        files=str(folder),
        ranges=True,
        footers={STORED: footer.sha256},
    )
    spec.write(folder / SPEC_FILE)
    size = file.stat().st_size
    (folder / LIST).write_bytes(FileRange(FileEntry(STORED, size), 0, size).line())
    return folder
