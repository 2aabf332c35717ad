"""``bin/bench`` in small: its figures are there, and times of wrong scores never count."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bench.machine_noise import Noise, used_since
from bench.peers import PEERS
from bench.rounds import Rounds, interleave
from bench.suites import models, pipelines
from bench.timed_jobs import check_scores
from howdah.environments.environment import build_environment
from howdah.errors import IntegrityError
from howdah.settings import Settings
from tests.conftest import ROOT, SHARED, Howdah
from tests.end_to_end.watching import jobs_of

LOCAL = ["small_seconds_local"]
HADOOP = ["cold_seconds", "small_seconds_hadoop", "small_seconds_local"]
BODY = b"0.1\tclean\tthanks\n0.9\toffensive\tidiot\n"


def bench(howdah: Howdah, *arguments: object) -> tuple[dict[str, Any], str]:
    """The figures of a suite, and what it said meanwhile."""
    done = howdah("bench", *arguments, "--rows", 2000, "--rounds", 1, "--json")
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("logistic", "simdjson"),
        ("text", "text"),
        ("quoted", "quoted-pyarrow"),
        ("jsonl", "json-simdjson"),
        ("bad", "bad-python"),
    ],
)
def test_roof(local: Howdah, name: str, reader: str) -> None:
    """The mapper's speed comes with that of a plain program that gives the same bytes."""
    figures, said = bench(local, "roof", "--only", name)
    assert figures.keys() == {f"roof.{name}", f"roof.{name}.cpu"}
    assert re.search(rf"plain, {reader}, 1 MiB blocks: [\d.]+ s$", said, re.MULTILINE)


def test_roof_of_parquet(local: Howdah) -> None:
    """The plain program gives the same bytes."""
    figures, _ = bench(local, "roof", "--only", "parquet")
    assert figures.keys() == {"roof.parquet", "roof.parquet.cpu"}


def test_a_model_with_packages_of_its_own(local: Howdah) -> None:
    """The plain program that asks its library gives the same bytes."""
    # for all tests that need it
    build_environment(models.REQUIRES, Settings(ROOT, SHARED, None), extras=models.READER)
    figures, said = bench(local, "models", "--only", "onnx")
    assert figures.keys() == {"models.onnx", "models.onnx.cpu"}
    assert "OTHER BYTES" not in said


def test_cold_without_a_cluster(local: Howdah) -> None:
    """On this machine alone there is one figure."""
    figures, said = bench(local, "cold", "--runner", "local")
    assert sorted(figures) == LOCAL
    assert compared(said) >= set(LOCAL)


@pytest.mark.hadoop
def test_cold(hadoop: Howdah) -> None:
    """On a cluster there are the others, too, and nothing of the jobs stays."""
    before = jobs_of(hadoop)
    figures, said = bench(hadoop, "cold")
    assert sorted(figures) == HADOOP
    assert compared(said) >= set(HADOOP)
    assert jobs_of(hadoop) == before


@pytest.mark.hadoop
def test_steady(hadoop: Howdah) -> None:
    """The cluster's rate comes with that of plain processes, and transfers with those of dd."""
    figures, _ = bench(hadoop, "steady", "--only", "logistic")
    assert sorted(figures) == ["growth", "steady_over_roof.logistic"]
    figures, _ = bench(hadoop, "steady", "--only", "disk")
    assert sorted(figures) == ["download_over_disk", "upload_over_disk"]


@pytest.mark.hadoop
def test_profile(hadoop: Howdah) -> None:
    """What a row costs is told for each kind of process."""
    figures, _ = bench(hadoop, "profile", "--only", "text")
    assert {"microseconds.text.tasks: JVM", "microseconds.text.idle"} <= figures.keys()


