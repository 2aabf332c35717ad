"""What a pipeline without a model is made of: records counted by group, in columns of counts.

A group is known by its key, which is its columns as TSV. What isn't counts, tasks write to part
files, or leave to reducers.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from mr.models.manifest import Manifest
from mr.records.block import Block, Reject
from mr.records.tsv import escape_row
from mr.stages import Stage
from mr.storage.whole_files import FileEntry, JobFiles, StoredFile, UnusableFile
from mr.summary import Partial

__all__ = [
    "Counts",
    "FileTally",
    "InputPreview",
    "JobReport",
    "ResultTable",
    "Tally",
    "TaskContext",
    "TextWatcher",
    "key_of",
    "same_for_all",
]

Counts = Mapping[str, Mapping[str, int]]  # a column of counts: its name, and a count a key


@dataclass(frozen=True)
class InputPreview:
    """The beginning of an input, from which the host finds out options: the input's name, and its
    first bytes, decompressed.

    ``lines`` is the number of lines in the whole input, once that is stored. ``predicted`` says
    which columns hold predictions and what they mean, as far as the job that made them is known.
    """

    name: str
    head: bytes
    lines: int = 0
    predicted: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultTable:
    """A file of results: the names of its columns, and its rows, of cells or of TSV. If rows are
    of records, ``places`` has the part of each and the byte in it at which the record begins."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    places: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True)
class JobReport:
    """What a job's counts come to: files by name, further entries of its summary, and plots by
    name, each drawn on matplotlib's ``Axes``."""

    tables: Mapping[str, ResultTable]
    summary: Mapping[str, Any]
    plots: Mapping[str, Callable[[Any], None]] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskContext:
    """What a map task gives a pipeline.

    ``folder`` has the files that tasks are sent; ``files`` opens whole files, for pipelines that
    take them. ``write`` appends to the split's part file, ``write_part`` writes another part file,
    by its name. ``place_of`` says, of a line of the block that ``Tally.add`` was given, in which
    part it is, and at which byte of that. ``file`` is the stored input that the task has a split
    of, which begins at byte ``start``. ``environments`` has the folders of packages of models that
    have their own, by name.
    """

    folder: Path
    write: Callable[[bytes], None]
    write_part: Callable[[str, Iterable[bytes]], None]
    place_of: Callable[[int], tuple[str, int]]
    files: JobFiles | None = None
    file: str = ""
    start: int = 0
    environments: Mapping[str, str] = field(default_factory=dict)


