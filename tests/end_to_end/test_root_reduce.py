"""ROOT files reduced on both runners, by the commands that users call."""

import json
from pathlib import Path

import pyarrow.parquet

from bench.data.events import events, write_events
from tests.conftest import Howdah

SELECTION = """
keep = ["event", "mass"]
[define]
mass = "invariant_mass(Muon_pt, Muon_eta, Muon_phi, Muon_mass)"
[[cut]]
name = "a pair"
where = "nMuon == 2 and sum(Muon_charge) == 0"
[histogram]
of = "mass"
bins = 60
from = 60
to = 120
"""
OPTIONS = ("--pipeline", "root-reduce", "--selection", "pairs.toml", "--max-rejected", "1")


def test_runners_and_splits_keep_the_same(howdah: Howdah, local: Howdah) -> None:
    """One task here, three on each runner: the same bytes, without a file that was cut off."""
    files = ("small.root", "large.root", "cut.root", "last.root")  # neither by name nor by size
    for number, (name, count) in enumerate(zip(files, (9, 20_000, 3000, 700), strict=True)):
        write_events(local.cwd / name, events(count, number))
    data = (local.cwd / "cut.root").read_bytes()
    (local.cwd / "cut.root").write_bytes(data[: len(data) // 2])
    (local.cwd / "pairs.toml").write_text(SELECTION)
    alone = local.score(*files, *OPTIONS, "--splits", 1)
    together = howdah.score(*files, *OPTIONS, "--splits", 3)
    names = {path.name for path in alone.iterdir()}
    assert names >= {"reduced.parquet", "cutflow.tsv", "histogram.tsv", "histogram.svg"}
    assert names == {path.name for path in together.iterdir()}
    for name in names - {"run.json"}:
        assert (together / name).read_bytes() == (alone / name).read_bytes()
    kept = pyarrow.parquet.read_table(together / "reduced.parquet")["event"].to_pylist()
    assert kept == sorted(kept)  # the number of a file's events goes up with its place
    summary = json.loads((together / "summary.json").read_text())
    assert summary["cut_flow"] == {"read": 20_709, "a pair": len(kept)}
    assert _rejected(together) == [("damaged", "cut.root")]


def _rejected(folder: Path) -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in (folder / "rejected.tsv").read_text().splitlines()[1:]]
    return [(reason.partition(":")[0], name) for reason, name, *_ in rows]
