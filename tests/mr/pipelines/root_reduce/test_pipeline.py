"""ROOT files reduced task by task, against loops over the arrays that they were made of."""

import math
import tomllib
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
import uproot
from numpy.typing import NDArray

from bench.data.events import MASS, WIDTH, events, write_events
from mr.counting.tally import InputPreview
from mr.pipelines.root_reduce import output, trees
from mr.pipelines.root_reduce.pipeline import RootReduce
from mr.spec import Spec
from mr.storage.whole_files import FileEntry, JobFiles, StorageError
from tests.mr.conftest import Scored, run_tasks

DIMUON = """
keep = ["run", "event", "MET_pt", "mass", "Muon_pt"]
[define]
mass = "invariant_mass(Muon_pt, Muon_eta, Muon_phi, Muon_mass)"
[[cut]]
name = "two muons"
where = "nMuon == 2"
[[cut]]
name = "opposite charge"
where = "sum(Muon_charge) == 0"
[[cut]]
name = "pt"
where = "all(Muon_pt > 20)"
[histogram]
of = "mass"
bins = 60
from = 60
to = 120
"""
MADE = [events(3000, 1), events(7, 2), events(1500, 3)]

Arrays = Mapping[str, NDArray[Any]]


def expected(arrays: Arrays) -> tuple[list[int], list[tuple[int, float]]]:
    """How many events there are and each cut leaves; number and mass of those that are left."""
    flow, left, stop = [0, 0, 0, 0], [], 0
    for number, muons in enumerate(arrays["nMuon"].tolist()):
        start, stop = stop, stop + muons
        pt, eta, phi, mass, charge = (
            arrays[f"Muon_{name}"][start:stop].tolist()
            for name in ("pt", "eta", "phi", "mass", "charge")
        )
        flow[0] += 1
        for place, passes in enumerate(
            (muons == 2, sum(charge) == 0, all(each > 20 for each in pt)), start=1
        ):
            if not passes:
                break
            flow[place] += 1
        else:
            x, y, z, energy = 0.0, 0.0, 0.0, 0.0
            for one in range(2):
                x += pt[one] * math.cos(phi[one])
                y += pt[one] * math.sin(phi[one])
                z += pt[one] * math.sinh(eta[one])
                energy += math.hypot(mass[one], pt[one] * math.cosh(eta[one]))
            event = int(arrays["event"][number])
            left.append((event, math.sqrt(energy**2 - x**2 - y**2 - z**2)))
    return flow, left


class Job:
    """Files of a folder, reduced."""

    def __init__(self, folder: Path, **options: str) -> None:
        self.folder = folder
        (folder / "selection.toml").write_text(options.pop("selection", DIMUON))
        self.options: dict[str, Any] = {"format": "parquet", "tree": ""} | options
        self.options["selection"] = str(folder / "selection.toml")
        self._names: list[str] = []

    def add(self, arrays: Arrays, **options: Any) -> Path:
        """Have a file of these events."""
        path = self.new_file()
        write_events(path, arrays, **options)
        return path

    def new_file(self) -> Path:
        """Where to write the next file."""
        self._names.append(f"{len(self._names):05d}.txt")
        return self.folder / self._names[-1]

    def look(self) -> dict[str, Any]:
        """The job's options."""
        sources = [InputPreview(str(self.folder / name), b"") for name in self._names]
        return self.options | RootReduce.options_from_previews(sources, self.options)

    def run(self, splits: int = 1) -> tuple[Scored, Path]:
        """What the tasks left, and the merged result."""
        options = self.look()
        entries = [FileEntry(name, (self.folder / name).stat().st_size) for name in self._names]
        (self.folder / "list.txt").write_bytes(b"".join(entry.line() for entry in entries))
        spec = Spec("root-reduce", options=options, files=str(self.folder))
        scored = run_tasks(spec, self.folder / "list.txt", splits, self.folder)
        parts = sorted((self.folder / "output" / "scores").iterdir())
        RootReduce(options).combine_parts(parts, self.folder)
        return scored, self.folder / f"reduced.{options['format']}"


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Three files, of which one is small."""
    job = Job(tmp_path)
    for arrays in MADE:
        job.add(arrays)
    return job


def test_events_that_pass_are_kept_in_order(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes from one task and from three, and the same rows read in smaller chunks."""
    scored, path = job.run()
    flows, left = zip(*map(expected, MADE), strict=True)
    table = pyarrow.parquet.read_table(path)
    numbers, masses = zip(*chain.from_iterable(left), strict=True)
    assert table["event"].to_pylist() == list(numbers)
    assert table["mass"].to_pylist() == pytest.approx(masses, rel=1e-9)
    flow = [sum(counts) for counts in zip(*flows, strict=True)]
    told = RootReduce(job.look()).report(scored.partial["counts"])
    assert list(told.summary["cut_flow"].items()) == list(
        zip(("read", "two muons", "opposite charge", "pt"), flow, strict=True)
    )
    assert told.summary["events_kept"] == round(flow[-1] / flow[0], 6)
    one = path.read_bytes()
    spread, path = job.run(splits=3)
    assert (path.read_bytes(), spread.partial["counts"]) == (one, scored.partial["counts"])
    monkeypatch.setattr(trees, "AT_ONCE", 5000)
    monkeypatch.setattr(output, "GROUP_BYTES", 1000)
    small, path = job.run(splits=2)
    assert pyarrow.parquet.ParquetFile(path).num_row_groups > 10
    assert pyarrow.parquet.read_table(path).equals(table)
    assert small.partial["counts"]["events"] == scored.partial["counts"]["events"]


