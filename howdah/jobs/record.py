"""Job records: one small JSON file a job, the only thing that commands share about it.

A record outlives its process and the machine's reboot. Whether a process still works on a
job is told by a lock that the kernel drops with the process.
"""

import fcntl
import json
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from howdah.errors import UsageError
from howdah.jobs.layout import CODE, MODEL_LINKS, RESERVE
from howdah.os_errors import naming
from howdah.privacy import make_private

__all__ = ["FINISHED", "Input", "Job", "Jobs", "write_record"]

FINISHED = ("done", "failed", "cancelled")
MARKS = "marks"


@dataclass(frozen=True)
class Input:
    """One input as the job's store holds it; ``name`` as the user gave it.

    ``bytes`` and ``sha256`` are the file's; ``lines`` and ``bom`` those of its
    (decompressed) text; ``padded``: the store holds newlines behind it, so that tasks can be
    handed it in chunks; ``whole``: the file is one record. ``path`` is where HDFS has it if it
    wasn't copied, and ``modified`` its time of change there, in milliseconds since 1970.
    """

    name: str
    stored: str
    bytes: int = 0
    sha256: str = ""
    lines: int = 0
    bom: bool = False
    header: bool = False
    padded: bool = False
    whole: bool = False
    path: str = ""
    modified: int = 0

    @property
    def records(self) -> int:
        return 1 if self.whole else self.lines - self.header


@dataclass(frozen=True)
class Job:
    """``state`` is uploading, launching, running, done, failed or cancelled; times are Unix
    seconds; ``identity`` tells the same input, model and options again; ``models``: where there
    are several, each one's sha256; ``kept``: its results stay in the store however old they are;
    ``run`` and ``step``: of which workflow's run it is. ``predicted``: what a job that scores has
    called its predictions' columns, and what they mean."""

    id: str
    state: str
    runner: str
    pipeline: str
    model: str
    identity: str
    created: float
    model_sha256: str = ""
    models: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    predicted: dict[str, Any] = field(default_factory=dict)
    decimals: int = 6
    inputs: tuple[Input, ...] = ()
    max_rejected: float = 0.01
    splits: int = 0
    kept: bool = False
    run: str = ""
    step: str = ""
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
    def of_files(self) -> bool:
        """Whether its records are whole files."""
        return any(source.whole for source in self.inputs)


class Jobs:
    """The jobs that the state folder knows."""

    def __init__(self, state: Path) -> None:
        self._folder = state / "jobs"

    def folder(self, job_id: str) -> Path:
        """The job's own folder on this machine."""
        return self._folder / job_id

    def create(self, **values: Any) -> Job:
        """Record a new job, with an id of its own."""
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
            stated = json.loads((self.folder(job_id) / "job.json").read_text())
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(f"there is no job {job_id}", hint="bin/status lists jobs") from None
        inputs = tuple(Input(**source) for source in stated.pop("inputs"))
        columns = tuple(stated.pop("columns"))
        return Job(**stated, inputs=inputs, columns=columns)

    def all(self) -> list[Job]:
        """Every job, newest first."""
        found = [path.parent.name for path in self._folder.glob("*/job.json")]
        return sorted(map(self.read, found), key=lambda job: job.created, reverse=True)

    def update(self, job: Job, **changes: Any) -> Job:
        """Change the record; what others have changed in it meanwhile stays, and so does an end."""
        with self.lock(job.id, "record"):
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
        for name in (CODE, RESERVE):
            (self.folder(job_id) / name).unlink(missing_ok=True)
        shutil.rmtree(self.folder(job_id) / MODEL_LINKS, ignore_errors=True)

    def mark(self, job_id: str, name: str, at: float | None = None) -> None:
        """Note that the job has come to ``name``, now or ``at`` Unix seconds.

        Marks are appended to a file of their own: that needs no lock, waits for no disk, and
        whoever else writes the record can't lose one.
        """
        path = self.folder(job_id) / MARKS
        with naming(path), path.open("a") as file:
            file.write(f"{time.time() if at is None else at:.6f} {name}\n")

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
        path = self.folder(job_id) / f"{name}.lock"
        path.parent.mkdir(exist_ok=True)
        file = path.open("w")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    def is_held(self, job_id: str, name: str) -> bool:
        """Whether a live process holds the job's lock ``name``."""
        try:
            file = (self.folder(job_id) / f"{name}.lock").open("r")
        except FileNotFoundError:
            return False
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def _write(self, job: Job) -> None:
        write_record(self.folder(job.id) / "job.json", asdict(job))


def write_record(path: Path, content: dict[str, Any]) -> None:
    """Write a record that is whole at every moment, on the disk, too."""
    partial = path.with_suffix(".partial")
    with naming(path), partial.open("w") as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
