"""What a run is resumed with: what it reads is as it was, or what has changed is accepted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from howdah.errors import HowdahError, UsageError
from howdah.inputs.find import find_inputs
from howdah.jobs.record import Job, Jobs, State
from howdah.settings import Settings
from howdah.workflows.definition import read
from howdah.workflows.record import Run, Runs, jobs_of
from howdah.workflows.step import Step, Workflow
from howdah.workflows.versions import Change, Version, local_version, version_of_step

__all__ = ["resumable"]

UNREAD = (State.UPLOADING, State.FAILED, State.CANCELLED)  # such a job's input is read again


def resumable(
    run: Run,
    settings: Settings,
    say: Callable[[str], None],
    *,
    max_rejected: float | None,
    accept_changes: bool,
) -> Run:
    """The run as it goes on, recorded; whoever calls holds its lock.

    Raises UsageError for what has changed since it began, unless that is accepted; the steps of a
    workflow file that has changed are then those that it has now. What is changed is said, and
    noted in the records of the run and of its jobs. ``max_rejected`` is that of all steps that
    aren't done.
    """
    runs, jobs = Runs(settings.state), Jobs(settings.state)
    found = jobs_of(run, jobs)
    workflow, changes = run.workflow, list[Change]()
    if run.version and (change := _change_of_file(run, run.version, say)):
        changes.append(change)
        if accept_changes:
            workflow = read(Path(workflow.file), settings)
    anew = _redefined(workflow, run.workflow)
    known = run.version or Version()
    read_already = {
        step for step, job in found.items() if job.state not in UNREAD and step not in anew
    }
    now = _version(workflow, run.runner, settings, known, read_already, say)
    changes += known.changes(now)
    if changes and not accept_changes:
        raise UsageError(
            "\n  ".join(
                [
                    f"what {run.id} reads isn't what it began with",
                    *(change.said for change in changes),
                ]
            ),
            hint=f"submit it anew; or --resume {run.id} --accept-changes: steps that are done stay"
            " as they are, the others take what is there now",
            where=run.id,
        )
    if max_rejected is not None:
        workflow, rates = _with_rate(workflow, max_rejected, found)
        changes += rates
    for change in changes:
        say(f"accepted: {change.said}")
    run = runs.update(
        run,
        workflow=workflow,
        version=known | now | _version_of_file(workflow, known),
        changes=(*run.changes, *(change.described() for change in changes)),
        failures={},
        anew=run.anew | dict.fromkeys(anew & found.keys(), time.time()),
    )
    if changes:
        for job in jobs_of(run, jobs).values():
            jobs.update(job, changes=run.changes)
    return run


def _change_of_file(run: Run, known: Version, say: Callable[[str], None]) -> Change | None:
    """What has become of the workflow's own file; nothing if it is gone, or was none."""
    name = run.workflow.file
    if name and not Path(name).exists():
        say(f"{name} isn't there any more: what it said when the run began holds")
        return None
    changes = known.changes(_version_of_file(run.workflow, known))
    return next(changes, None)


def _version_of_file(workflow: Workflow, known: Version) -> Version:
    name = workflow.file
    if not name or not Path(name).exists():
        return Version()
    return Version(files={name: local_version(Path(name), known.files.get(name))})


def _redefined(now: Workflow, before: Workflow) -> set[str]:
    """The steps that would come out otherwise than before, and those that read them."""
    old = {step.name: _meaning(step) for step in before.steps}
    found: set[str] = set()
    for step in now.steps:
        if old.get(step.name) != _meaning(step) or found & set(step.needs):
            found.add(step.name)
    return found


def _meaning(step: Step) -> Step:
    """The step without what changes none of its results."""
    return replace(step, max_rejected=0.0, splits=0, keep_in_store=False)


def _version(
    workflow: Workflow,
    runner: str,
    settings: Settings,
    known: Version,
    read_already: set[str],
    say: Callable[[str], None],
) -> Version:
    """What all steps read now; of one that has ``read_already``, it may be gone."""
    now = Version()
    for step in workflow.steps:
        with workflow.at(step.name):
            try:
                sources = [] if step.needs else find_inputs(step.inputs, runner, settings)
                now |= version_of_step(step, sources, settings, known)
            except HowdahError as error:
                if step.name not in read_already:
                    raise
                say(f"{step.name} has what it read, which isn't there any more: {error.message}")
    return now


def _with_rate(
    workflow: Workflow, rate: float, found: dict[str, Job]
) -> tuple[Workflow, Sequence[Change]]:
    """The workflow with another --max-rejected for the steps that aren't done."""
    steps, changes = [], []
    for step in workflow.steps:
        job = found.get(step.name)
        done = job is not None and job.outcome == State.DONE
        if not done and step.max_rejected != rate:
            name = f"max_rejected of step {step.name}"
            said = f"{name} becomes {rate:g}, it was {step.max_rejected:g}"
            changes.append(Change(name, step.max_rejected, rate, said))
            step = replace(step, max_rejected=rate)
        steps.append(step)
    return replace(workflow, steps=tuple(steps)), changes
