"""The mrjob job: gives each map task its split, and merges the partial summaries."""

import faulthandler
import gc
import io
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import IO, Any

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_threads] = "1"  # the runner starts a task a core
if sys.version_info < (3, 12):  # mrjob asks for distutils; setuptools' own takes 0.05 s longer
    import _distutils_hack

    _distutils_hack.remove_shim()

from mrjob.job import MRJob  # noqa: E402

from mr.process import process_start  # noqa: E402
from mr.spec import AT, FAILED, SPEC_FILE, Spec  # noqa: E402
from mr.split import CHUNK, Chunks, Split, input_path  # noqa: E402

__all__ = ["ScoreJob"]

SUMMARY = "summary"
OUTCOMES = ("scored", "rejected")
MADE_BETWEEN_COLLECTIONS = 50_000  # a block's records are as many objects, and in no cycles


class ScoreJob(MRJob):  # type: ignore[misc]
    """Scores records in map tasks; its output is the merged summary, one line of JSON."""

    def run_mapper(self, step_num: int = 0) -> None:
        """Score the task's split; write its partial summary to stdout.

        Scored and rejected records go to part files below ``scores/`` and ``rejected/`` in the
        attempt's output folder.
        """
        faulthandler.enable()
        spec = Spec.read(Path(SPEC_FILE))
        names = {path: unstored.name for path, unstored in spec.unstored.items()}
        split = Split.from_environment(os.environ, spec.padded, names)
        task = None
        try:
            from mr.task import Task

            task = Task(spec, split, _sink(spec), Path())
            starting = time.time() - process_start() - task.seconds["load"]
            task.seconds["start"] = starting  # type: ignore[assignment]
            gc.freeze()  # model and libraries stay: the collector needn't walk through them again
            gc.set_threshold(MADE_BETWEEN_COLLECTIONS)
            stdin = _chunks(self.stdin, spec, split) if split.chunked else self.stdin
            told: Counter[str] = Counter()
            partial = task.run(stdin, lambda: self._report(split, task, told))
            _check_unchanged(spec)
        except BaseException:  # a model may even call sys.exit
            import traceback

            traceback.print_exc()
            position = task.position if task else 0
            print(
                f"{FAILED}: host {socket.gethostname()}, input {split.file},"
                f" split at {split.start}, byte {position} of the split",
                file=sys.stderr,
            )
            sys.exit(1)
        for stage, seconds in task.seconds.items():
            self.increment_counter("howdah", f"{stage}_ms", int(seconds * 1000))
        self.increment_counter("howdah", "input_bytes", task.position)
        for outcome in OUTCOMES:
            self.increment_counter("howdah", outcome, task.counts[outcome] - told[outcome])
        self.stdout.write(self.internal_protocol().write(SUMMARY, partial) + b"\n")
        for key, found in task.partials():  # JSON, without looking for what needs an escape
            self.stdout.write(f'"{key}"\t"{found}"\n'.encode())

    def reducer(self, key: str, partials: Iterable[Any]) -> Iterator[tuple[str, Any]]:
        """Merge all partial summaries, or what a pipeline's tasks have found of ``key``."""
        if key == SUMMARY:
            from mr.summary import merge

            yield key, merge(partials)
        else:
            yield SUMMARY, self._reducing.reduce(key, partials)

    @cached_property
    def _reducing(self) -> Any:
        """What merges key after key in a reducer."""
        from mr.counting import Reducing

        spec = Spec.read(Path(SPEC_FILE))
        return Reducing(spec, _sink(spec))

    def _report(self, split: Split, task: Any, told: Counter[str]) -> None:
        """Say where the task is: the runner shows it, and its log tells if the task dies.

        Count the records that aren't among those ``told`` of, too.
        """
        for outcome, count in (task.counts - told).items():
            self.increment_counter("howdah", outcome, count)
            told[outcome] += count
        where = f"input {split.file}, split at {split.start}, byte {task.position} of the split"
        self.set_status(where)
        print(f"{AT}: {where}", file=sys.stderr, flush=True)


def _chunks(stdin: IO[bytes], spec: Spec, split: Split) -> IO[bytes]:
    """The split's bytes, and those behind it up to the input's end."""
    from mr.webhdfs import RESTART_SECONDS, read_range, webhdfs_client

    client = webhdfs_client(spec.webhdfs_url, spec.user)
    path = input_path(os.environ)
    end = split.start + split.length
    behind = read_range(client, path, end, spec.padded[split.file], RESTART_SECONDS)
    return io.BufferedReader(Chunks(stdin, split, behind), CHUNK)


def _check_unchanged(spec: Spec) -> None:
    """Raise InputChangedError unless the input is still what was submitted, once it is read."""
    from mr.webhdfs import check_unchanged, webhdfs_client

    path = input_path(os.environ)
    if unstored := spec.unstored.get(path):
        client = webhdfs_client(spec.webhdfs_url, spec.user)
        check_unchanged(client, path, unstored.bytes, unstored.modified)


def _sink(spec: Spec) -> Any:
    from mr.sink import FileSink, HdfsSink
    from mr.webhdfs import RESTART_SECONDS

    folder = os.environ["mapreduce_task_output_dir"]
    if spec.webhdfs_url:
        return HdfsSink(folder, spec.webhdfs_url, spec.user, patience=RESTART_SECONDS)
    return FileSink(folder)


if __name__ == "__main__":
    ScoreJob.run()
