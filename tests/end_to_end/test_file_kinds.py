"""Files of every kind, scored as the plain text that they are; many small ones as one."""

import json
import lzma
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from tests.conftest import Howdah

RESULTS = ("scores.tsv", "rejected.tsv", "summary.json")
SMALL = 200


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in RESULTS}


def places(folder: Path) -> list[tuple[str, str, int, int]]:
    """Of each rejected record: reason, file, line and offset."""
    rows = (line.split("\t") for line in (folder / "rejected.tsv").read_text().split("\n")[1:-1])
    return [(reason, file, int(line), int(offset)) for reason, file, line, offset, _ in rows]


def write_kinds(folder: Path, texts: list[str]) -> None:
    """The texts in files of every kind, in the order of their names."""
    step = len(texts) // 5
    parts = ["".join(f"{text}\n" for text in texts[start : start + step])
             for start in range(0, len(texts), step)]  # fmt: skip
    (folder / "1.txt").write_bytes(parts[0].encode("utf-16"))
    (folder / "2.txt.xz").write_bytes(lzma.compress(parts[1].encode()))
    packed = subprocess.run(
        ["zstd", "-qc"], input=parts[2].encode(), capture_output=True, check=True
    )
    (folder / "3.txt.zst").write_bytes(packed.stdout)
    with zipfile.ZipFile(folder / "4.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.txt", parts[3])
    for number, line in enumerate(parts[4].splitlines(keepends=True)):
        (folder / f"5-{number:04d}.txt").write_text(f"{line}\n\n" if number % 2 else line.strip())


@pytest.mark.hadoop
def test_files_of_every_kind_agree(local: Howdah, hadoop: Howdah, tmp_path: Path) -> None:
    """Both runners give what one plain file gives, and say where records are in their own file."""
    texts = [f"you are kind, {number} é" for number in range(5 * SMALL)]
    texts[SMALL] = texts[-1] = "nothing \0 more"
    (tmp_path / "plain").write_text("".join(f"{text}\n" for text in texts))
    write_kinds(tmp_path, texts)
    plain = local.score("plain", "--max-rejected", 1)
    found = contents(local.score("[1-5]*", "--max-rejected", 1))
    folder = hadoop.score("[1-5]*", "--max-rejected", 1)
    assert contents(folder) == found
    assert found["scores.tsv"] == (plain / "scores.tsv").read_bytes()
    assert places(folder) == [
        ("NUL byte", "2.txt.xz", 1, 0),
        ("NUL byte", f"5-{SMALL - 1:04d}.txt", 1, 0),
    ]
    told = json.loads((folder / "run.json").read_text())["inputs"]
    assert len(told) == 4 + SMALL
    assert told[3]["name"] == "4.zip/a/b.txt"


@pytest.fixture(scope="module")
def model(add_model: Callable[..., str]) -> str:
    rows = np.random.default_rng(0).normal(size=(99, 2))
    fitted = LogisticRegression().fit(rows, np.where(rows[:, 0] > 0, "yes", "no"))
    return add_model(fitted, "--features", "a,b", "--positive-class", "yes")


def test_tables_of_every_kind(local: Howdah, tmp_path: Path, model: str) -> None:
    """Headers, marks, first lines that name a delimiter, blank ends: each file has its own, and an
    offset leads to its record."""
    rows = [f"{number},{number / 7:.3f},é" for number in range(60)]
    rows[25] = "7,no number,é"
    table = ["a,b,note", *rows]
    (tmp_path / "plain").write_text("\n".join(table))
    (tmp_path / "1.csv").write_bytes(
        ("\ufeffsep=,\r\n" + "\r\n".join(table[:21]) + "\r\n\r\n").encode()
    )
    (tmp_path / "2.csv").write_text("\r".join([table[0], *table[21:41]]), newline="")
    (tmp_path / "3.csv").touch()
    keys = table[0].split(",")
    objects = [dict(zip(keys, row.split(","), strict=True)) for row in rows[40:]]
    (tmp_path / "4.csv").write_text("\n".join([table[0], *table[41:]]) + "\n \n")
    (tmp_path / "5.json").write_text(json.dumps(objects, indent=2))
    plain = local.score("plain", "--model", model, "--max-rejected", 1)
    done = local("submit", "[1-4]*", "--model", model, "--runner", "local", "--max-rejected", 1)
    assert "3.csv is empty: it has no records" in done.stderr
    folder = local.results(done.stdout.split("\n")[0])
    scores = (plain / "scores.tsv").read_bytes()
    assert (folder / "scores.tsv").read_bytes() == scores
    ((_, file, line, offset),) = places(folder)
    assert (file, line) == ("2.csv", 7)
    assert (tmp_path / file).read_bytes()[offset:].startswith(b"7,no number")
    array = local.score("5.json", "--model", model)
    last = (array / "scores.tsv").read_bytes().splitlines()[1:]
    assert last == scores.splitlines()[-20:]


def test_another_encoding(local: Howdah, tmp_path: Path, model: str) -> None:
    """It is stated; what it can't decode is rejected with its own bytes. The same content twice is
    told."""
    table = "a,b,note\n1,2,café\n3,4,\x81\n5,6,né\n".encode("latin-1")
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_bytes(table)
    refused = local("submit", "one.csv", "--model", model, "--runner", "local", exits=2).stderr
    assert "one.csv isn't UTF-8: line 2, column 8 has the byte 0xe9" in refused
    done = local("submit", "one.csv", "two.csv", "--model", model, "--runner", "local",
                 "--encoding", "windows-1252", "--max-rejected", 1)  # fmt: skip
    assert "two.csv is one.csv again: its records count twice" in done.stderr
    folder = local.results(done.stdout.split("\n")[0])
    assert [line.split("\t")[2] for line in (folder / "scores.tsv").read_text().splitlines()] == [
        *("note", "café", "né", "café", "né")
    ]
    rejected = (folder / "rejected.tsv").read_text().splitlines()[1:]
    assert rejected == [
        f"invalid UTF-8: cp1252 has no such bytes\t{name}\t3\t19\t3,4,\\x81"
        for name in ("one.csv", "two.csv")
    ]


def test_title_lines_are_asked_about(local: Howdah, tmp_path: Path, model: str) -> None:
    """And left out of every file if that is said."""
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("Customers, 2026\n\na,b\n1,2\n3,x\n")
    refused = local("submit", "one.csv", "--model", model, "--runner", "local", exits=2).stderr
    assert "line 3 names all features" in refused
    assert "--skip-lines 2" in refused
    folder = local.score("*.csv", "--model", model, "--skip-lines", 2, "--max-rejected", 1)
    assert [(line, offset) for _, _, line, offset in places(folder)] == [(5, 25), (5, 25)]


def test_blank_ends_are_no_records(local: Howdah, tmp_path: Path) -> None:
    """However many splits there are; blank lines between records are rejected."""
    (tmp_path / "texts").write_text("kind\n\nkind too\n" + " \n\n" * 9)
    for splits in (1, 7):
        told = local.submit("texts", "--splits", splits, "--max-rejected", 1)
        assert (told["records"], told["scored"], told["rejected"]) == (3, 2, 1)
    assert places(local.results(told["job"])) == [("blank line", "texts", 2, 5)]
