"""The same input gives the same bytes, whatever the runner and the splits."""

import bz2
import csv
import gzip
import json
import random
from pathlib import Path

import joblib
import numpy as np
import pytest

from howdah.hadoop.segmented_file import SEGMENT
from mr.records.split import BOM, MAX_RECORD
from tests.conftest import ROOT, Howdah

FORTUNES = Path("/usr/share/games/fortunes")
RESULTS = ("scores.tsv", "rejected.tsv", "summary.json")


def real_text() -> bytes:
    """English, Chinese and jargon as Debian packages them, blank lines and all."""
    files = sorted(path for path in FORTUNES.iterdir() if not path.suffix)
    jargon = gzip.decompress(Path("/usr/share/dictd/jargon.dict.dz").read_bytes())
    return b"".join(path.read_bytes() for path in files) + jargon


def awkward_text() -> bytes:
    """Real lines with what breaks readers: CR, BOM, NUL, bad UTF-8, long lines, tabs."""
    chance = random.Random(3)
    awkward = [
        lambda line: line + b"\r",
        lambda line: line[:5] + b"\r" + line[5:],
        lambda line: line + b"\xff\xfe",
        lambda line: line[:3] + b"\0" + line[3:],
        lambda line: b"\t" + line + b"\\n\\t",
        lambda line: line + "日本語 😀".encode(),
    ]
    lines = real_text().split(b"\n")[:12_000]
    for place in chance.sample(range(len(lines)), 1_200):
        lines[place] = chance.choice(awkward)(lines[place])
    text = b"\n".join([*lines, b"x" * ((1 << 20) + 1), b"the end, without a newline"])
    return b"\xef\xbb\xbf" + text


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in RESULTS}


@pytest.mark.hadoop
def test_runners_and_splits_agree(local: Howdah, hadoop: Howdah, tmp_path: Path) -> None:
    """Awkward text gives the same bytes locally and on Hadoop, in one split and in many."""
    name = 'awkward, naïve & "quoted" it\'s.txt'
    (tmp_path / name).write_bytes(awkward_text())
    reference = contents(local.score(name, "--max-rejected", 1, "--splits", 1))
    for runner in (local, hadoop):
        for splits in (1, 5):
            results = contents(runner.score(name, "--max-rejected", 1, "--splits", splits))
            assert results == reference, f"{runner.runner}, {splits} splits"


@pytest.mark.hadoop
def test_compressed_inputs_agree(local: Howdah, hadoop: Howdah, tmp_path: Path) -> None:
    """Compressed inputs give what their text gives; bzip2 is split on Hadoop."""
    text = awkward_text()
    for name, content in (
        ("t", text),
        ("t.gz", gzip.compress(text)),
        ("t.bz2", bz2.compress(text)),
    ):
        (tmp_path / name).write_bytes(content)
    plain = contents(local.score("t", "--max-rejected", 1))
    header, *scores = plain["scores.tsv"].splitlines(keepends=True)
    expected_scores = b"".join([header, *scores, *scores])
    header, *rejects = plain["rejected.tsv"].splitlines(keepends=True)
    packed = [b"".join(rejects).replace(b"\tt\t", name) for name in (b"\tt.gz\t", b"\tt.bz2\t")]
    for runner in (local, hadoop):
        found = contents(runner.score("t.gz", "t.bz2", "--max-rejected", 1, "--splits", 6))
        assert found["scores.tsv"] == expected_scores
        assert found["rejected.tsv"] == b"".join([header, *packed])


@pytest.mark.hadoop
def test_a_large_table_agrees(
    local: Howdah, hadoop: Howdah, tmp_path: Path, added_model: object
) -> None:
    """An input that Hadoop's tasks get in chunks gives what its lines give, odd ones and all."""
    name, _, frame = added_model("breast_cancer")  # type: ignore[operator]
    header, *rows = frame.to_csv(index=False).encode().splitlines(keepends=True)
    odd = [b"\n", rows[0].replace(b"\n", b"\r\n"), b"a\0b\n", b"\xff\n", b"x" * MAX_RECORD + b"y\n"]
    part = b"".join([*rows * 80, *odd])
    with (tmp_path / "large.csv").open("wb") as file:
        file.write(BOM + header)
        file.writelines([part] * (SEGMENT // len(part) + 1))
        file.write(rows[0].rstrip(b"\n"))
    arguments = ("large.csv", "--model", name, "--max-rejected", 1)
    reference = contents(local.score(*arguments, "--splits", 1))
    for splits in (1, 7):
        assert contents(hadoop.score(*arguments, "--splits", splits)) == reference


def test_scores_are_the_models_own(local: Howdah, tmp_path: Path) -> None:
    """Real texts get the model's own probabilities, in input order."""
    lines = [line for line in real_text().decode(errors="ignore").split("\n") if line.strip()]
    lines = [line.replace("\r", "").replace("\0", "") for line in lines]
    (tmp_path / "texts.txt").write_text("\n".join(lines) + "\n")
    folder = local.score("texts.txt")
    files = ROOT / "models" / "moderation"
    vectors = joblib.load(files / "vectorizer.joblib").transform(lines)
    expected = joblib.load(files / "model.joblib").predict_proba(vectors)[:, 1]
    rows = (folder / "scores.tsv").read_text().split("\n")[1:-1]
    scores, labels, texts = zip(*(row.split("\t") for row in rows), strict=True)
    assert list(scores) == [f"{score:.6f}" for score in np.rint(expected * 1e6) / 1e6]
    assert list(labels) == ["offensive" if score > 0.5 else "clean" for score in expected]
    unescaped = [
        text.replace("\\\\", "\0").replace("\\t", "\t").replace("\0", "\\") for text in texts
    ]
    assert unescaped == lines
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["records"] == summary["scored"] == len(lines)
    assert summary["labels"]["offensive"] == labels.count("offensive")
    assert summary["score"]["mean"] == pytest.approx(expected.mean(), abs=1e-6)


@pytest.mark.parametrize("data", ["iris", "breast_cancer", "diabetes"])
def test_tables_get_the_models_own_predictions(
    local: Howdah, tmp_path: Path, data: str, added_model: object
) -> None:
    """scikit-learn's bundled data sets: three classes, two classes, a regression."""
    name, model, frame = added_model(data)  # type: ignore[operator]
    frame.to_csv(tmp_path / "table.csv", index=False)
    folder = local.score("table.csv", "--model", name, "--splits", 2)
    with (folder / "scores.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [[float(row[column]) for column in frame] for row in rows] == frame.to_numpy().tolist()
    values = frame.to_numpy()
    if data == "diabetes":
        assert [float(row["score"]) for row in rows] == np.round(model.predict(values), 6).tolist()
        return
    expected = model.predict_proba(values)
    assert [row["label"] for row in rows] == model.predict(values).astype(str).tolist()
    if data == "breast_cancer":
        assert [float(row["score"]) for row in rows] == np.round(expected[:, 1], 6).tolist()
    else:
        columns = [f"score_{label}" for label in model.classes_]
        found = [[float(row[column]) for column in columns] for row in rows]
        assert found == np.round(expected, 6).tolist()
