"""All steps of a workflow planned before any of them runs."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from howdah.errors import UsageError
from howdah.inputs.find import find_inputs
from howdah.inputs.input_file import InputFile
from howdah.inputs.reading import read_as
from howdah.settings import Settings
from howdah.submission.plan import make_plan
from howdah.submission.validation import reading_of
from howdah.workflows.step import Step, Workflow
from howdah.workflows.versions import Version, local_version, version_of_step

__all__ = ["plan_steps"]


def plan_steps(workflow: Workflow, runner: str, settings: Settings) -> Version:
    """Plan every step before any runs, and look at all that they read.

    What scoring steps will write is known beforehand.
    """
    written: dict[str, InputFile] = {}
    read: dict[str, Sequence[InputFile]] = {}
    for step in workflow.steps:
        with workflow.at(step.name):
            if step.needs:
                sources = [written[need] for need in step.needs]
            else:
                sources = find_inputs(step.inputs, runner, settings)
                read[step.name] = sources
            args = step.arguments(runner)
            sources, _ = read_as(sources, reading_of(args, settings))
            with _naming_what_is_kept(step, workflow):
                planned = make_plan(args, sources, settings)
            written[step.name] = InputFile(
                name=f"@{step.name}",
                head=b"",
                suffix="",
                columns=planned.get("columns", ()),
                file=Path(os.devnull),
                predicted=planned.get("predicted", {}),
            )
    version = Version()
    if workflow.file:
        version |= Version(files={workflow.file: local_version(Path(workflow.file))})
    for step in workflow.steps:
        version |= version_of_step(step, read.get(step.name, ()), settings, version)
    return version


@contextmanager
def _naming_what_is_kept(step: Step, workflow: Workflow) -> Iterator[None]:
    """What a step doesn't find, a step that it reads may have left out: its errors say so."""
    try:
        yield
    except UsageError as error:
        for other in workflow.steps:
            if other.name in step.needs and other.keep is not None:
                error.message += f" (step {other.name} leaves others out: --keep {other.keep})"
        raise
