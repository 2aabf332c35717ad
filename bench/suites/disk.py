"""Transfers over the disk's own speed: a job's upload and its download against dd.

Upload: until HDFS has the input whole, against dd writing the same bytes to this disk
(conv=fsync), once for each copy that HDFS keeps. Download: ``bin/getresults``, against dd reading
and writing the same bytes (conv=fsync). Both are speeds over dd's: 1 is as fast as the disk.
"""

import argparse
import os
import subprocess
from pathlib import Path
from statistics import median

from bench import inputs
from bench.report import Bar, Measurement
from bench.rounds import interleave, over, seconds, spread
from bench.scoring_cases import expected_scores, make_case
from bench.timed_jobs import daemons_of, run_job
from howdah.cluster.configuration import read_variables
from howdah.settings import Cluster, Settings

__all__ = ["measure"]

TIMES = 5  # --rows


def measure(args: argparse.Namespace, settings: Settings, cluster: Cluster) -> Measurement:
    """Time both ways of a job and of dd in turn."""
    case = make_case("logistic", args.rows, settings)
    expected = expected_scores(case)
    copies = read_variables(Path(cluster.inventory))["hadoop_replication"]
    with (
        inputs.repeated(case.source, TIMES) as source,
        inputs.repeated(expected, TIMES) as scores,
    ):

        def job() -> dict[str, float]:
            ran = run_job(
                source, case.model, settings, runner="hadoop", expected=expected, times=TIMES
            )
            return {"upload": round(ran.upload, 3), "download": round(ran.fetch, 3)}

        def dd() -> dict[str, float]:
            written = sum(_dd(source, case.job / "copied") for _ in range(copies))
            read = _dd(scores, case.job / "copied")
            return {"upload": round(written, 3), "download": round(read, 3)}

        done = interleave({"job": job, "dd": dd}, args.rounds, daemons_of(cluster))
        sizes = {"upload": source.stat().st_size, "download": scores.stat().st_size}
    (case.job / "copied").unlink()
    figures, notes, bars = {}, [], []
    for way, size in sizes.items():
        ours, disk = ([took[way] for took in done.of(who)] for who in ("job", "dd"))
        ratios = over(disk, ours)
        speeds = " and ".join(f"{size / 1e6 / median(each):.0f}" for each in (ours, disk))
        figures[f"{way}_over_disk"] = median(ratios)
        notes.append(f"{way} of {size / 1e6:.0f} MB over dd: {spread(ratios)}, {speeds} MB/s")
        bars.append(Bar(way, ratios))
    return Measurement(figures, [], f"{'; '.join(notes)}; replication {copies}; {done}", bars)


def _dd(source: Path, target: Path) -> float:
    """The seconds in which dd copies a file onto the disk of ``target``."""
    target.unlink(missing_ok=True)
    os.sync()  # what others left to be written isn't timed
    command = ["dd", f"if={source}", f"of={target}", "bs=1M", "conv=fsync", "status=none"]
    return seconds(lambda: subprocess.run(command, check=True))
