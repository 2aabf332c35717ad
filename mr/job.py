"""The mrjob job: gives each map task its split, and merges the partial summaries."""

import faulthandler
import io
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, Any

from mr.supervision.threads import ONE_THREAD

os.environ.update(ONE_THREAD)  # the runner starts a task a core
if sys.version_info < (3, 12):  # mrjob asks for distutils; setuptools' own takes 0.05 s longer
    import _distutils_hack

    _distutils_hack.remove_shim()

from mrjob.job import MRJob

from mr.log_lines import AT, FAILED, FAULT
from mr.records.split import CHUNK, Chunks, Split, input_path
from mr.spec import SPEC_FILE, Spec
from mr.stages import COUNTER_GROUP, Stage
from mr.supervision.printed_output import RedirectedStreams, warn_once
from mr.supervision.process import (
    collect_rarely,
    exit_now,
    exit_task,
    kill_children,
    peak_memory_mb,
    process_start,
    raise_on_exit,
)
from mr.supervision.watchdog import Watchdog

__all__ = ["ScoreJob"]

SUMMARY = "summary"
OUTCOMES = ("scored", "rejected")
TRACEBACK = "Traceback (most recent call last):"


class ScoreJob(MRJob):  # type: ignore[misc]
    """Scores records in map tasks; its output is the merged summary, one line of JSON."""

    def run_mapper(self, step_num: int = 0) -> None:
        """Score the task's split; write its partial summary to stdout.

        Scored and rejected records go to part files below ``scores/`` and ``rejected/`` in the
        attempt's output folder.
        """
        spec = Spec.read(Path(SPEC_FILE))
        streams = RedirectedStreams()
        self.sandbox(streams.stdin, streams.stdout, streams.stderr)
        named = _range(self.stdin) if spec.ranges else None
        split = named.split if named else _split(spec)
        faulthandler.enable(streams.stderr)
        raise_on_exit()
        warn_once()
        task: Any = None

        def where() -> str:
            position = task.position if task else 0
            return f"input {split.file}, split at {split.start}, byte {position} of the split"

        def give_up(fault: str, stack: str) -> None:
            streams.end()
            self._fail(where(), f"{TRACEBACK}\n{stack}TimeoutError: {fault}", fault)
            exit_now(1)

        watchdog = Watchdog(
            _call_timeout(spec), self.stderr, lambda: self.set_status(where()), give_up
        )
        try:
            from mr.task.map_task import MapTask

            task = MapTask(spec, split, _sink(spec), Path())
            starting = time.time() - process_start() - task.seconds[Stage.LOAD]
            task.seconds[Stage.START] = starting
            collect_rarely()
            stdin = _open(named, spec) if named else self.stdin
            if split.chunked:
                stdin = _chunks(stdin, spec, split)
            told: Counter[str] = Counter()
            summary = task.run(stdin, lambda: self._report(where(), task, told))
            if named:
                _files(spec).check(named.file)
            else:
                _check_unchanged(spec)
            self.stdout.write(self.internal_protocol().write(SUMMARY, summary) + b"\n")
            for key, found in task.partials():  # JSON, without looking for what needs an escape
                self.stdout.write(f'"{key}"\t"{found}"\n'.encode())
            self.stdout.flush()
        except BaseException as error:  # a model may even call sys.exit
            import traceback

            watchdog.stop()
            kill_children()
            _close_model_processes()
            streams.flush()
            streams.end()
            self._fail(where(), traceback.format_exc(), _fault(error))
            exit_task(1)
        watchdog.stop()
        kill_children()
        elsewhere = _close_model_processes()
        streams.flush()
        streams.end()
        for stage, seconds in task.seconds.items():
            self.increment_counter(COUNTER_GROUP, stage.counter, int(seconds * 1000))
        for outcome in OUTCOMES:
            self.increment_counter(COUNTER_GROUP, outcome, task.counts[outcome] - told[outcome])
        self.increment_counter(COUNTER_GROUP, "input_bytes", task.bytes_read)
        if elsewhere:
            self.increment_counter(COUNTER_GROUP, "memory_mb", peak_memory_mb() + elsewhere)
        exit_task(0)

    def reducer(self, key: str, partials: Iterable[Any]) -> Iterator[tuple[str, Any]]:
        """Merge all partial summaries, or what a pipeline's tasks have found of ``key``."""
        if key == SUMMARY:
            from mr.summary import merge

            yield key, merge(partials)
        else:
            yield SUMMARY, self._reduce_task.reduce(key, partials)

    @cached_property
    def _reduce_task(self) -> Any:
        """What merges key after key in a reducer."""
        from mr.task.counting import ReduceTask

        spec = Spec.read(Path(SPEC_FILE))
        return ReduceTask(spec, _sink(spec))

    def _report(self, where: str, task: Any, told: Counter[str]) -> None:
        """Say where the task is: the runner shows it, and its log tells if the task dies.

        Count the records that aren't among those ``told`` of, too.
        """
        for outcome, count in (task.counts - told).items():
            self.increment_counter(COUNTER_GROUP, outcome, count)
            told[outcome] += count
        self.set_status(where)
        self._log(f"{AT}: {where}")

    def _fail(self, where: str, trace: str, fault: str) -> None:
        """Say what failed: what a model did, if that is why; the traceback; where."""
        if fault:
            self._log(f"{FAULT}: {fault}")
        self._log(f"{trace.rstrip()}\n{FAILED}: host {socket.gethostname()}, {where}")

    def _log(self, text: str) -> None:
        self.stderr.write(f"{text}\n".encode(errors="backslashreplace"))
        self.stderr.flush()


