"""A workflow's run: each step's job is started once those that it reads are done.

What is done is in the jobs' records, so a run that was killed goes on from them.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from howdah.errors import IntegrityError, RejectedError, UsageError
from howdah.inputs.find import find_inputs
from howdah.inputs.input_file import InputFile
from howdah.inputs.reading import read_as
from howdah.jobs.marks import Mark
from howdah.jobs.record import Job, Jobs, State
from howdah.os_errors import as_howdah_error
from howdah.settings import Settings
from howdah.submission.plan import make_plan
from howdah.submission.submit import (
    Callbacks,
    check_outcome,
    final_summary,
    submit,
    upload_was_interrupted,
    wait_for_end,
)
from howdah.submission.validation import reading_of
from howdah.tracking.job_description import describe_job
from howdah.tracking.job_status import refresh_status
from howdah.tracking.summary_text import summary_lines
from howdah.workflows.definition import Step, Workflow
from howdah.workflows.record import Run, Runs, jobs_of
from howdah.workflows.step_inputs import scores_of

__all__ = ["resume", "run_workflow"]

AT_ONCE = 4  # steps; more would only wait for the same cores


def run_workflow(workflow: Workflow, runner: str, settings: Settings, *, as_json: bool) -> int:
    """Run a workflow that can be; the first failed step's exit status, or 0."""
    runner = settings.runner(runner)
    _check(workflow, runner, settings)
    return _Execution(Runs(settings.state).create(workflow, runner), settings, as_json).run()


def resume(run_id: str, settings: Settings, *, as_json: bool) -> int:
    """Go on with a run: what is done is used, what goes on is followed, the rest is run."""
    return _Execution(Runs(settings.state).read(run_id), settings, as_json).run()


def _check(workflow: Workflow, runner: str, settings: Settings) -> None:
    """Plan every step before any runs; what scoring steps will write is known beforehand."""
    written: dict[str, InputFile] = {}
    for step in workflow.steps:
        with workflow.at(step.name):
            if step.needs:
                sources = [written[need] for need in step.needs]
            else:
                sources = find_inputs(step.inputs, runner, settings)
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


class _Execution:
    """The steps of a run, on their way."""

    def __init__(self, run: Run, settings: Settings, as_json: bool) -> None:
        self._run = run
        self._settings = settings
        self._as_json = as_json
        self._jobs = Jobs(settings.state)
        self._earlier: dict[str, Job] = {}
        self._done: dict[str, Job] = {}
        self._failed: dict[str, int] = {}
        self._summaries: dict[str, dict[str, Any]] = {}
        self._stop = Event()

    def run(self) -> int:
        with Runs(self._settings.state).lock(self._run.id):
            if not self._as_json:
                print(self._run.id, flush=True)
            self._earlier = jobs_of(self._run, self._jobs)
            try:
                self._run_all()
            except KeyboardInterrupt:
                return self._interrupted()
        if self._as_json:
            print(json.dumps({"run": self._run.id, "steps": self._described()}))
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
        for step in steps:
            if step.name not in begun:
                waits = [need for need in step.needs if need not in self._done]
                self._message(step.name, f"not run, it reads {', '.join(waits)}")

    def _step_ended(self, step: Step, future: Future[Job]) -> None:
        try:
            self._done[step.name] = future.result()
        except Exception as error:  # other branches go on
            if found := as_howdah_error(error, self._settings):
                self._failed[step.name] = found.exit_status
                self._message(step.name, str(found))
            else:
                self._failed[step.name] = 1
                self._message(step.name, f"{type(error).__name__}: {error}")

    def _run_step(self, step: Step) -> Job:
        """See to one step's end; raises what ``bin/submit`` would."""
        callbacks = Callbacks(
            on_id=partial(self._print, step.name),
            on_message=partial(self._message, step.name),
            show_bars=False,
            is_stopped=self._stop.is_set,
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
        return submit(
            step.arguments(self._run.runner),
            sources,
            self._settings,
            callbacks,
            marks={Mark.COMMAND: now, Mark.IMPORTED: now},
            run=self._run.id,
            step=step.name,
        )

    def _interrupted(self) -> int:
        print(file=sys.stderr)
        for step, job in jobs_of(self._run, self._jobs).items():
            if not job.is_finished:
                self._message(step, f"{job.id} goes on; bin/cancel {job.id}")
        print(f"howdah: bin/submit --resume {self._run.id} goes on from here", file=sys.stderr)
        return 130

    def _described(self) -> dict[str, Any]:
        found = jobs_of(self._run, self._jobs)
        return {
            step.name: describe_job(found[step.name], self._settings)
            | {"summary": self._summaries.get(step.name)}
            if step.name in found
            else None
            for step in self._run.workflow.steps
        }

    def _print(self, step: str, *lines: str) -> None:
        if not self._as_json:
            print("\n".join(f"{self._run.id}/{step} {line}" for line in lines), flush=True)

    def _message(self, step: str, text: str) -> None:
        lines = (f"howdah: {self._run.id}/{step}: {line}" for line in text.splitlines())
        print("\n".join(lines), file=sys.stderr, flush=True)
