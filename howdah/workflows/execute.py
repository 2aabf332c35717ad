"""A workflow's run: each step's job is started once those that it reads are done.

What is done is in the jobs' records, so a run that was killed goes on from them.
"""

import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any

from howdah.answer import Answer
from howdah.errors import HowdahError, IntegrityError, RejectedError, UsageError
from howdah.inputs.find import find_inputs
from howdah.jobs.marks import Mark
from howdah.jobs.record import Job, Jobs, State
from howdah.jobs.stored_input import Input
from howdah.os_errors import as_howdah_error
from howdah.settings import Settings
from howdah.submission.submit import (
    Callbacks,
    check_outcome,
    final_summary,
    submit,
    upload_was_interrupted,
    wait_for_end,
)
from howdah.tracking.job_status import refresh_status
from howdah.tracking.summary_text import summary_lines
from howdah.workflows.plan import plan_steps
from howdah.workflows.progress import (
    StepProgress,
    describe_steps,
    progress_of,
    state_of_run,
)
from howdah.workflows.record import Run, Runs, jobs_of
from howdah.workflows.resume import resumable
from howdah.workflows.step import Step, Workflow
from howdah.workflows.step_inputs import scores_of
from howdah.workflows.versions import (
    Change,
    changed_inputs,
    version_of_step,
)

__all__ = ["resume", "run_workflow"]

AT_ONCE = 4  # steps; more would only wait for the same cores


def run_workflow(workflow: Workflow, runner: str, settings: Settings, answer: Answer) -> int:
    """Run a workflow that can be; the first failed step's exit status, or 0."""
    runner = settings.runner(runner)
    version = plan_steps(workflow, runner, settings)
    runs = Runs(settings.state)
    run = runs.create(workflow, runner, version)
    with runs.lock(run.id):
        return _Execution(run, settings, answer).run()


def resume(
    run_id: str,
    settings: Settings,
    answer: Answer,
    *,
    max_rejected: float | None = None,
    accept_changes: bool = False,
) -> int:
    """Go on with a run: what is done is used, what goes on is followed, the rest is run."""
    runs = Runs(settings.state)
    run = runs.read(run_id)
    answer.tell(run=run.id)
    with runs.lock(run_id):

        def say(text: str) -> None:
            print(f"howdah: {run_id}: {text}", file=sys.stderr, flush=True)

        run = resumable(
            run, settings, say, max_rejected=max_rejected, accept_changes=accept_changes
        )
        return _Execution(run, settings, answer).run()


