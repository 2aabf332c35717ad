"""What a workflow is: steps, each a job, some of which read what earlier ones have scored."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from howdah.errors import HowdahError

__all__ = ["STEP", "Step", "Workflow"]

STEP = "@"  # begins an input that is an earlier step's output
OWN = ("name", "inputs", "options")  # what of a step isn't an option of every job


@dataclass(frozen=True)
class Step:
    """One job to be. ``inputs`` are absolute, or ``@`` and an earlier step's name; ``options`` are
    the pipeline's own."""

    name: str
    inputs: tuple[str, ...]
    pipeline: str | None = None
    model: str | None = None
    max_rejected: float = 0.01
    splits: int = 0
    keep_in_store: bool = False
    no_header: bool = False
    keep: str | None = None
    output: str | None = None
    encoding: str | None = None
    skip_lines: int = 0
    options: dict[str, str] = field(default_factory=dict)

    @property
    def needs(self) -> list[str]:
        """The steps that this one reads."""
        return [name.removeprefix(STEP) for name in self.inputs if name.startswith(STEP)]

    def arguments(self, runner: str) -> argparse.Namespace:
        """What ``bin/submit`` would be told of the step alone."""
        stated = {name: value for name, value in vars(self).items() if name not in OWN}
        return argparse.Namespace(**stated, runner=runner, **self.options)


@dataclass(frozen=True)
class Workflow:
    """``source`` says where it is from; every step comes after those that it needs. ``file``: the
    absolute name of the file that says it, if one does."""

    source: str
    steps: tuple[Step, ...]
    file: str = ""

    @contextmanager
    def at(self, step: str) -> Iterator[None]:
        """Errors of this step say so."""
        try:
            yield
        except HowdahError as error:
            error.where = error.where or f"{self.source}, step {step}"
            error.message = f"{self.source}, step {step}: {error.message}"
            raise
