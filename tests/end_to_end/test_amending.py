"""Rejected records mended and submitted again: the results are those of the input as mended."""

import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.conftest import Howdah

BAD = {3: "x", 4: "", 250: "?", 599: "none", 600: "x", 1199: "-"}  # ages, by record
STILL_BAD = 250


@pytest.fixture
def model(add_model: Callable[..., str]) -> str:
    rows = [[float(number % 60), float(number % 7)] for number in range(200)]
    fitted = make_pipeline(StandardScaler(), LogisticRegression())
    fitted.fit(rows, [number % 3 == 0 for number in range(200)])
    return add_model(fitted, "--features", "age,visits")


def table(mended: dict[int, str]) -> list[list[str]]:
    return [
        [f"c{number}", mended.get(number, str(20 + number % 50)), str(number % 9), f"a,{number}"]
        for number in range(1200)
    ]


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([["id", "age", "visits", "note"], *rows])


def mend(path: Path, ages: dict[str, str]) -> None:
    """Change the ages of some ids, as a spreadsheet would."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame["age"] = [ages.get(id, age) for id, age in zip(frame["id"], frame["age"], strict=True)]
    frame.to_csv(path, index=False)


def without_places(summary: dict[str, Any]) -> dict[str, Any]:
    """Mended records are of other lengths, and so are the offsets behind them."""
    for told in summary["highest"]:
        del told["offset"]
    return summary


def test_amended_results_are_those_of_the_mended_input(howdah: Howdah, model: str) -> None:
    """Two files in several splits, some of whose records are amended, one of them twice."""
    rows = table(BAD)
    for number in range(2):
        write(howdah.cwd / f"{number}.csv", rows[600 * number :][:600])
    options = ("--model", model, "--keep", "note,id", "--max-rejected", 1)
    first = howdah.submit("0.csv", "1.csv", "--splits", 4, *options)["job"]
    howdah("getresults", first, "--rejected-as", "csv")
    rejected = howdah.cwd / "results" / first / "rejected.csv"
    bad = [",".join(row) for number, row in enumerate(rows) if number in BAD]
    assert rejected.read_text().splitlines()[0] == "id,age,visits,note"
    assert len(rejected.read_text().splitlines()) == len(bad) + 1

    mended = howdah.cwd / "mended.csv"
    mended.write_bytes(rejected.read_bytes())
    mend(mended, {f"c{number}": str(20 + number % 50) for number in BAD if number != STILL_BAD})
    second = howdah.submit("mended.csv", "--amends", first, "--max-rejected", 1)["job"]
    howdah("getresults", second, "--examples", 5)
    results = howdah.cwd / "results" / second
    told = json.loads((results / "run.json").read_text())
    assert (told["amends"]["job"], told["amends"]["amended"]) == (first, len(BAD) - 1)
    assert [source["name"] for source in told["inputs"]] == ["0.csv", "1.csv"]

    for number in range(2):
        write(howdah.cwd / f"{number}.csv", table({STILL_BAD: "?"})[600 * number :][:600])
    here = replace(howdah, runner="local")
    job = here.submit("0.csv", "1.csv", *options)["job"]
    here("getresults", job, "--examples", 5)
    whole = howdah.cwd / "results" / job
    for name in ("scores.tsv", "highest.tsv", "lowest.tsv"):
        assert (results / name).read_bytes() == (whole / name).read_bytes()
    summaries = [
        without_places(json.loads((folder / "summary.json").read_text()))
        for folder in (results, whole)
    ]
    assert summaries[0] == summaries[1]
    left, same = ((f / "rejected.tsv").read_text().splitlines() for f in (results, whole))
    assert [line.split("\t")[:3] for line in left] == [line.split("\t")[:3] for line in same]
    if howdah.runner == "local":
        check_formats(howdah, second)
        check_chain(howdah, second, rows)
        check_refused(howdah, first, mended)


def check_formats(howdah: Howdah, job: str) -> None:
    """Other formats hold what the TSV does, beside it."""
    for form in (["csv", "--gzip"], ["parquet"], ["jsonl"]):
        howdah("getresults", job, "--format", *form)
    folder = howdah.cwd / "results" / job
    tsv = pd.read_csv(folder / "scores.tsv", sep="\t", dtype={"id": str, "note": str})
    assert list(tsv) == ["note", "id", "score", "label"]
    pd.testing.assert_frame_equal(pd.read_csv(folder / "scores.csv.gz"), tsv)
    assert pd.read_parquet(folder / "scores.parquet").to_dict("records") == [
        row | {"label": str(row["label"])} for row in tsv.to_dict("records")
    ]
    lines = (folder / "scores.jsonl").read_text().splitlines()
    assert [json.loads(line)["score"] for line in lines] == list(tsv["score"])
    assert gzip.decompress((folder / "scores.csv.gz").read_bytes()).count(b"\n") == len(tsv) + 1
    told = json.loads((folder / "run.json").read_text())
    assert told["formats"] == ["tsv", "csv.gz", "parquet", "jsonl"]


def check_chain(howdah: Howdah, job: str, rows: list[list[str]]) -> None:
    """What an amendment has left rejected is amended, too."""
    howdah("getresults", job, "--rejected-as", "input")
    mended = howdah.cwd / "last.csv"
    mended.write_bytes((howdah.cwd / "results" / job / "rejected.csv").read_bytes())
    mend(mended, {f"c{STILL_BAD}": "33"})
    last = howdah.submit("last.csv", "--amends", job)["job"]
    scores = howdah.results(last) / "scores.tsv"
    assert list(pd.read_csv(scores, sep="\t")["id"]) == [row[0] for row in rows]
    summary = json.loads((scores.parent / "summary.json").read_text())
    assert (summary["scored"], summary["rejected"]) == (len(rows), 0)


def check_refused(howdah: Howdah, first: str, mended: Path) -> None:
    """What could end up in another record's place, or be scored otherwise."""
    lines = mended.read_text().splitlines(keepends=True)

    def refused(data: str, *options: str) -> str:
        mended.write_text(data)
        again = ("submit", mended.name, "--amends", first, "--runner", "local", *options)
        return howdah(*again, exits=2).stderr

    assert "has 5 records, and job" in refused("".join(lines[:-1]))
    assert "is more like rejected record" in refused("".join([lines[0], *lines[:0:-1]]))
    assert "isn't the header" in refused("".join(["a,b\n", *lines[1:]]))
    assert "doesn't go together with --amends" in refused("".join(lines), "--keep", "id")
    said = howdah("submit", mended.name, "--amends", "20260101-000000-0000", exits=2).stderr
    assert "there is no job" in said
