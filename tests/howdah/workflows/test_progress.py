"""How far a run is, and why a step didn't run."""

from typing import Any

from howdah.jobs.record import Job, State
from howdah.jobs.stored_input import Input
from howdah.settings import Runner
from howdah.workflows.progress import progress_of, state_of_run
from howdah.workflows.record import Run
from howdah.workflows.step import Step, Workflow

STEPS = (Step("score", ("a.csv",)), Step("quality", ("@score",)), Step("more", ("@quality",)))
RUN = Run("run-1", 0.0, "local", Workflow("w.toml", STEPS))


def job(step: str, state: State, **values: Any) -> Job:
    """A job of ten records."""
    inputs = (Input("a.csv", "00000.txt", lines=10),)
    return Job(step, state, Runner.LOCAL, "p", "", "", 0.0, inputs=inputs, step=step, **values)


def told(*jobs: Job, going_on: bool = False, **failures: str) -> tuple[str, list[tuple[str, str]]]:
    """The run's state, and each step's with its reason."""
    described = {
        step: {"what": what, "where": None, "hint": None} for step, what in failures.items()
    }
    run = Run(RUN.id, 0.0, "local", RUN.workflow, failures=described)
    steps = progress_of(run, {job.step: job for job in jobs}, going_on=going_on)
    return state_of_run(steps, going_on=going_on), [(step.state, step.why) for step in steps]


def test_a_step_that_reads_a_rejected_one() -> None:
    """It isn't run, nor is what reads it; the run is as the first of them."""
    many = job("score", State.DONE, scored=8, rejected=2)
    why = "2 of 10 records were rejected (20.0%), and --max-rejected is 1.0%"
    assert told(many) == (
        "rejected",
        [
            ("rejected", why),
            ("not run", f"it reads @score, which was rejected: {why}"),
            ("not run", "it reads @quality, which was not run"),
        ],
    )


def test_a_step_that_reads_a_failed_one() -> None:
    """The first line of the failure says why."""
    state, steps = told(job("score", State.FAILED, error="x"), score="the disk is ill\nmore")
    assert state == "failed"
    assert steps[1] == ("not run", "it reads @score, which failed: the disk is ill")


def test_a_step_that_failed_before_it_had_a_job() -> None:
    """Its failure is in the run's record."""
    state, steps = told(job("score", State.DONE, scored=10, rejected=0), quality="no such column")
    assert (state, steps[1]) == ("failed", ("failed", "no such column"))


def test_a_run_that_goes_on() -> None:
    """What isn't there yet is awaited."""
    state, steps = told(job("score", State.RUNNING), going_on=True)
    assert state == "running"
    assert steps[1] == ("not run", "it reads @score, which is running")


def test_a_run_that_nobody_goes_on_with() -> None:
    """It is told what would."""
    state, steps = told(job("score", State.DONE, scored=10, rejected=0))
    assert state == "not run"
    assert "bin/submit --resume run-1 runs it" in steps[1][1]


def test_a_run_that_is_done() -> None:
    ended = [job(step.name, State.DONE, scored=10, rejected=0) for step in STEPS]
    assert told(*ended) == ("done", [("done", "")] * 3)
