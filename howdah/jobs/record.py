"""Job records: one small JSON file a job, the only thing that commands share about it.

A record outlives its process and the machine's reboot. Whether a process still works on a
job is told by a lock that the kernel drops with the process.
"""

import json
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from howdah.atomic_files import replacing
from howdah.errors import UsageError
from howdah.file_lock import hold, is_held
from howdah.jobs.layout import (
    CODE,
    DISK_RESERVE,
    MARKS,
    MODEL_LINKS,
    RECORD,
    RECORD_LOCK,
    lock_file,
)
from howdah.jobs.marks import Mark
from howdah.jobs.stored_input import Input, read_input
from howdah.os_errors import naming
from howdah.privacy import make_private
from howdah.settings import Runner

__all__ = [
    "FINISHED",
    "RUN_PREFIX",
    "Job",
    "Jobs",
    "State",
    "is_run",
    "unknown_id",
    "write_record",
]

RUN_PREFIX = "run-"  # of a workflow's run's id


class State(StrEnum):
    """Where a job stands, in the order in which it gets there; it ends in one of the last three."""

    UPLOADING = "uploading"
    LAUNCHING = "launching"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Job:
    """Times are Unix seconds; ``identity`` tells the same input, model and options again;
    ``models``: where there are several, each one's sha256; ``environments``: by the names of models
    that have one, the environment that they run in; ``kept``: its results stay in the store
    however old they are; ``run`` and ``step``: of which workflow's run it is, and ``changes`` what
    has become another one on that run's way, each with ``old`` and ``new``. ``predicted``: what a
    job that scores has called its predictions' columns, and what they mean; ``types``: which
    columns of its results are numbers, integers or booleans; ``output``: the format that its
    results are wanted in; ``amends``: the job whose rejected records it scores anew."""

    id: str
    state: State
    runner: Runner
    pipeline: str
    model: str
    identity: str
    created: float
    model_sha256: str = ""
    models: dict[str, str] = field(default_factory=dict)
    environments: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    predicted: dict[str, Any] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    decimals: int = 6
    inputs: tuple[Input, ...] = ()
    max_rejected: float = 0.01
    splits: int = 0
    kept: bool = False
    output: str = ""
    amends: str = ""
    run: str = ""
    step: str = ""
    changes: tuple[dict[str, Any], ...] = ()
    application: str = ""
    process: int = 0
    error: str = ""
    scored: int | None = None
    rejected: int | None = None
    started: float | None = None
    finished: float | None = None

    @property
    def of(self) -> str:
        """The run and step that it is of, as one word; empty if it is a job by itself."""
        return f"{self.run}/{self.step}" if self.run else ""

    @property
    def of_run(self) -> dict[str, Any] | None:
        """The same for programs."""
        if not self.run:
            return None
        changes = {"changes": list(self.changes)} if self.changes else {}
        return {"id": self.run, "step": self.step, **changes}

    @property
    def names(self) -> list[str]:
        """The inputs' names; of a step that reads others, theirs, not those of their parts."""
        names = (source.name for source in self.inputs)
        if self.run:
            names = (name.partition("/")[0] if name[0] == "@" else name for name in names)
        return list(dict.fromkeys(names))

    @property
    def is_finished(self) -> bool:
        return self.state in FINISHED

    @property
    def records(self) -> int:
        return sum(source.records for source in self.inputs)

    @property
    def rejected_share(self) -> float:
        """How many of its records were rejected, from 0 to 1."""
        return (self.rejected or 0) / max(self.records, 1)

    @property
    def outcome(self) -> str:
        """Its state, or ``rejected`` if it is done and more was rejected than may be."""
        rejected = self.state == State.DONE and self.rejected_share > self.max_rejected
        return "rejected" if rejected else self.state.value

    @property
    def headers(self) -> list[str]:
        """The stored inputs whose first line isn't a record."""
        return [source.stored for source in self.inputs if source.header]

    @property
    def footers(self) -> dict[str, str]:
        """By their stored names, the SHA-256 of the footers of inputs with rows in columns."""
        return {source.stored: source.footer for source in self.inputs if source.footer}

    @property
    def of_files(self) -> bool:
        """Whether its records are whole files."""
        return any(source.whole for source in self.inputs)

    @property
    def of_lists(self) -> bool:
        """Whether tasks are given lists of what they open themselves."""
        return self.of_files or self.of_ranges

    @property
    def of_ranges(self) -> bool:
        """Whether its tasks are given ranges of inputs, which they open themselves."""
        return any(source.cuts is not None for source in self.inputs)


