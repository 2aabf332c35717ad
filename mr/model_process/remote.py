"""A model in a process of its own, as its task sees it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import mr
from mr.model_process.channel import Channel, Closed, Garbled
from mr.model_process.child import WHERE
from mr.model_process.raised import as_note, as_told
from mr.models.manifest import Manifest, ModelFault, ModelFileError
from mr.scoring.features import Features
from mr.scoring.prediction import Prediction
from mr.scoring.predictor import Facts
from mr.scoring.probe import is_probe
from mr.supervision.threads import ONE_THREAD
from mr.supervision.watchdog import at_work_elsewhere, call_returned

__all__ = ["ModelProcess", "close_all"]

# Python alone: no site's packages, no environment variables, no folder that happens to be current
PYTHON = ("-P", "-s", "-S", "-E", "-B", "-X", "utf8")
PROGRAM = """
import sys
code, environment, *descriptors = sys.argv[1:]
sys.path.insert(0, code)
import mr
sys.path[0] = environment
del sys.argv[1:]
from mr.model_process.child import main
main(*map(int, descriptors))
"""

SECONDS_TO_END = 5.0
SECONDS_TO_TELL = 2.0  # where it is
TRACE_BYTES = 1 << 16

_running: list["ModelProcess"] = []


class ModelProcess:
    """A model that is loaded and asked in a process of its own, with other packages.

    The process ends with the thread that makes this. What the model raises is raised here, with the
    same name and words; ModelFault where its process ends.
    """

    def __init__(
        self,
        manifest: Manifest,
        folder: Path,
        environment: Path,
        prefix: str = "",
        extra_path: Sequence[Path] = (),
    ) -> None:
        """Start the process, with the packages in ``environment``, and have it load the model from
        ``folder``, where its files' names have a ``prefix``; ``facts`` or the first request wait
        for that. ``extra_path`` has modules for ``call``. Raises ModelFileError where there is no
        such environment.
        """
        if not environment.is_dir():
            raise ModelFileError(
                f"the packages of model {manifest.name} are missing: there is no {environment}"
            )
        self._name = manifest.name
        self._columns: Any = None
        self._idle = False
        self._asked = 0  # requests
        self._given_up = False
        self._memory_mb: int | None = None
        self._traces = os.memfd_create("traces")
        self._process, self._channel = self._start(environment)
        _running.append(self)
        self._send(
            {
                "do": "load",
                "manifest": asdict(manifest),
                "folder": str(folder.absolute()),
                "prefix": prefix,
                "extra_path": [str(path.absolute()) for path in extra_path],
            }
        )

    @cached_property
    def facts(self) -> Facts:
        """What the model is, once it is loaded; raises what went wrong then."""
        if self._idle or self._memory_mb is not None:
            raise ModelFault(f"model {self._name} could not be loaded")
        told, _ = self._answer()
        classes = told["classes"]
        return Facts(classes and tuple(map(tuple, classes)), told["are_trees"])

    def predict(self, features: Features | list[str]) -> Prediction:
        """The prediction for n rows of a table, or n texts."""
        from mr.model_process.wire import columns_of, pack_rows, unpack

        assert self.facts
        rows, pieces = pack_rows(features)
        request = {"do": "predict", "rows": rows, "probe": is_probe()}
        columns = columns_of(features)
        if columns != self._columns:
            request["columns"] = self._columns = columns
        self._send(request, pieces)
        del pieces
        told, found = self._answer()
        return unpack(told["prediction"], found)

    def call(self, function: str, **arguments: object) -> Any:
        """What a function, ``module:function``, says of the model and these arguments, which JSON
        has, as it has what the function returns."""
        assert self.facts
        self._send({"do": "call", "function": function, "arguments": arguments})
        return self._answer()[0]["said"]

    def one_thread(self) -> AbstractContextManager[None]:
        """Nothing: it has one thread from its beginning."""
        return nullcontext()

    def __enter__(self) -> "ModelProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> int:
        """End the process, once it has written what was printed, and at once if it is at work; the
        most memory that it has had, in MB, as far as it could tell."""
        if self._memory_mb is None:
            told: dict[str, Any] = {}
            with suppress(ModelFault, Closed, subprocess.TimeoutExpired):
                if self._idle:
                    self._send({"do": "end"})
                    told, _ = self._answer()
                    self._process.wait(SECONDS_TO_END)
            self.kill()
            self._memory_mb = told.get("memory_mb", 0)
        return self._memory_mb

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        if self in _running:
            _running.remove(self)
            self._channel.close()
            if not self._given_up:  # another thread reads where it was
                os.close(self._traces)
        self._memory_mb = self._memory_mb or 0

    def _start(self, environment: Path) -> tuple[subprocess.Popen[bytes], Channel]:
        requests, to_child = os.pipe()
        from_child, answers = os.pipe()
        given = (requests, answers, self._traces)
        code = Path(mr.__file__ or "").absolute().parents[1]
        python = getattr(sys, "_base_executable", sys.executable)
        command = [python, *PYTHON, "-c", PROGRAM, str(code), str(environment.absolute())]
        try:
            process = subprocess.Popen(
                [*command, *map(str, given), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=2,  # on the host, stdout is a command's answer
                env=os.environ | ONE_THREAD,
                pass_fds=given,
            )
        finally:
            os.close(requests)
            os.close(answers)
        return process, Channel(from_child, to_child, lambda: process.poll() is None)

    def _send(self, request: dict[str, Any], pieces: Sequence[Any] = ()) -> None:
        if self._memory_mb is not None:
            raise ModelFault(f"model {self._name}: its process has ended")
        self._idle = False
        self._asked += 1
        with at_work_elsewhere(self._stack):
            try:
                self._channel.send(request, pieces)
            except Closed:
                raise self._death() from None

    def _answer(self) -> tuple[dict[str, Any], list[memoryview]]:
        told: dict[str, Any] = {"returned": True}
        with at_work_elsewhere(self._stack):
            try:
                while "returned" in told:
                    told, pieces = self._channel.receive()
                    call_returned()
            except Closed:
                raise self._death() from None
            except Garbled:
                raise self._not_its_own() from None
        if self._given_up:  # the signal that asks where it is may interrupt what it waits for
            raise ModelFault(f"model {self._name}: its process has been ended")
        if told.get("answer") != self._asked:
            raise self._not_its_own()
        self._idle = True
        if "error" in told:
            raise as_told(told["error"], f"the process of model {self._name}")
        return told, pieces

    def _death(self) -> ModelFault:
        """That the process has ended by itself, and how."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(SECONDS_TO_END)
        status = self._process.poll()
        trace = self._trace(0).partition("\nExtension modules:")[0]
        self.kill()
        if status is None:
            how = "closed its pipe"
        elif status >= 0:
            how = f"ended with exit status {status}"
        else:
            name = signal.Signals(-status).name
            how = f"was killed by {name}" + (": out of memory?" if name == "SIGKILL" else "")
        fault = ModelFault(f"model {self._name}: its process {how}")
        if trace:
            fault.add_note(as_note("it was here:", trace))
        return fault

    def _not_its_own(self) -> ModelFault:
        """That something came through its pipe that is no answer of its, and what follows can't be
        told from one."""
        self.kill()
        return ModelFault(f"model {self._name}: something else writes to the pipe of its process")

    def _stack(self) -> str:
        """Where the process is, most recent call last, as far as it tells; it is ended."""
        before = os.fstat(self._traces).st_size
        deadline = time.monotonic() + SECONDS_TO_TELL
        self._given_up = True
        self._process.send_signal(WHERE)
        trace = ""
        while time.monotonic() < deadline:
            time.sleep(0.05)
            told = self._trace(before)
            if trace and told == trace:
                break
            trace = told
        self._process.kill()
        calls = [line for line in trace.split("\n") if line.startswith("  ")]
        return "".join(f"{line}\n" for line in reversed(calls))

    def _trace(self, start: int) -> str:
        return os.pread(self._traces, TRACE_BYTES, start).decode(errors="backslashreplace")


def close_all() -> int:
    """Close every model's process that runs; the memory that all have had, in MB."""
    return sum(process.close() for process in [*_running])
