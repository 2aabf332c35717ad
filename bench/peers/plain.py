"""What pipelines without a model do: plain processes on one core, with Polars, NumPy or uproot.

Run as ``plain.py PIPELINE INPUT OUTPUT``; OUTPUT gets what it found, as JSON.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "1"

import polars


def requests_by_os(source: str) -> dict[str, Any]:
    """Requests and their bytes, of a log of CloudFront's."""
    from urllib.parse import unquote

    from ua_parser import load_lazy_builtins
    from ua_parser.regex import Resolver

    _, systems, _ = load_lazy_builtins()
    rules = Resolver(([], systems, [])).os
    with Path(source).open() as file:
        file.readline()
        fields = file.readline().split()[1:]
    log = polars.read_csv(
        source,
        separator="\t",
        quote_char=None,
        skip_rows=2,
        has_header=False,
        new_columns=fields,
        columns=[fields.index("sc-bytes"), fields.index("cs(User-Agent)")],
    )
    by_agent = log.group_by("cs(User-Agent)").agg(polars.len(), polars.col("sc-bytes").sum())
    requests, sizes = Counter[str](), Counter[str]()
    for agent, number, size in by_agent.iter_rows():
        found = rules.extract(unquote(agent))
        system = found.family if found else "unknown"
        requests[system] += number
        sizes[system] += size
    return {"requests": requests, "bytes": sizes}


def evaluate(source: str) -> dict[str, Any]:
    """The measures of a table with ``truth``, no or yes, and ``score``."""
    from sklearn import metrics

    table = polars.read_csv(source, columns=["truth", "score"])
    truth, score = (table["truth"] == "yes").to_numpy(), table["score"].to_numpy()
    return {
        "roc_auc": metrics.roc_auc_score(truth, score),
        "pr_auc": metrics.average_precision_score(truth, score),
        "log_loss": metrics.log_loss(truth, score),
        "brier": metrics.brier_score_loss(truth, score),
        "matrix": metrics.confusion_matrix(truth, score > 0.5).tolist(),
    }


def column_means(source: str) -> dict[str, Any]:
    """The means of the files that a list names, of sums that are rounded as they grow."""
    import numpy as np

    total: Any = 0
    names = [line.split("\t")[0] for line in Path(source).read_text().splitlines()]
    for name in names:
        path = Path(source).parent / name
        total += np.load(path) if path.suffix == ".npy" else np.fromfile(path, sep="\n")
    means = total / len(names)
    return {"indices": len(means), "sum": float(means.sum()), "largest": float(means.max())}


def root_reduce(source: str) -> dict[str, Any]:
    """What ``dimuon.toml`` selects of the ROOT files that a list names, written as Parquet."""
    import awkward as ak
    import numpy as np
    import pyarrow as pa
    import uproot
    from pyarrow.parquet import ParquetWriter

    flow: Counter[str] = Counter()
    bins = np.zeros(60, np.int64)
    writer = None
    names = [line.split("\t")[0] for line in Path(source).read_text().splitlines()]
    files = [f"{Path(source).parent / name}:Events" for name in names]
    kept = ["run", "event", "MET_pt"]
    muon = [f"Muon_{name}" for name in ("pt", "eta", "phi", "mass", "charge")]
    for events in uproot.iterate(files, [*kept, "nMuon", *muon], step_size="16 MB"):
        flow["read"] += len(events)
        events = events[events.nMuon == 2]
        flow["two muons"] += len(events)
        events = events[ak.sum(events.Muon_charge, axis=1) == 0]
        flow["opposite charge"] += len(events)
        events = events[ak.all(events.Muon_pt > 20, axis=1)]
        flow["pt"] += len(events)
        pt, eta, phi, mass, _ = (ak.to_numpy(events[name]).astype(float) for name in muon)
        energy = np.sqrt(mass**2 + (pt * np.cosh(eta)) ** 2)
        momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)])
        squares = energy.sum(axis=1) ** 2 - (momentum.sum(axis=2) ** 2).sum(axis=0)
        pair = np.sqrt(np.maximum(squares, 0))
        bins += np.histogram(pair, 60, (60, 120))[0]
        columns = {name: ak.to_numpy(events[name]) for name in kept} | {"mass": pair}
        table = pa.table(columns)
        writer = writer or ParquetWriter(f"{source}.parquet", table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()
    return {"flow": dict(flow), "bins": bins.tolist()}


if __name__ == "__main__":
    programs = (requests_by_os, evaluate, column_means, root_reduce)
    work = {program.__name__.replace("_", "-"): program for program in programs}[sys.argv[1]]
    Path(sys.argv[3]).write_text(json.dumps(work(sys.argv[2])))