class _Execution:
    """The steps of a run, on their way."""

    def __init__(self, run: Run, settings: Settings, answer: Answer) -> None:
        self._run = run
        self._settings = settings
        self._answer = answer
        self._runs = Runs(settings.state)
        self._jobs = Jobs(settings.state)
        self._earlier: dict[str, Job] = {}
        self._done: dict[str, Job] = {}
        self._failed: dict[str, int] = {}  # exit statuses
        self._summaries: dict[str, dict[str, Any]] = {}
        self._stop = Event()

    def run(self) -> int:
        self._answer.tell(run=self._run.id)
        self._answer.say(self._run.id, at_once=True)
        self._earlier = jobs_of(self._run, self._jobs)
        try:
            self._run_all()
        except KeyboardInterrupt:
            self._interrupted()
            raise
        finally:
            self._tell()
        for step in self._run.workflow.steps:
            if status := self._failed.get(step.name):
                print(f"howdah: bin/submit --resume {self._run.id} redoes what failed, and goes on",
                      file=sys.stderr)  # fmt: skip
                return status
        return 0

    def _run_all(self) -> None:
        steps = self._run.workflow.steps
        begun: set[str] = set()
        under_way: dict[Future[Job], Step] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                while True:
                    for step in steps:
                        if step.name not in begun and self._done.keys() >= set(step.needs):
                            begun.add(step.name)
                            under_way[pool.submit(self._run_step, step)] = step
                    if not under_way:
                        break
                    ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in ended:
                        self._step_ended(under_way.pop(future), future)
            except BaseException:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                raise
        for one in self._progress():
            if one.name not in begun:
                self._message(one.name, f"{one.state}: {one.why}")

    def _step_ended(self, step: Step, future: Future[Job]) -> None:
        try:
            self._done[step.name] = future.result()
        except Exception as error:  # other branches go on
            found = as_howdah_error(error, self._settings) or HowdahError(
                f"{type(error).__name__}: {error}"
            )
            self._failed[step.name] = found.exit_status
            described = found.described(f"{self._run.id}/{step.name}")
            failures = self._run.failures | {step.name: described}
            self._run = self._runs.update(self._run, failures=failures)
            self._message(step.name, str(found))

    def _run_step(self, step: Step) -> Job:
        """See to one step's end; raises what ``bin/submit`` would."""
        callbacks = Callbacks(
            on_id=partial(self._print, step.name),
            on_message=partial(self._message, step.name),
            show_bars=False,
            is_stopped=self._stop.is_set,
            on_stored=partial(self._check_stored, step),
        )
        job = self._reusable_job(step)
        if job is None:
            job = self._submit_step(step, callbacks)
        else:
            callbacks.on_id(job.id)
            callbacks.on_message("it is done" if job.is_finished else "it goes on: following it")
        ended_before = job.is_finished
        job = wait_for_end(job, self._settings, callbacks)
        if not job.is_finished:
            raise KeyboardInterrupt
        summary = final_summary(job, self._settings)
        self._summaries[step.name] = summary
        if not ended_before:
            self._print(step.name, *summary_lines(job, summary))
            self._jobs.mark(job.id, Mark.TOLD)
        check_outcome(job, summary)
        return job

    def _reusable_job(self, step: Step) -> Job | None:
        """The step's job of before, if it goes on, or is done and its output still there."""
        job = self._earlier.get(step.name)
        if job is None or upload_was_interrupted(job, self._jobs):
            return None
        if job.max_rejected != step.max_rejected:  # another one since, which is in its changes
            job = self._jobs.update(job, max_rejected=step.max_rejected)
        with suppress(RejectedError, IntegrityError, UsageError):
            job = refresh_status(job, self._settings).job
            if job.state == State.DONE:
                check_outcome(job, final_summary(job, self._settings))
            return None if job.state in (State.FAILED, State.CANCELLED) else job
        return None

    def _submit_step(self, step: Step, callbacks: Callbacks) -> Job:
        now = time.time()
        if step.needs:
            jobs = [self._done[need] for need in step.needs]
            sources = [source for job in jobs for source in scores_of(job, self._settings)]
        else:
            sources = find_inputs(step.inputs, self._run.runner, self._settings)
        known = self._run.version
        if known is not None:
            read = () if step.needs else sources
            found = version_of_step(step, read, self._settings, known)
            self._refuse(known.changes(found))
        return submit(
            step.arguments(self._run.runner),
            sources,
            self._settings,
            callbacks,
            marks={Mark.COMMAND: now, Mark.IMPORTED: now},
            run=self._run.id,
            step=step.name,
            changes=self._run.changes,
        )

    def _check_stored(self, step: Step, stored: Sequence[Input]) -> None:
        if self._run.version is not None and not step.needs:
            self._refuse(changed_inputs(stored, self._run.version))

    def _refuse(self, changes: Iterable[Change]) -> None:
        """Raise UsageError if there are any: a run is of one version."""
        if said := [change.said for change in changes]:
            raise UsageError(
                f"since the run began, {'; '.join(said)}",
                hint=f"submit it anew; or --resume {self._run.id} --accept-changes",
            )

    def _interrupted(self) -> None:
        print(file=sys.stderr)
        for step, job in jobs_of(self._run, self._jobs).items():
            if not job.is_finished:
                self._message(step, f"{job.id} goes on; bin/cancel {job.id}")
        again = f"bin/submit --resume {self._run.id}"
        self._answer.tell(error=HowdahError("interrupted", hint=again).described(self._run.id))
        print(f"howdah: {again} goes on from here", file=sys.stderr)

    def _progress(self) -> list[StepProgress]:
        return progress_of(self._run, jobs_of(self._run, self._jobs), going_on=False)

    def _tell(self) -> None:
        """Tell programs of every step; the run's error is that of the first that failed."""
        steps = self._progress()
        told = describe_steps(self._run, steps, self._settings, self._summaries)
        self._answer.tell(steps=told, state=state_of_run(steps, going_on=False))
        if failed := next((one for one in steps if one.name in self._failed), None):
            self._answer.tell(error=failed.error)

    def _print(self, step: str, *lines: str) -> None:
        self._answer.say(*(f"{self._run.id}/{step} {line}" for line in lines), at_once=True)

    def _message(self, step: str, text: str) -> None:
        lines = (f"howdah: {self._run.id}/{step}: {line}" for line in text.splitlines())
        print("\n".join(lines), file=sys.stderr, flush=True)
