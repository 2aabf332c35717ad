"""Of which version a run is: its inputs, the files that its options name, its models, its own file.

What a run reads is recorded when it begins, and looked at again when a step starts and when the run
is resumed. A file whose size and time of change are as before is taken for the same; of another one
the content tells.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from howdah.errors import UsageError
from howdah.inputs.input_file import InputFile
from howdah.jobs.job_arguments import OPTIONS
from howdah.jobs.packed_files import PackedFile, read_index
from howdah.jobs.stored_input import Input
from howdah.models.registry import find_entry
from howdah.settings import Settings
from howdah.submission.validation import find_pipeline
from howdah.workflows.step import Step
from mr.models.manifest import sha256_of
from mr.spec import MODEL_FILE

__all__ = ["Change", "FileVersion", "Version", "changed_inputs", "local_version", "version_of_step"]

SHOWN = 12  # digits of a checksum


@dataclass(frozen=True)
class FileVersion:
    """A file as it was; ``modified`` in nanoseconds, of HDFS in milliseconds since 1970;
    ``sha256`` is empty for one in HDFS."""

    bytes: int
    modified: int
    sha256: str = ""

    def is_same(self, other: "FileVersion") -> bool:
        """Whether it has the same content, as far as that can be told."""
        if self.sha256 or other.sha256:
            return self.sha256 == other.sha256
        return self == other

    def __str__(self) -> str:
        return f"{self.bytes:,} bytes" + (f", sha256 {self.sha256[:SHOWN]}…" if self.sha256 else "")


@dataclass(frozen=True)
class Change:
    """Something of a run that isn't as it was: in words, and for ``run.json``."""

    name: str
    old: Any
    new: Any
    said: str

    def described(self) -> dict[str, Any]:
        """The change for programs."""
        return {"what": self.name, "old": self.old, "new": self.new}


@dataclass(frozen=True)
class Version:
    """``inputs`` has the names of each step's files, ``files`` each file by its name, ``models``
    the sha256 of each model's manifest by the model's name."""

    inputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: dict[str, FileVersion] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_record(cls, stated: Mapping[str, Any]) -> "Version":
        """The version that a record says."""
        return cls(
            {step: tuple(names) for step, names in stated["inputs"].items()},
            {name: FileVersion(**file) for name, file in stated["files"].items()},
            dict(stated["models"]),
        )

    def __or__(self, other: "Version") -> "Version":
        return Version(
            self.inputs | other.inputs, self.files | other.files, self.models | other.models
        )

    def changes(self, now: "Version") -> Iterator[Change]:
        """What is another one ``now``; what isn't looked at now, or wasn't before, is none."""
        for step, names in now.inputs.items():
            before = self.inputs.get(step, names)
            if before != names:
                added, gone = set(names) - set(before), set(before) - set(names)
                said = [f"{name} is new" for name in sorted(added)]
                said += [f"{name} is gone" for name in sorted(gone)]
                what = "; ".join(said) or "their order has changed"
                yield Change(f"inputs of step {step}", list(before), list(names),
                             f"the inputs of step {step} are others: {what}")  # fmt: skip
        for name, file in now.files.items():
            old = self.files.get(name, file)
            if not old.is_same(file):
                yield Change(name, asdict(old), asdict(file),
                             f"{name} has changed: it had {old}, and has {file}")  # fmt: skip
        for name, sha256 in now.models.items():
            if (was := self.models.get(name, sha256)) != sha256:
                yield Change(f"model {name}", was, sha256, f"model {name} is another one")


def version_of_step(
    step: Step, sources: Sequence[InputFile], settings: Settings, known: Version
) -> Version:
    """What a step reads now; ``sources`` are its files, none if it reads other steps. What
    ``known`` has is read only if it looks otherwise."""
    files = {source.recorded_name: _version_of_input(source, known) for source in sources}
    for option, value in step.options.items():
        if OPTIONS[option].file:
            files[value] = local_version(Path(value), known.files.get(value))
    models = {
        name: sha256_of(find_entry(settings, name).folder / MODEL_FILE)
        for name in _models(step, settings)
    }
    return Version({step.name: tuple(source.recorded_name for source in sources)}, files, models)


def local_version(path: Path, known: FileVersion | None = None) -> FileVersion:
    """The file as it is now; UsageError if it can't be read."""
    try:
        stat = path.stat()
        if known and (known.bytes, known.modified) == (stat.st_size, stat.st_mtime_ns):
            return known
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(
            f"{path} can't be read: {error.strerror}", hint="check the name", where=str(path)
        ) from None
    return FileVersion(stat.st_size, stat.st_mtime_ns, sha256)


def changed_inputs(stored: Sequence[Input], known: Version) -> Iterator[Change]:
    """The inputs that were others when they were stored than what ``known`` says."""
    files = [file for source in stored for file in _files_of(source)]
    for file in files:
        old = known.files.get(file.name)
        if old and old.sha256 and file.sha256 and old.sha256 != file.sha256:
            new = FileVersion(file.bytes, 0, file.sha256)
            yield from Version(files={file.name: old}).changes(Version(files={file.name: new}))


def _files_of(source: Input) -> Sequence[Input | PackedFile]:
    return read_index(source) or [source]


def _version_of_input(source: InputFile, known: Version) -> FileVersion:
    if source.path:
        return FileVersion(source.size or 0, source.modified)
    return local_version(source.local_path, known.files.get(source.recorded_name))


def _models(step: Step, settings: Settings) -> list[str]:
    pipeline, name = find_pipeline(step.pipeline, step.model, settings)
    if pipeline.takes_models:
        return step.options.get("models", "").split(",")
    return [name] if name else []
