"""Pipelines that count, on both runners, by the commands that users call."""

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn import datasets, metrics

from bench.data.access_logs import cloudfront, requests
from bench.data.columns import as_text, runs
from bench.data.predictions import as_csv, of_two
from mr.pipelines.registry import PIPELINES
from tests.conftest import Howdah

BY = ("--pipeline", "requests-by-os")
MEANS = ("--pipeline", "column-means")
EVALUATE = ("--pipeline", "evaluate", "--truth", "truth")


def scored(rows: int) -> str:
    truths, scores = of_two(rows)
    return as_csv({"truth": truths, "score": scores.tolist()})


def fields_change(rows: int) -> str:
    """Twice a log: the second time, two columns are the other way round."""
    log = cloudfront(requests(rows))
    lines = [line.split("\t") for line in log.splitlines()]
    for cells in lines[2:]:
        cells[3], cells[4] = cells[4], cells[3]
    swapped = "".join("\t".join(cells) + "\n" for cells in lines)
    return log + swapped.replace("sc-bytes c-ip", "c-ip sc-bytes")


def read(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


def test_many_compressed_logs_are_counted(howdah: Howdah) -> None:
    """Each request once; the results say what was counted, and of what."""
    made = [list(requests(300, seed)) for seed in range(5)]
    for number, log in enumerate(made):
        text = cloudfront(iter(log)) + "junk\n" * (number == 2)
        (howdah.cwd / f"log{number}.gz").write_bytes(gzip.compress(text.encode()))
    told = howdah.submit("log*.gz", *BY, "--by", "os,status")
    assert told["summary"] == {
        "records": 1511,
        "counted": 1510,
        "rejected": 1,
        "rejected_by_reason": {"too few fields": 1},
        "left_out": {"a directive": 10},
        "groups": told["summary"]["groups"],
        "totals": {"requests": 1500, "bytes": sum(one.bytes for log in made for one in log)},
    }
    folder = howdah.results(told["job"])
    header, *rows = read(folder / "counts.tsv")
    assert header == ["os", "status", "requests", "bytes"]
    found = {(system, int(status)): int(number) for system, status, number, _ in rows}
    assert found == Counter((one.os, one.status) for log in made for one in log)
    assert [int(row[2]) for row in rows] == sorted(found.values(), reverse=True)
    before = cloudfront(iter(made[2]))
    place = [str(before.count("\n") + 1), str(len(before))]
    assert read(folder / "rejected.tsv")[1] == ["too few fields", "log2.gz", *place, "junk"]
    assert json.loads((folder / "summary.json").read_text()) == told["summary"]
    run = json.loads((folder / "run.json").read_text())
    assert (run["model"], run["options"]["by"]) == (None, "os,status")
    assert sorted(path.name for path in folder.iterdir()) == [
        *["counts.tsv", "rejected.tsv", "run.json", "summary.json"]
    ]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (
            fields_change(20_000),
            (*BY, "--by", "hour,os", "--from", "2026-03-14T11:00:00"),
        ),
        (scored(20_000), EVALUATE),
    ],
    ids=["requests-by-os", "evaluate"],
)
def test_runners_and_splits_count_the_same(
    howdah: Howdah, local: Howdah, text: str, options: tuple[str, ...]
) -> None:
    """One task here, several on each runner: the same bytes, plots included."""
    (local.cwd / "input.txt").write_text(text)
    alone = local.score("input.txt", *options, "--splits", 1)
    together = howdah.score("input.txt", *options, "--splits", 4)
    names = {path.name for path in alone.iterdir()}
    assert names == {path.name for path in together.iterdir()}
    for name in names - {"run.json"}:
        assert (together / name).read_bytes() == (alone / name).read_bytes()


def test_predictions_are_evaluated(
    local: Howdah, added_model: Callable[[str], tuple[str, Any, Any]]
) -> None:
    """Those of a model, as its job wrote them, beside the truth that went through it."""
    name, model, frame = added_model("breast_cancer")
    truth = datasets.load_breast_cancer().target
    frame.assign(outcome=truth).to_csv(local.cwd / "table.csv", index=False)
    scores = local.score("table.csv", "--model", name)
    shutil.copy(scores / "scores.tsv", local.cwd)
    told = local.submit("scores.tsv", "--pipeline", "evaluate", "--truth", "outcome")
    chances = model.predict_proba(frame.to_numpy())[:, 1]
    assert told["summary"]["roc_auc"] == pytest.approx(metrics.roc_auc_score(truth, chances))
    assert told["summary"]["log_loss"] == pytest.approx(metrics.log_loss(truth, chances), rel=1e-4)
    matrix = metrics.confusion_matrix(truth, chances > 0.5).tolist()
    assert told["summary"]["confusion_matrix"] == {"labels": ["0", "1"], "matrix": matrix}
    folder = local.results(told["job"])
    plots = ["calibration", "confusion_matrix", "precision_recall", "roc"]
    assert sorted(path.stem for path in folder.glob("*.svg")) == plots
    for path in folder.glob("*.svg"):
        assert ElementTree.parse(path).getroot().tag.endswith("svg")