def _close_model_processes() -> int:
    """Close the processes of models that have packages of their own; the MB that they have had."""
    remote = sys.modules.get("mr.model_process.remote")
    memory: int = remote.close_all() if remote else 0
    return memory


def _call_timeout(spec: Spec) -> float:
    """An attempt that isn't the first may be here because the first one's model hung."""
    first = os.environ.get("mapreduce_task_attempt_id", "_0").endswith("_0")
    return spec.call_timeouts[0 if first else 1]


def _fault(error: BaseException) -> str:
    """What the model did, in one line, if that is why the task failed."""
    from mr.models.manifest import ModelFault, ModelFileError

    return " ".join(str(error).split()) if isinstance(error, (ModelFault, ModelFileError)) else ""


def _split(spec: Spec) -> Split:
    """The split that the runner has chosen."""
    names = {path: unstored.name for path, unstored in spec.unstored.items()}
    if names and PurePosixPath(input_path(os.environ)).parent == PurePosixPath(spec.files):
        names = {}  # it is one of the job's own
    return Split.from_environment(os.environ, spec.padded, names)


def _range(stdin: IO[bytes]) -> Any:
    """The range that the task's list names."""
    from mr.storage.file_range import FileRange

    return FileRange.read(stdin.read())


def _open(named: Any, spec: Spec) -> IO[bytes]:
    """The range's bytes; of an input that has its rows in columns, all that it has."""
    files = _files(spec)
    opened: IO[bytes] = (
        files.file(named.file).raw() if named.file.name in spec.footers else named.open(files)
    )
    return opened


def _files(spec: Spec) -> Any:
    from mr.storage.whole_files import JobFiles

    return JobFiles(spec.files, spec.webhdfs_url, spec.user)


def _chunks(stdin: IO[bytes], spec: Spec, split: Split) -> IO[bytes]:
    """The split's bytes, and those behind it up to the input's end."""
    from mr.storage.webhdfs import RESTART_SECONDS, read_range, webhdfs_client

    client = webhdfs_client(spec.webhdfs_url, spec.user)
    path = input_path(os.environ)
    end = split.start + split.length
    behind = read_range(client, path, end, spec.padded[split.file], RESTART_SECONDS)
    return io.BufferedReader(Chunks(stdin, split, behind), CHUNK)


def _check_unchanged(spec: Spec) -> None:
    """Raise InputChangedError unless the input is still what was submitted, once it is read."""
    from mr.storage.webhdfs import check_unchanged, webhdfs_client

    path = input_path(os.environ)
    if unstored := spec.unstored.get(path):
        client = webhdfs_client(spec.webhdfs_url, spec.user)
        check_unchanged(client, path, unstored.bytes, unstored.modified)


def _sink(spec: Spec) -> Any:
    from mr.storage.part_file import FileSink, HdfsSink
    from mr.storage.webhdfs import RESTART_SECONDS

    folder = os.environ["mapreduce_task_output_dir"]
    if spec.webhdfs_url:
        return HdfsSink(folder, spec.webhdfs_url, spec.user, retry_seconds=RESTART_SECONDS)
    return FileSink(folder)


if __name__ == "__main__":
    ScoreJob.run()