def test_the_boson_is_where_it_should_be(job: Job) -> None:
    """The histogram's highest bin has its mass; every event is in a bin, below or above."""
    scored, _ = job.run()
    histogram = RootReduce(job.look()).report(scored.partial["counts"]).summary["histogram"]
    counts = histogram.pop("counts")
    masses = [mass for arrays in MADE for _, mass in expected(arrays)[1]]
    assert counts == np.histogram(masses, 60, (60, 120))[0].tolist()
    assert abs(60.5 + int(np.argmax(counts)) - MASS) < WIDTH / 2
    below, above = (sum(mass < 60 for mass in masses), sum(mass >= 120 for mass in masses))
    assert histogram == {"below": below, "above": above, "nan": 0}


def test_other_formats(tmp_path: Path) -> None:
    """ROOT has lists, too; CSV is what models take."""
    columns: dict[str, dict[str, Any]] = {}
    kept = {"parquet": '"Muon_pt"', "root": '"Muon_pt"', "csv": '"MET_pt"'}
    for form, last in kept.items():
        (tmp_path / form).mkdir()
        selection = DIMUON.replace('"run", "event", "MET_pt", "mass", "Muon_pt"', f'"mass", {last}')
        job = Job(tmp_path / form, format=form, selection=selection)
        for arrays in MADE:
            job.add(arrays)
        _, path = job.run(splits=2)
        if form == "root":
            with uproot.open({str(path): "Events"}) as tree:
                read = {name: tree[name].array().tolist() for name in ("mass", "Muon_pt")}
        elif form == "csv":
            read = pyarrow.csv.read_csv(path).to_pydict()
        else:
            read = pyarrow.parquet.read_table(path).to_pydict()
        columns[form] = read
    assert columns["root"] == columns["parquet"]
    assert columns["csv"]["mass"] == columns["parquet"]["mass"]
    assert len(columns["csv"]["MET_pt"]) > 100


def test_unusable_files_are_rejected_by_name(job: Job) -> None:
    """Nothing of them is counted or kept; the others are as if they weren't there."""
    scored, path = job.run()
    wanted = path.read_bytes()
    whole = (job.folder / "00000.txt").read_bytes()
    middle = len(whole) // 2
    flipped = bytes(255 - byte for byte in whole[middle : middle + 40])
    damaged = [b"text\n" * 200, whole[:middle], whole[:-200], whole[:50]]
    damaged.append(whole[:middle] + flipped + whole[middle + 40 :])
    for data in damaged:
        job.add(MADE[1]).write_bytes(data)
    job.add(MADE[1], tree="Other")
    job.add({name: each for name, each in MADE[1].items() if name != "Muon_eta"})
    job.add(MADE[1] | {"MET_pt": MADE[1]["MET_pt"].astype(np.float64)})
    job.add(MADE[1] | {"MET_pt": MADE[1]["Muon_pt"][:7, None] * np.ones((1, 2))})
    more, path = job.run(splits=2)
    assert path.read_bytes() == wanted
    assert more.partial["counts"] == scored.partial["counts"]
    assert more.partial["rejected"] == {
        "damaged": 5,
        "no such tree": 1,
        "no such branch": 1,
        "other types than the first file's": 2,
    }
    assert "no such branch: Muon_eta; there is run, event" in more.rejected.decode()
    assert "no such tree: Events; there is Other" in more.rejected.decode()