def test_truths_are_joined_by_id(howdah: Howdah) -> None:
    """Tasks are sent a second file's."""
    truths, scores = of_two(2000)
    (howdah.cwd / "labels.csv").write_text(as_csv({"id": range(2000), "truth": truths}))
    text = as_csv({"id": range(2500), "score": [*scores.tolist(), *scores[:500].tolist()]})
    (howdah.cwd / "scores.csv").write_text(text)
    options = ("--truth", "truth", "--labels", "labels.csv", "--id", "id")
    told = howdah.submit("scores.csv", "--pipeline", "evaluate", *options, "--splits", 2)
    area = metrics.roc_auc_score([truth == "yes" for truth in truths], scores)
    assert told["summary"]["roc_auc"] == pytest.approx(area)
    assert told["summary"]["left_out"] == {"no label has its id": 500}
    (howdah.cwd / "labels.csv").write_text("id,truth\n1,no\n1,yes\n")
    done = howdah(
        *("submit", "scores.csv", "--pipeline", "evaluate", *options, "--runner", howdah.runner),
        exits=2,
    )
    assert "labels.csv has the id 1 twice" in done.stderr
    assert not done.stdout  # there is no job yet


def test_files_of_numbers_are_averaged(howdah: Howdah) -> None:
    """On both runners, packed or not; a damaged file is rejected by name, the rest counts."""
    numbers = runs(9, 70_000)
    for place, row in enumerate(numbers):
        if place % 3:
            np.save(howdah.cwd / f"run{place}.npy", row)
        else:
            packed = gzip.compress(as_text(row).encode(), 1)
            (howdah.cwd / f"run{place}.txt.gz").write_bytes(packed)
    damaged = howdah.cwd / "run4.npy"
    damaged.write_bytes(damaged.read_bytes()[:-8])
    told = howdah.submit("run*", *MEANS, "--splits", 3, "--max-rejected", 0.2)
    assert told["summary"]["totals"] == {"files": 8, "indices": 70_000}
    assert told["summary"]["rejected_by_reason"] == {"damaged": 1}
    folder = howdah.results(told["job"])
    header, *rows = read(folder / "means.tsv")
    assert header == ["index", "mean"]
    assert [int(index) for index, _ in rows] == list(range(70_000))
    kept = np.delete(numbers, 4, axis=0)
    for index in (0, 1, 69_999):
        assert float(rows[index][1]) == float(sum(map(Fraction, kept[:, index])) / 8)
    assert np.allclose([float(mean) for _, mean in rows], kept.mean(axis=0), rtol=1e-6)
    reject = read(folder / "rejected.tsv")[1]
    assert reject[0].startswith("damaged: ")
    assert reject[1:] == ["run4.npy", "1", "0", ""]
    (howdah.cwd / "short.txt").write_text("1\n")
    refused = howdah(
        "submit", "run0.txt.gz", "short.txt", *MEANS, "--runner", howdah.runner, exits=2
    )
    assert "short.txt has 1 numbers, and run0.txt.gz 70,000; --pad 0" in refused.stderr


def test_means_are_the_same_from_every_runner(howdah: Howdah, local: Howdah) -> None:
    """Whatever the number of tasks, byte by byte."""
    for place, row in enumerate(runs(5, 66_000)):
        np.save(local.cwd / f"{place}.npy", row)
    alone = local.score("*.npy", *MEANS, "--splits", 1)
    together = howdah.score("*.npy", *MEANS, "--splits", 4)
    for name in ("means.tsv", "summary.json", "rejected.tsv"):
        assert (together / name).read_bytes() == (alone / name).read_bytes()


def test_a_table_is_printed_for_people(local: Howdah) -> None:
    """What was counted, and what was left out; bin/status names the pipeline alone."""
    (local.cwd / "access.log").write_text(cloudfront(requests(10)))
    done = local("submit", "access.log", *BY, "--runner", "local")
    job, first, *others = done.stdout.splitlines()
    assert first.endswith("12 records, 12 counted, 0 rejected")
    told = [line.split() for line in others]
    assert told[0] == ["left", "out", "2", "a", "directive"]
    assert told[1] == ["groups", str(len({one.os for one in requests(10)}))]
    assert told[2] == ["total", "10", "requests"]
    assert "\npipeline   requests-by-os\n" in local("status", job).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*BY], "texts.txt begins like no access log"),
        (["--by", "os"], "pipeline moderation has no option --by"),
        ([*BY, "--model", "moderation"], "pipeline requests-by-os takes no --model"),
        (["--pipeline", "evaluate"], "evaluate needs --truth COLUMN; the input has hello"),
    ],
)
def test_what_cannot_be_counted_is_told(local: Howdah, arguments: list[str], message: str) -> None:
    """Before anything is stored."""
    (local.cwd / "texts.txt").write_text("hello\n")
    done = local("submit", "texts.txt", *arguments, exits=2)
    assert message in done.stderr


@pytest.mark.parametrize("name", sorted(PIPELINES))
def test_each_pipeline_has_a_page(local: Howdah, name: str) -> None:
    """What it takes and gives, with an example."""
    page = local("pipelines", "show", name).stdout
    assert [line.split()[0] for line in page.splitlines()][:5] == [
        *[name, "input", "output", "model", "example"]
    ]
    assert "bin/submit" in page