class Jobs:
    """The jobs that the state folder knows."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "jobs"

    def folder(self, job_id: str) -> Path:
        """The job's own folder on this machine."""
        return self._folder / job_id

    def create(self, **values: Any) -> Job:
        """Record a new job, with an id of its own."""
        import secrets  # here, so that commands start early

        now = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
        job = Job(id=f"{stamp}-{secrets.token_hex(2)}", created=now, **values)
        make_private(self._folder)
        self.folder(job.id).mkdir()
        self._write(job)
        return job

    def read(self, job_id: str) -> Job:
        """The job of this id; raises UsageError if there is none."""
        try:
            stated = json.loads((self.folder(job_id) / RECORD).read_text())
        except (FileNotFoundError, NotADirectoryError):
            raise unknown_id("job", job_id, self._folder.parent) from None
        folder = self.folder(job_id)
        inputs = tuple(read_input(source, folder) for source in stated.pop("inputs"))
        columns = tuple(stated.pop("columns"))
        changes = tuple(stated.pop("changes", ()))
        state, runner = State(stated.pop("state")), Runner(stated.pop("runner"))
        return Job(
            state=state, runner=runner, **stated, inputs=inputs, columns=columns, changes=changes
        )

    def all(self) -> list[Job]:
        """Every job, newest first."""
        found = [path.parent.name for path in self._folder.glob(f"*/{RECORD}")]
        return sorted(map(self.read, found), key=lambda job: job.created, reverse=True)

    def update(self, job: Job, **changes: Any) -> Job:
        """Change the record; what others have changed in it meanwhile stays, and so does an end."""
        with self.lock(job.id, RECORD_LOCK):
            recorded = self.read(job.id)
            if recorded.is_finished and "state" in changes:
                return recorded
            changed = replace(recorded, **changes)
            self._write(changed)
        if changed.is_finished:
            self.clear(job.id)
        return changed

    def clear(self, job_id: str) -> None:
        """Remove what only a job's launcher and local tasks need: by far the largest files."""
        for name in (CODE, DISK_RESERVE):
            (self.folder(job_id) / name).unlink(missing_ok=True)
        shutil.rmtree(self.folder(job_id) / MODEL_LINKS, ignore_errors=True)

    def mark(self, job_id: str, mark: Mark, at: float | None = None) -> None:
        """Note that the job has come to ``mark``, now or ``at`` Unix seconds.

        Marks are appended to a file of their own: that needs no lock, waits for no disk, and
        whoever else writes the record can't lose one.
        """
        path = self.folder(job_id) / MARKS
        with naming(path), path.open("a") as file:
            file.write(f"{time.time() if at is None else at:.6f} {mark}\n")

    def marks(self, job_id: str) -> dict[str, float]:
        """The job's marks in Unix seconds; of those made twice, the later one."""
        try:
            lines = (self.folder(job_id) / MARKS).read_text().splitlines()
        except FileNotFoundError:  # a job of an older version
            return {}
        return {name: float(at) for at, _, name in (line.partition(" ") for line in lines)}

    def remove(self, job_id: str) -> None:
        """Forget a job and everything of it on this machine."""
        with suppress(FileNotFoundError):  # a job on this machine alone goes with its store
            shutil.rmtree(self.folder(job_id))

    def lock(self, job_id: str, name: str) -> IO[str]:
        """Take the job's lock ``name``, waiting for whoever holds it; closing it lets go.

        Without a job it is a lock of all jobs.
        """
        make_private(self._folder)
        path = self.folder(job_id) / lock_file(name)
        path.parent.mkdir(exist_ok=True)
        return hold(path)

    def is_held(self, job_id: str, name: str) -> bool:
        """Whether a live process holds the job's lock ``name``."""
        return is_held(self.folder(job_id) / lock_file(name))

    def _write(self, job: Job) -> None:
        write_record(self.folder(job.id) / RECORD, asdict(job))


def unknown_id(what: str, id: str, state: Path) -> UsageError:
    """The error for an id that no ``what`` has, with the one that may be meant."""
    from howdah.suggestions import did_you_mean  # here, so that commands start early

    known = [path.parent.name for path in (state / "jobs").glob(f"*/{RECORD}")]
    known += [path.stem for path in (state / "runs").glob("*.json")]
    ask = did_you_mean(id, sorted(known, reverse=True))
    runs = " and their runs" if what == "run" else ""
    return UsageError(f"there is no {what} {id}", hint=f"{ask}bin/status lists jobs{runs}")


def is_run(id: str) -> bool:
    """Whether an id is that of a workflow's run, not of a job."""
    return id.startswith(RUN_PREFIX)


def write_record(path: Path, content: dict[str, Any]) -> None:
    """Write a record that is whole at every moment, on the disk, too."""
    with replacing(path) as beside:
        beside.write_text(json.dumps(content, indent=1, ensure_ascii=False))