def test_what_the_store_does_not_give_is_no_damage(job: Job) -> None:
    """The task fails, and is tried again: nothing is known about the file."""

    class Gone(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

    with ThreadingHTTPServer(("127.0.0.1", 0), Gone) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        files = JobFiles("/files", f"http://127.0.0.1:{server.server_port}", "nobody")
        with pytest.raises(StorageError, match=r"/files/00000\.txt"):
            RootReduce(job.look()).add_file(files.file(FileEntry("00000.txt", 1000)))
        server.shutdown()


def test_no_cuts(tmp_path: Path) -> None:
    """Columns alone."""
    job = Job(tmp_path, selection='keep = ["event"]\n')
    job.add(MADE[1])
    scored, path = job.run()
    assert pyarrow.parquet.read_table(path).num_rows == 7
    told = RootReduce(job.look()).report(scored.partial["counts"])
    assert (told.summary["cut_flow"], told.summary["events_kept"]) == ({"read": 7}, 1.0)


def test_nothing_is_left(tmp_path: Path) -> None:
    """The result has its columns, and no rows."""
    job = Job(tmp_path, selection='keep = ["run"]\n[[cut]]\nname = "none"\nwhere = "run < 0"\n')
    job.add(MADE[1])
    _, path = job.run()
    table = pyarrow.parquet.read_table(path)
    assert (table.num_rows, table.column_names) == (0, ["run"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Muon_mass)", "Muon_m)", "00000.txt: no such branch: Muon_m; there is run, event"),
        ("nMuon == 2", "Muon_pt > 2", "Muon_pt > 2: it is not true or false for an event"),
        ("nMuon == 2", "2 == 2", "2 == 2: it is the same for every event"),
        ("nMuon == 2", "sum(nMuon) == 2", r"sum\(nMuon\) == 2: it takes a list an event"),
        ("nMuon == 2", "open(1)", r"selection.toml: open\(1\): open is no function"),
        ("keep =", "kept =", "the file has no kept; it takes tree, keep, define, cut, histogram"),
        ('"run", ', '"run", "run", ', "keep is a list of names, each once"),
        ('"invariant', '"mass + invariant', "mass isn't defined above it"),
        ("bins = 60", "bins = 0", "bins"),
        ("bins = 60\n", "", r"\[histogram\] needs bins"),
        ("to = 120", "to = 10", "from is below to"),
        ('"pt"', '"two muons"', "each cut has a name of its own"),
        ('where = "nMuon == 2"', "where = true", r"where in \[\[cut\]\] is not as it should be"),
        ("[define]", "[define", "selection.toml: "),
        (DIMUON, 'keep = ["one"]\ndefine.one = "1"', "it uses no branch of the tree"),
    ],
)
def test_selections_that_mean_nothing_are_told(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    """With the expression or the place, before anything is stored."""
    job = Job(tmp_path, selection=DIMUON.replace(old, new, 1))
    job.add(MADE[1])
    with pytest.raises(ValueError, match=message):
        job.look()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "csv"}, "Muon_pt is list<.*>, which --format csv can't have"),
        (
            {
                "format": "root",
                "selection": 'keep = ["nx", "x"]\ndefine = {nx = "run", x = "Muon_pt"}',
            },
            "nx is what --format root calls the lengths of the lists x",
        ),
        ({"format": "xml"}, "--format xml: it is one of parquet, root, csv"),
        ({"tree": "T"}, "no such tree: T; there is Events"),
    ],
)
def test_options_that_do_not_fit_are_told(
    tmp_path: Path, options: dict[str, str], message: str
) -> None:
    """Likewise."""
    job = Job(tmp_path, **options)
    job.add(MADE[1])
    with pytest.raises(ValueError, match=message):
        job.look()


def test_the_content_of_the_selection_is_an_option(tmp_path: Path) -> None:
    """A file that can't be read keeps nothing from being submitted."""
    job = Job(tmp_path)
    job.add(MADE[1]).write_bytes(b"text")
    assert job.look()["selection"] == tomllib.loads(DIMUON)
