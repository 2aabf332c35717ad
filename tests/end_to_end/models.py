"""Models that stumble over one record, each in its own way.

Their files carry this module's text, since a task has nothing of the tests.
"""

import os
import signal
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

__all__ = ["REQUIRES", "STONE", "Echo", "Exiting", "Gated", "Killed", "Script", "Short"]

# What bin/models add must be told of them, whose files don't say what they were made with
REQUIRES = ("--requires", f"scikit-learn=={version('scikit-learn')}")
STONE = -1  # the record that they stumble over


class Echo(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Gives each record's only number back."""

    def fit(self, rows: Any, truth: Any = None) -> "Echo":
        """Learn nothing: there is nothing to know."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, rows: Any) -> Any:
        numbers = np.asarray(rows)[:, 0]
        if (numbers == STONE).any():
            self.stumble()
        return numbers

    def stumble(self) -> None:
        """Do nothing: this one has no trouble."""

    def __reduce__(self) -> Any:
        given = {
            "text": Path(__file__).read_text(),
            "space": {"__name__": "models"},
            "name": type(self).__name__,
            "parameters": vars(self),
        }
        return eval, ("exec(text, space) or space[name](**parameters)", given)


class Gated(Echo):
    """Waits until the folder ``gates`` has a file named as the job."""

    def __init__(self, gates: str) -> None:
        self.gates = gates

    def stumble(self) -> None:
        job = os.environ["mapreduce_task_output_dir"].split("/jobs/")[1].split("/")[0]
        while not Path(self.gates, job).exists():
            time.sleep(0.02)


class Exiting(Echo):
    """Ends its process as a script would."""

    def stumble(self) -> None:
        sys.exit("the stone was too heavy")


class Killed(Echo):
    """Is killed, as the kernel does when memory runs out."""

    def stumble(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Script(Echo):
    """Does what its ``code`` says."""

    def __init__(self, code: str) -> None:
        self.code = code

    def stumble(self) -> None:
        exec(self.code, {})


class Short(Echo):
    """Leaves the last record out, where there is a stone."""

    def predict(self, rows: Any) -> Any:
        numbers = super().predict(rows)
        return numbers[:-1] if (numbers == STONE).any() else numbers
