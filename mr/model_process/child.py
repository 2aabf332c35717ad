"""The program of a model's process: it loads the model, and answers what its task asks.

It has the packages of the model's environment, and of Howdah's only ``mr``, which finds nothing of
its own packages here: what is imported before the model is loaded is Python's own.
"""

import faulthandler
import importlib
import os
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

from mr.model_process.channel import Channel, Closed
from mr.model_process.raised import told_of
from mr.models.manifest import manifest_of
from mr.supervision.printed_output import flush_printed, open_streams, warn_once
from mr.supervision.process import (
    collect_rarely,
    end_with,
    exit_now,
    kill_children,
    peak_memory_mb,
    raise_on_exit,
)
from mr.supervision.watchdog import tell_returns

__all__ = ["WHERE", "main"]

WHERE = signal.SIGUSR1  # asks this process where it is

Answer = tuple[dict[str, Any], list[Any]]  # a message, and the pieces that belong to it


def main(requests: int, answers: int, traces: int, parent: int) -> NoReturn:
    """Serve the process ``parent``: its requests come from one file descriptor, answers go to
    another; ``traces`` is a file for stacks, if this process crashes or is asked."""
    end_with(parent)
    for descriptor in (requests, answers, traces):
        os.set_inheritable(descriptor, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent is interrupted, and ends it
    open_streams()
    faulthandler.enable(traces)
    faulthandler.register(WHERE, traces, all_threads=False)
    raise_on_exit()
    warn_once()
    try:
        _serve(Channel(requests, answers))
    except Closed:
        kill_children()
        exit_now(1)
    exit_now(0)


def _serve(channel: Channel) -> None:
    """Answer one request after the other, until the last one."""
    process = os.getpid()

    def tell() -> None:
        if os.getpid() == process:  # and no fork of the model's
            channel.send({"returned": True})

    tell_returns(tell)
    with ExitStack() as limits:
        model = _Model(limits)
        requests: dict[str, Callable[..., Answer]] = {
            "load": model.load,
            "predict": model.predict,
            "call": model.call,
        }
        for number in count(1):
            request, pieces = channel.receive()
            if request["do"] == "end":
                break
            try:
                answer = requests[request["do"]](request, pieces)
            except Closed:
                raise
            except BaseException as error:  # a model may even call sys.exit
                # a prediction's is one of many, perhaps
                answer = {"error": told_of(error, trace=request["do"] != "predict")}, []
            if os.getpid() != process:
                exit_now(1)  # a fork of the model's that it has returned from
            channel.send(answer[0] | {"answer": number}, answer[1])
            del answer, pieces
    kill_children()
    flush_printed()
    channel.send({"memory_mb": peak_memory_mb(), "answer": number})


class _Model:
    """The model, once it is loaded; ``limits`` are what it is held to from then on."""

    def __init__(self, limits: ExitStack) -> None:
        self._limits = limits
        self._predictor: Any = None
        self._columns: Any = None

    def load(self, request: dict[str, Any], _: list[memoryview]) -> Answer:
        """Load the model from a folder; what is it?"""
        from mr.models.loading import load_files
        from mr.scoring.predictor import LoadedModel

        manifest = manifest_of(request["manifest"])
        files = load_files(manifest, Path(request["folder"]), request["prefix"])
        self._predictor = LoadedModel.of_files(manifest, files)
        sys.path += request["extra_path"]  # behind all that the model may import
        self._limits.enter_context(self._predictor.one_thread())
        facts = self._predictor.facts
        collect_rarely()
        return {"classes": facts.classes, "are_trees": facts.are_trees}, []

    def predict(self, request: dict[str, Any], pieces: list[memoryview]) -> Answer:
        """Predict rows."""
        from mr.model_process.wire import pack, unpack_rows
        from mr.scoring.probe import probing

        if "columns" in request:
            columns = request["columns"]
            names, types, form = columns or ((), (), "")
            self._columns = columns and (tuple(names), tuple(types), form)
        rows = unpack_rows(request["rows"], pieces, self._columns)
        with probing() if request["probe"] else nullcontext():
            prediction, found = pack(self._predictor.predict(rows))
        return {"prediction": prediction}, found

    def call(self, request: dict[str, Any], _: list[memoryview]) -> Answer:
        """What a function says of the model."""
        module, _, name = request["function"].partition(":")
        function = getattr(importlib.import_module(module), name)
        return {"said": function(self._predictor.model, **request["arguments"])}, []
