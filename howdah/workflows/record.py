"""Records of workflows' runs: what was to be run; the jobs' own records say how far it is."""

import json
import secrets
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from howdah.errors import UsageError
from howdah.file_lock import hold_if_free, is_held
from howdah.jobs.record import RUN_PREFIX, Job, Jobs, unknown_id, write_record
from howdah.privacy import make_private
from howdah.workflows.step import Step, Workflow
from howdah.workflows.versions import Version

__all__ = ["Run", "Runs", "jobs_of"]


@dataclass(frozen=True)
class Run:
    """A workflow as it was when it was submitted; ``created`` is in Unix seconds.

    ``version`` is what it reads, None of a run that an older Howdah began. ``changes``: what has
    become another one since, and was accepted. ``failures``: why steps failed, as programs are told
    of errors. ``anew``: from when on a step's jobs count, where it wants something else than before
    (Unix seconds).
    """

    id: str
    created: float
    runner: str
    workflow: Workflow
    version: Version | None = None
    changes: tuple[dict[str, Any], ...] = ()
    failures: dict[str, dict[str, Any]] = field(default_factory=dict)
    anew: dict[str, float] = field(default_factory=dict)


def jobs_of(run: Run, jobs: Jobs) -> dict[str, Job]:
    """The newest job of each step that has had one."""
    found: dict[str, Job] = {}
    for job in jobs.all():
        if job.run == run.id and job.created >= run.anew.get(job.step, 0):
            found.setdefault(job.step, job)
    return found


class Runs:
    """The runs that the state folder knows."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "runs"

    def path(self, run_id: str) -> Path:
        """The run's record."""
        return self._folder / f"{run_id}.json"

    def create(self, workflow: Workflow, runner: str, version: Version) -> Run:
        """Record a new run, with an id of its own."""
        now = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        run = Run(f"{RUN_PREFIX}{stamp}-{secrets.token_hex(2)}", now, runner, workflow, version)
        make_private(self._folder)
        return self.update(run)

    def read(self, run_id: str) -> Run:
        """The run of this id; raises UsageError if there is none."""
        try:
            stated = json.loads(self.path(run_id).read_text())
        except FileNotFoundError:
            raise unknown_id("run", run_id, self._folder.parent) from None
        workflow = stated.pop("workflow")
        steps = [Step(**step | {"inputs": tuple(step["inputs"])}) for step in workflow.pop("steps")]
        version = stated.pop("version", None)
        return Run(
            **stated | {"changes": tuple(stated.get("changes", ()))},
            workflow=Workflow(**workflow, steps=tuple(steps)),
            version=Version.of_record(version) if version else None,
        )

    def update(self, run: Run, **changes: Any) -> Run:
        """Write the record, with changes; who changes a run holds its lock."""
        run = replace(run, **changes)
        write_record(self.path(run.id), asdict(run))
        return run

    def all(self) -> list[Run]:
        """Every run, newest first."""
        found = [self.read(path.stem) for path in self._folder.glob("*.json")]
        return sorted(found, key=lambda run: run.created, reverse=True)

    def remove(self, run_id: str) -> None:
        """Forget a run."""
        for suffix in (".json", ".lock"):
            self.path(run_id).with_suffix(suffix).unlink(missing_ok=True)

    def is_going_on(self, run_id: str) -> bool:
        """Whether a live process starts the run's steps."""
        return is_held(self._lock_file(run_id))

    def lock(self, run_id: str) -> IO[str]:
        """Take the run's lock; raises UsageError if another process has it."""
        if file := hold_if_free(self._lock_file(run_id)):
            return file
        raise UsageError(
            f"{run_id} is going on already", hint="wait for it, or end that bin/submit"
        )

    def _lock_file(self, run_id: str) -> Path:
        return self.path(run_id).with_suffix(".lock")