@pytest.mark.hadoop
def test_peers(hadoop: Howdah) -> None:
    """Every peer is installed, runs, and gives the bytes of Howdah."""
    figures, said = bench(hadoop, "peers")
    assert {f"cold_over_{peer}" for peer in PEERS} < figures.keys()
    assert {"cold_local_over_ray", "cold_local_over_dask"} < figures.keys()
    ran = set(re.findall(r"^round 1: (.+): [\d.]+ s ", said, re.MULTILINE))
    ours, naive = {"howdah", "howdah, local"}, {"naive, 100 rows", "naive, 2000 rows"}
    assert ran == ours | naive | {"spark", "ray", "dask"}


def test_small_files_without_a_cluster(local: Howdah) -> None:
    """Many files have the scores of one file of their rows."""
    figures, said = bench(local, "smallfiles", "--runner", "local")
    assert figures.keys() == {"many_over_one.local"}
    assert compared(said) == {"one, local", "many, local"}


def test_pipelines(local: Howdah) -> None:
    """What each pipeline without a model counts is what a plain program counts, and compared."""
    figures, _ = bench(local, "pipelines")
    assert figures.keys() == {f"over_plain.{name}" for name in pipelines.NAMES}


def compared(said: str) -> set[str]:
    """The programs whose scores were compared with what they must be."""
    return set(re.findall(r"^round \d+: (.+): .* s, [\d,]+ bytes as expected ", said, re.MULTILINE))


@pytest.mark.parametrize("suite", ["cold", "steady", "peers"])
def test_no_cluster_is_told(local: Howdah, suite: str) -> None:
    """A suite that measures a cluster says so before it measures anything."""
    said = local("bench", suite, exits=6).stderr
    assert "no cluster is configured" in said
    assert "bin/cluster up" in said


def scores(folder: Path, body: bytes) -> Path:
    path = folder / "scores.tsv"
    path.write_bytes(b"score\tlabel\ttext\n" + body)
    return path


def test_right_scores_pass(tmp_path: Path) -> None:
    """Below the header, an input twice over has its scores twice over."""
    (tmp_path / "expected").write_bytes(BODY)
    check_scores(scores(tmp_path, BODY + BODY), tmp_path / "expected", times=2)


@pytest.mark.parametrize("wrong", [BODY.replace(b"0.9", b"0.8"), BODY[:-1], BODY + b"0.1\n", b""])
def test_wrong_scores_stop_a_bench(tmp_path: Path, wrong: bytes) -> None:
    """Other, missing or additional bytes are told."""
    (tmp_path / "expected").write_bytes(BODY)
    with pytest.raises(IntegrityError):
        check_scores(scores(tmp_path, wrong), tmp_path / "expected")


def test_every_round_has_every_program() -> None:
    """Programs take turns, and start every other round the other way about."""
    turns: list[str] = []
    done = interleave({name: partial(turns.append, name) for name in ("a", "b")}, 2)
    assert turns[:4] == ["a", "b", "b", "a"]
    assert [values.keys() for values in done.values[:2]] == [{"a", "b"}] * 2


QUIET, STOLEN_FROM, USED = Noise(0.1, 0, 0), Noise(0.1, 0.5, 0), Noise(0.1, 0, 0.5)


@pytest.mark.parametrize(
    ("noise", "counted"),
    [
        ([QUIET, STOLEN_FROM, USED, QUIET], [1, 4]),
        ([STOLEN_FROM, USED], [1, 2]),
    ],
)
def test_noisy_rounds_count_nothing(noise: list[Noise], counted: list[int]) -> None:
    """Unless there are no others."""
    rounds = Rounds([{"a": number} for number in range(1, len(noise) + 1)], noise)
    assert rounds.of("a") == counted


def test_what_others_used_is_counted_once() -> None:
    """A program that ended has left its ticks to its parent; one that is new brings its own."""
    before = {10: (1, 100), 11: (10, 50), 12: (11, 5)}
    after = {10: (1, 100 + 50 + 5 + 20), 13: (10, 3)}
    assert used_since(before, after) == 20 + 3
