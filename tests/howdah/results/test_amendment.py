"""Random jobs whose rejected records are amended, again and again, against plain lists."""

import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from howdah.hadoop.store import LocalStore
from howdah.jobs.record import Job, State
from howdah.jobs.stored_input import Input
from howdah.results.amendment import amend, weave_scores
from howdah.results.extreme_records import write_extremes
from howdah.results.finished_job import FinishedJob
from howdah.results.merge import merge_scores
from howdah.settings import Runner
from mr import summary
from mr.scoring.running_summary import RunningSummary, example

EXAMPLES = int(os.environ.get("HOWDAH_EXAMPLES", "100"))
LABELS = ("no", "yes")

# A record is scored (by how many units) or rejected: for a reason, which may be one that stays
RECORDS = st.one_of(st.integers(-30, 30), st.sampled_from(["odd: x", "odd", "blank line"]))
PARTS = st.lists(st.lists(RECORDS, max_size=6), min_size=1, max_size=4)


def line_of(name: str, score: int) -> bytes:
    sign = "-" if score < 0 else ""
    return f"{name}\t{sign}{abs(score) / 10:.1f}\t{LABELS[score > 0]}\n".encode()


def examples(
    part: str, offsets: list[int], names: list[str], rows: Sequence[int]
) -> list[dict[str, Any]]:
    return [example(part, offsets[row], names[row].encode()) for row in rows]


def finished(folder: Path, parts: list[list[tuple[str, Any]]], amends: str = "") -> FinishedJob:
    """A job as its tasks leave it: of each part the records, by name, in two inputs."""
    job = Job(
        id=folder.name, state=State.DONE, runner=Runner.LOCAL, pipeline="tabular", model="m",
        identity="", created=0, columns=("name", "score", "label"), decimals=1, amends=amends,
        options={"format": "csv", "columns": ["name"], "delimiter": ",", "header": False},
        predicted={"kind": "binary", "score": "score", "label": "label", "classes": {}},
        inputs=tuple(
            Input(f"{number}.csv", f"{number:05d}.txt", lines=sum(map(len, parts[number::2])))
            for number in range(2)
        ),
    )  # fmt: skip
    partials = []
    for number, records in enumerate(parts):
        part = f"{number % 2:05d}-{number // 2:015d}"
        running = RunningSummary(LABELS, 1)
        scored = [(name, score) for name, score in records if isinstance(score, int)]
        rejects = [each for each in enumerate(records) if not isinstance(each[1][1], int)]
        if scored:
            offsets = [place for place, each in enumerate(records) if isinstance(each[1], int)]
            names = [name for name, _ in scored]
            running.add(
                np.array([score for _, score in scored]),
                np.array([score > 0 for _, score in scored], np.intp),
                partial(examples, part, offsets, names),
            )
        tsv = b"".join(line_of(*each) for each in scored)
        rejected = "".join(
            f"{why}\t{place}\t{place}\t{place}\t{name}\n" for place, (name, why) in rejects
        ).encode()
        for kind, data in (("scores", tsv), ("rejected", rejected)):
            path = folder / "output" / kind / part
            path.parent.mkdir(parents=True, exist_ok=True)
            if data:
                path.write_bytes(data)
        counts = {
            "scored": len(scored), "rejected": len(rejects), "scores_bytes": len(tsv),
            "bytes": len(records), "lines": len(records), "scores_crc": zlib.crc32(tsv),
            "rejected_bytes": len(rejected), "rejected_crc": zlib.crc32(rejected),
        }  # fmt: skip
        reasons = Counter(why.partition(":")[0] for _, (_, why) in rejects)
        partials.append(running.partial() | {"rejected": dict(reasons), "parts": {part: counts}})
    return FinishedJob(job, summary.merge(partials), LocalStore(folder))


def in_input_order(parts: list[list[tuple[str, Any]]]) -> list[tuple[str, Any]]:
    return [record for first in range(2) for part in parts[first::2] for record in part]


@settings(max_examples=EXAMPLES)
@given(PARTS, st.data())
def test_amended_records_stand_where_they_belong(parts: list[list[Any]], data: Any) -> None:
    """Scores, rejects, summary and extreme records are those of the input as mended, whatever
    its parts and those of the amendments are."""
    names = iter(range(100))
    now = [[(f"r{next(names)}", record) for record in part] for part in parts]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        jobs = [finished(folder / "j0", now)]
        for number in range(1, data.draw(st.integers(1, 3)) + 1):
            open_ = [name for name, record in in_input_order(now) if record in ("odd: x", "odd")]
            mended = {name: data.draw(RECORDS) for name in open_}
            cut = data.draw(st.integers(0, len(open_)))
            halves = [
                [(name, mended[name]) for name in half] for half in (open_[:cut], open_[cut:])
            ]
            jobs.append(
                finished(folder / f"j{number}", [halves[0], [], halves[1]], f"j{number - 1}")
            )
            now = [[(name, mended.get(name, record)) for name, record in part] for part in now]
        whole = finished(folder / "whole", now)
        first = jobs[0]
        merge_scores(first.job, first.partial, first.store, folder / "first", lambda _: None)
        amended = amend(jobs, folder, lambda _: None)
        weave_scores(first, amended, folder / "first", folder / "scores.tsv")
        scores = (folder / "scores.tsv").read_bytes().split(b"\n", 1)[1]
        records = in_input_order(now)
        assert scores == b"".join(line_of(*each) for each in records if isinstance(each[1], int))
        assert [reject.row.decode().split("\t")[0::4] for reject in amended.rejected] == [
            [why, f"{name}\n"] for name, why in records if not isinstance(why, int)
        ]
        merged = summary.finish(amended.partial, 1)
        assert merged == summary.finish(whole.partial, 1)
        count = data.draw(st.integers(1, 5))
        write_extremes(first.job, amended.partial, amended.rejected, folder / "scores.tsv", count)
        for name, sign in (("highest.tsv", -1), ("lowest.tsv", 1)):
            ranked = sorted(
                (each for each in records if isinstance(each[1], int)), key=lambda r: sign * r[1]
            )
            places = {
                each[0]: f"{file}.csv\t{place + 1}\n"
                for file in range(2)
                for place, each in enumerate(record for part in now[file::2] for record in part)
            }
            told = (folder / name).read_bytes().decode().splitlines(keepends=True)[1:]
            assert told == [
                line_of(*each).decode().rstrip("\n") + "\t" + places[each[0]]
                for each in ranked[:count]
            ]
