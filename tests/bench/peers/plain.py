"""What pipelines without a model do, in one plain process with Polars or NumPy and on one core.

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


if __name__ == "__main__":
    programs = (requests_by_os, evaluate, column_means)
    work = {program.__name__.replace("_", "-"): program for program in programs}[sys.argv[1]]
    Path(sys.argv[3]).write_text(json.dumps(work(sys.argv[2])))
