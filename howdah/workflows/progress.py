"""How far a run is: each step's state and job, and why one didn't run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from howdah.answer import Outcome
from howdah.jobs.record import Job, State
from howdah.settings import Settings
from howdah.tracking.job_description import describe_job, error_of
from howdah.workflows.record import Run

__all__ = ["StepProgress", "describe_steps", "progress_of", "state_of_run"]


@dataclass(frozen=True)
class StepProgress:
    """A step, its newest job if it has one, and its state; ``why`` it isn't done, in words, and the
    ``error`` that it ended by, as programs are told of it."""

    name: str
    job: Job | None
    state: str
    why: str = ""
    error: Mapping[str, Any] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether its job goes on."""
        return self.job is not None and not self.job.is_finished


def progress_of(run: Run, jobs: Mapping[str, Job], *, going_on: bool) -> list[StepProgress]:
    """Each step, in the run's order; ``going_on``: a process is there that starts the next ones."""
    found: dict[str, StepProgress] = {}
    for step in run.workflow.steps:
        job = jobs.get(step.name)
        error: Mapping[str, Any] | None = run.failures.get(step.name)
        if job is not None and error is None and (told := error_of(job)):
            error = told.described(f"job {job.id}")
        if job is not None:
            state = job.outcome
            if error and state == State.DONE:
                state = Outcome.FAILED
            why = _first_line(error)
        elif error:
            state, why = Outcome.FAILED, _first_line(error)
        else:
            state, why = (
                Outcome.NOT_RUN,
                _why_not_run(run, [found[n] for n in step.needs], going_on),
            )
        found[step.name] = StepProgress(step.name, job, state, why, error)
    return list(found.values())


def state_of_run(steps: Sequence[StepProgress], *, going_on: bool) -> str:
    """The run's state: that of the first step that isn't done, unless it goes on."""
    if going_on or any(step.is_under_way for step in steps):
        return State.RUNNING
    states = [step.state for step in steps if step.state != State.DONE]
    ended = [state for state in states if state != Outcome.NOT_RUN]
    return (ended or states or [State.DONE.value])[0]


def describe_steps(
    run: Run,
    steps: Iterable[StepProgress],
    settings: Settings,
    summaries: Mapping[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:
    """The steps for programs, by name."""
    told = {}
    for step in steps:
        if step.job:
            described = describe_job(step.job, settings)
        else:
            described = {"job": None, "run": {"id": run.id, "step": step.name}, "counts": None}
        told[step.name] = described | {
            "state": step.state,
            "why": step.why or None,
            "error": step.error,
            "summary": (summaries or {}).get(step.name),
        }
    return told


def _why_not_run(run: Run, needs: Sequence[StepProgress], going_on: bool) -> str:
    """Why a step hasn't run: what it reads isn't there, or nobody has started it."""
    for need in needs:
        if need.state == State.DONE:
            continue
        if need.state == Outcome.NOT_RUN:
            return f"it reads @{need.name}, which was not run"
        if need.is_under_way:
            return f"it reads @{need.name}, which is {need.state}"
        verb = "failed" if need.state == Outcome.FAILED else f"was {need.state}"
        return f"it reads @{need.name}, which {verb}" + (f": {need.why}" if need.why else "")
    if going_on:
        return "it is about to start"
    return f"it has no job, or none any more; bin/submit --resume {run.id} runs it"


def _first_line(error: Mapping[str, Any] | None) -> str:
    return str(error["what"]).partition("\n")[0] if error else ""