class TextWatcher(Protocol):
    """Looks at all that the host stores of a job's inputs, for options that these come to."""

    def stands_alone(self, text: bytes) -> bool:
        """Whether a file's whole text means the same behind another one's."""

    def add(self, stored: str, text: bytes) -> None:
        """The next bytes of the text that is stored by this name, decompressed."""

    def options(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Further options; ``names``: what the inputs are called, by the names they are stored by.

        Raises ValueError, for people to read, if the inputs can't be used.
        """


class Tally(ABC):
    """A pipeline that counts records instead of scoring them with one model.

    A job calls its methods in this order; all have a default but ``add`` and ``counts``:

    1. on the host, before anything is stored (howdah/jobs/pipeline_hooks.py):
       ``options_from_models``, where the pipeline compares models; ``options_from_previews``;
       ``__init__``, which validates the options (and is called again in every process that
       follows); ``prediction_columns`` and ``header``, for the job's record;
       ``prepare_task_files``
    2. on the host, while inputs are stored: what ``text_watcher`` gives looks at all of them; once
       they are: ``options_from_stored``, of a ``FileTally``
    3. in a map task (mr/task/counting.py), which is ``task`` from then on: ``load``; ``add`` for
       each block; ``close``, ``counts``, ``within`` and ``partials`` after the last one
    4. in a reduce task: ``reduce`` for each key
    5. on the host, once the job is done: ``conclude`` for its summary and, when its results are
       fetched, ``combine_parts``

    ``options`` are always the job's: those of the command line or their defaults, and all that
    earlier methods have returned. ``groups`` and ``columns`` name the columns of ``counts.tsv``:
    what a key consists of, and what is counted. ``left_out`` says how many records no group tells
    of, and why, although nothing is wrong with them.
    """

    block_size = 1 << 20  # bytes of input that are counted at once
    preview_bytes = 1 << 14  # of each input, up to a line's end, for ``options_from_previews``
    reduces = False  # whether reducers merge what tasks have found
    stage = Stage.SUMMARISE  # what its seconds are counted as
    outcome = "counted"  # what records are that aren't rejected
    groups: Sequence[str] = ()
    columns: Sequence[str] = ()
    needed: Sequence[str] = ()  # columns that are read of files that have their rows in columns
    column_types: Mapping[str, str] = {}  # of the part files' columns that are numbers or integers
    task: TaskContext  # in a map task alone, from ``load`` on

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raise ValueError, for people to read, where the options mean nothing."""
        self.left_out: Counter[str] = Counter()

    @staticmethod
    def options_from_models(manifests: Sequence[Manifest]) -> dict[str, Any]:
        """Further options: what the models that are compared have in common.

        Raises ValueError, for people to read, if they can't be compared.
        """
        return {}

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Further options: what the inputs' beginnings say, such as names of columns.

        Raises ValueError, for people to read, if the inputs can't be used with these options.
        """
        return {}

    @staticmethod
    def text_watcher(options: Mapping[str, Any]) -> TextWatcher | None:
        """What has to look at all of the inputs before they are split, if anything has to."""
        return None

    @staticmethod  # noqa: B027
    def prepare_task_files(options: Mapping[str, Any], folder: Path) -> None:
        """Write to ``folder`` the files that every task is sent beside its input.

        Raises ValueError, for people to read, if what they are made of can't be used.
        """

    def load(self, task: TaskContext) -> None:
        """Begin a map task: read models, or what ``prepare_task_files`` wrote, from its folder."""
        self.task = task

    @abstractmethod
    def add(self, block: Block) -> list[Reject]:
        """Count a block's records; returns those that can't be counted."""

    def close(self) -> None:  # noqa: B027
        """Write what is left to be written, after the last block."""

    @abstractmethod
    def counts(self) -> Counts:
        """What has been counted."""

    def within(self) -> Mapping[str, Partial]:
        """Summaries of scores, which are merged by name."""
        return {}

    def partials(self) -> Iterator[tuple[str, str]]:
        """What reducers merge, with the key that it is merged by: ASCII that JSON needs no escape
        for."""
        return iter(())

    def reduce(self, key: str, partials: Iterable[str]) -> bytes:
        """The part file of ``key``, out of what tasks have found."""
        raise NotImplementedError

    def prediction_columns(self) -> Mapping[str, str]:
        """The names that the columns of predictions have in the results, if there are any: by the
        names that they would have if the input had no such columns."""
        return {}

    def header(self) -> Sequence[str]:
        """The columns of the part files, if they are TSV: merged, they are results."""
        return ()

    def conclude(self, partial: Partial) -> JobReport:
        """The tables, plots and summary that a finished job's merged summary comes to."""
        return self.report(partial["counts"])

    def report(self, counts: Counts) -> JobReport:
        """The same where counts are all that it takes: the groups, the largest first count first;
        for ``conclude`` alone."""
        first, *others = (counts.get(name, {}) for name in self.columns)
        keys = sorted(first, key=lambda key: (-first[key], key))
        rows = [(key, *(column.get(key, 0) for column in (first, *others))) for key in keys]
        totals = {name: sum(counts.get(name, {}).values()) for name in self.columns}
        return JobReport(
            tables={"counts.tsv": ResultTable((*self.groups, *self.columns), rows)},
            summary={"groups": len(rows), "totals": totals},
        )

    def combine_parts(self, parts: Sequence[Path], folder: Path) -> None:
        """Make results in ``folder`` of the job's part files, in the order of the inputs, if
        ``header`` says that these aren't TSV."""
        raise NotImplementedError


class FileTally(Tally):
    """A pipeline whose records are whole files."""

    block_size = 1  # a line of the task's list

    @staticmethod
    def options_from_stored(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Further options: what is known of the files once all of them are stored.

        Raises ValueError, for people to read, if the files don't go together.
        """
        return {}

    def add(self, block: Block) -> list[Reject]:
        """Take the files that a list names."""
        files = self.task.files
        assert files
        rejects = []
        for line, record in zip(block.numbers, block.records, strict=True):
            entry = FileEntry.read(record)
            try:
                self.add_file(files.file(entry))
            except UnusableFile as error:
                rejects.append(Reject(line, error.reason, error.detail))
            files.check(entry)
        return rejects

    @abstractmethod
    def add_file(self, file: StoredFile) -> None:
        """Count one file, or nothing of it: UnusableFile."""


def key_of(*columns: str) -> str:
    """The key of the group whose columns these are."""
    return escape_row(list(columns)).decode()


def same_for_all(
    previews: Sequence[InputPreview], read: Callable[[InputPreview], dict[str, Any]], differs: str
) -> dict[str, Any]:
    """What ``read`` gives for every one of ``previews``; ValueError, in which the first that
    ``differs`` is named, unless it is the same."""
    found = [read(preview) for preview in previews]
    for preview, written in zip(previews, found, strict=True):
        if written != found[0]:
            raise ValueError(f"{preview.name} {differs} {previews[0].name}")
    return found[0]
