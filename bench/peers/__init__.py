"""The programs that Howdah is compared with: their environments, and how each is started cold.

All score the same CSV file of 20 numbers with the same model, and write Howdah's ``scores.tsv``.
Their names are ``with_*.py``, since a script named ray.py would be what ``import ray`` finds.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from howdah.errors import ClusterError, HowdahError
from howdah.installer import pip_settings, uv_command, uv_variables
from howdah.settings import ROOT, Cluster

__all__ = ["HERE", "PEERS", "command", "ensure"]

PEERS = ("spark", "ray", "dask", "naive")
HERE = Path(__file__).parent
STAMP = "requirements.txt"


def ensure(name: str, folder: Path) -> Path:
    """Make the peer's environment below ``folder``, if it isn't there; return its Python.

    The naive job runs in Howdah's own. Raises HowdahError where it can't be installed.
    """
    if name == "naive":
        return Path(sys.executable)
    pins = HERE / f"{name}.txt"
    venv = folder.absolute() / name
    python = venv / "bin" / "python"
    stamp = venv / STAMP
    if stamp.exists() and stamp.read_bytes() == pins.read_bytes():
        return python
    uv = uv_command(python)
    if uv is None:
        raise HowdahError(f"there is no uv, which installs {name}", hint="the same command again")
    print(f"howdah: installing {name} into {venv} (once; a minute at most)", file=sys.stderr)
    shutil.rmtree(venv, ignore_errors=True)
    _run(name, [sys.executable, "-m", "venv", "--without-pip", venv])
    options = ["--quiet", "--no-deps", "-r", pins]
    _run(name, [*uv, *options], uv_variables(pip_settings()))
    shutil.copyfile(pins, stamp)
    return python


def _run(name: str, step: Sequence[object], environ: Mapping[str, str] | None = None) -> None:
    """Run a step of the installation of ``name``; what it says goes to stderr."""
    done = subprocess.run(
        list(map(str, step)),
        env=os.environ | (environ or {}),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        raise HowdahError(
            f"{name} could not be installed; the lines above say why",
            hint="the same command again",
        )


def command(
    name: str, python: Path, source: Path, model: Path, target: Path, cluster: Cluster | None
) -> tuple[list[str], dict[str, str]]:
    """The cold program that scores ``source`` into the folder ``target``, and what is added to
    its environment.

    Spark and the naive job need ``cluster``, which is this machine alone: tasks run the very
    same ``python``. Raises ClusterError without one.
    """
    environ = {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "bench", HERE)))}
    paths = [str(path.absolute()) for path in (source, model, target)]
    if name in ("spark", "naive"):
        if cluster is None or cluster.workers:
            raise ClusterError(f"{name} needs this machine's own cluster", hint="bin/cluster up")
        environ["HADOOP_USER_NAME"] = cluster.user
        if name == "naive":
            return [str(python), str(HERE / "naive.py"), *_naive(python, *paths, cluster)], environ
        environ |= _spark(python, cluster)
    return [str(python), str(HERE / f"with_{name}.py"), *paths], environ


def _spark(python: Path, cluster: Cluster) -> dict[str, str]:
    """Where Spark finds the cluster, and what its tasks run."""
    libraries = python.parent.parent.glob("lib/python3*/site-packages/pyspark/python/lib/*.zip")
    return {
        "HADOOP_CONF_DIR": str(Path(cluster.hadoop_bin).parents[2] / "conf"),
        "PYSPARK_PYTHON": str(python),
        "PYSPARK_ARCHIVES_PATH": ",".join(f"local:{library}" for library in libraries),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def _naive(python: Path, source: str, model: str, target: str, cluster: Cluster) -> list[str]:
    """The job's arguments: a map task a core, in order; the longest split is numbered first."""
    cores = os.cpu_count() or 1
    split = -(-Path(source).stat().st_size // cores)
    return [
        source,
        *("--runner", "hadoop", "--no-conf", "--no-bootstrap-mrjob"),
        *("--hadoop-bin", cluster.hadoop_bin),
        *("--hadoop-streaming-jar", cluster.streaming_jar),
        *("--python-bin", shlex.quote(str(python))),
        *("--cmdenv", "OMP_NUM_THREADS=1"),
        *("--jobconf", f"mapreduce.job.maps={cores}"),
        *("--jobconf", f"mapreduce.input.fileinputformat.split.minsize={split}"),
        *("--model", model),
        *("--target", target),
    ]
