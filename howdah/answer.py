"""What a command answers: lines for people as it goes along, or one JSON document at its end.

docs/programs.md says what is in the document, docs/output.schema.json which form it has.
"""

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

__all__ = ["Answer", "Outcome", "wants_json"]

JSON = "--json"
SHORTEST = 3  # argparse takes --j for it, too


class Outcome:
    """States of a command, beside those of a job."""

    DONE = "done"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_RUN = "not run"


INTERRUPTED = (130, 143)  # which changes nothing of a job
BY_EXIT_STATUS = {
    0: Outcome.DONE,
    2: Outcome.NOT_RUN,
    3: Outcome.REJECTED,
    **dict.fromkeys(INTERRUPTED, Outcome.CANCELLED),
}


def wants_json(words: Sequence[str]) -> bool:
    """Whether the words of a command line ask for JSON, even if they can't be understood."""
    return any(len(word) >= SHORTEST and JSON.startswith(word) for word in words)


class Answer:
    """The answer of one command, which is called ``command``; ``as_json``: as a document."""

    def __init__(self, command: str = "", *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._command = command
        self._told: dict[str, Any] = {}
        self._rows: list[Any] | None = None

    def told(self, key: str) -> Any:
        """What was told of ``key``; None if nothing was."""
        return self._told.get(key)

    def say(self, *lines: str, at_once: bool = False) -> None:
        """Print lines for people; ``at_once``: before the command ends, in a pipe, too."""
        if lines and not self.as_json:
            print("\n".join(lines), flush=at_once)

    def tell(self, **values: Any) -> None:
        """Put values into the document; a later one of the same key takes its place."""
        self._told |= values

    def rows(self, rows: Sequence[Any]) -> None:
        """Have the document be a list, unless the command fails."""
        self._rows = [*rows]

    def document(self, exit_status: int, error: Mapping[str, Any] | None = None) -> Any:
        """What there is to tell of a command that ends with ``exit_status`` by ``error``."""
        if error is None and self._rows is not None:
            return self._rows
        error = error or self.told("error")
        if error and not error["where"]:
            error = {**error, "where": self._place()}
        state = self.told("state")
        failed = exit_status and exit_status not in INTERRUPTED
        if state is None or (state == Outcome.DONE and failed):
            state = BY_EXIT_STATUS.get(exit_status, Outcome.FAILED)
            if state == Outcome.NOT_RUN and self.told("job"):
                state = Outcome.FAILED
        ended = {"state": state, "exit_status": exit_status, "error": error}
        return ended | self._told | ended  # these come first

    def print(self, exit_status: int, error: Mapping[str, Any] | None = None) -> None:
        """Print the document, in one line and by one write."""
        document = _finite(self.document(exit_status, error))
        sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
        sys.stdout.flush()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Have whatever else is printed go to stderr while the document isn't there yet."""
        if not self.as_json:
            yield
            return
        real = None not in (sys.stdout, sys.stderr) and sys.stdout is sys.__stdout__
        kept = os.dup(1) if real else None
        if kept is not None:
            os.dup2(2, 1)
        try:
            with redirect_stdout(sys.stderr):
                yield
        finally:
            if kept is not None:
                os.dup2(kept, 1)
                os.close(kept)

    def _place(self) -> str:
        run, job = self.told("run"), self.told("job")
        return f"job {job}" if job else run if isinstance(run, str) else self._command


def _finite(value: Any) -> Any:
    """The same without NaN and infinity, which JSON doesn't have."""
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
