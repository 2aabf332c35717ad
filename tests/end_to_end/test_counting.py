"""Pipelines that count, on both runners, by the commands that users call."""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Howdah
from tests.data.access_logs import cloudfront, combined, requests

BY = ("--pipeline", "requests-by-os")


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
    assert read(folder / "rejected.tsv")[1] == [
        *["too few fields", "log2.gz", str(len(cloudfront(iter(made[2])))), "junk"]
    ]
    assert json.loads((folder / "summary.json").read_text()) == told["summary"]
    run = json.loads((folder / "run.json").read_text())
    assert (run["model"], run["options"]["by"]) == (None, "os,status")
    assert sorted(path.name for path in folder.iterdir()) == [
        *["counts.tsv", "rejected.tsv", "run.json", "summary.json"]
    ]


def test_runners_and_splits_count_the_same(howdah: Howdah, local: Howdah) -> None:
    """One task here, several on each runner: the same bytes."""
    (local.cwd / "access.log").write_text(combined(requests(20_000)))
    options = ("access.log", *BY, "--by", "hour,os", "--from", "2026-03-14T11:00:00", "--splits")
    alone = local.score(*options, 1)
    together = howdah.score(*options, 4)
    for name in ("counts.tsv", "rejected.tsv", "summary.json"):
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
        ([*BY, "--model", "moderation"], "pipeline requests-by-os takes no model"),
    ],
)
def test_what_cannot_be_counted_is_told(local: Howdah, arguments: list[str], message: str) -> None:
    """Before anything is stored."""
    (local.cwd / "texts.txt").write_text("hello\n")
    done = local("submit", "texts.txt", *arguments, exits=2)
    assert message in done.stderr


@pytest.mark.parametrize("name", ["moderation", "requests-by-os", "tabular", "wordcount"])
def test_each_pipeline_has_a_page(local: Howdah, name: str) -> None:
    """What it takes and gives, with an example."""
    page = local("pipelines", "show", name).stdout
    assert [line.split()[0] for line in page.splitlines()][:5] == [
        *[name, "input", "output", "model", "example"]
    ]
    assert "bin/submit" in page
