"""One map task, run here as a runner would run it: what `bin/models add` holds a model to."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from howdah.errors import ModelError
from howdah.settings import ROOT
from mr.models.manifest import read_manifest
from mr.spec import MODEL_FILE, SPEC_FILE, Spec
from mr.stages import COUNTER_GROUP, Stage, counted_stages
from mr.storage.file_range import FileRange
from mr.storage.whole_files import FileEntry

__all__ = ["TaskRun", "run_task"]

COUNTER = re.compile(rf"^reporter:counter:{COUNTER_GROUP},(\w+),(\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class TaskRun:
    """What a task did: ``scores`` and ``rejected`` are its part files; ``memory_mb`` is its peak,
    with that of the model's process if it has its own, ``seconds`` is by stage."""

    scores: bytes
    rejected: bytes
    memory_mb: int
    seconds: Mapping[Stage, float]


def run_task(
    spec: Spec,
    folder: Path,
    source: Path,
    output: Path,
    environment: Path | None = None,
    what: str = "the sample",
) -> TaskRun:
    """Run the task that ``spec`` states, with the model in ``folder``, on all of ``source``; the
    model has the packages of ``environment``, or Howdah's own.

    Raises ModelError, which says ``what`` can't be scored, where the task fails.
    """
    if environment is not None:
        name = read_manifest(folder / MODEL_FILE).name
        spec = replace(spec, environments={name: str(environment.absolute())})
    spec.write(folder / SPEC_FILE)
    try:
        return _run(spec, folder, source, output, what)
    finally:
        (folder / SPEC_FILE).unlink()


def _run(spec: Spec, folder: Path, source: Path, output: Path, what: str) -> TaskRun:
    environ = {
        "PYTHONPATH": str(ROOT),
        "mapreduce_map_input_file": source.absolute().as_uri(),
        "mapreduce_map_input_start": "0",
        "mapreduce_map_input_length": str(source.stat().st_size),
        "mapreduce_task_output_dir": str(output),
    }
    command = [sys.executable, str(ROOT / "mr" / "job.py"), "--step-num=0", "--mapper"]
    with _stdin(spec, source) as stdin, TemporaryFile() as errors:
        task = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=folder,
            env=os.environ | environ,
        )
        try:
            _, status, used = os.wait4(task.pid, 0)
            task.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            task.kill()
            task.wait()
            raise
        errors.seek(0)
        log = errors.read().decode(errors="replace")
    if task.returncode:
        raise ModelError(
            f"a task can't score {what}:\n{_last_words(log)}", hint="the lines above say why"
        )
    counters: Counter[str] = Counter()
    for name, count in COUNTER.findall(log):
        counters[name] += int(count)
    return TaskRun(
        _read(output / "scores"),
        _read(output / "rejected"),
        counters["memory_mb"] or used.ru_maxrss >> 10,
        counted_stages(counters),
    )


def _last_words(log: str) -> str:
    """The end of a log, without what the task reports to its runner."""
    lines = (line for line in log.splitlines() if not line.startswith("reporter:"))
    return "\n".join(lines).strip()[-2000:]


def _stdin(spec: Spec, source: Path) -> IO[bytes]:
    """What the task is given: the file, or the range that is all of it."""
    if not spec.ranges:
        return source.open("rb")
    size = source.stat().st_size
    listed = TemporaryFile()  # noqa: SIM115 - the caller closes it
    listed.write(FileRange(FileEntry(source.name, size), 0, size).line())
    listed.seek(0)
    return listed


def _read(folder: Path) -> bytes:
    parts = sorted(folder.iterdir()) if folder.is_dir() else []
    return b"".join(part.read_bytes() for part in parts)
