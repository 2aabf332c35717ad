"""What a pipeline without a model is made of: records counted by group, in columns of counts.

A group is known by its key, which is its columns as TSV. What isn't counts, tasks write to part
files, or leave to reducers.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    "key_of",
    "same_for_all",
]

Counts = Mapping[str, Mapping[str, int]]  # a column of counts: its name, and a count a key


@dataclass(frozen=True)
class InputPreview:
    """An input as the host looks at it: its name, and its first bytes, uncompressed; once it is
    stored, its ``lines``, too. ``predicted``: what is known of the predictions in it."""

    name: str
    head: bytes
    lines: int = 0
    predicted: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultTable:
    """A file of results: the names of its columns, and its rows, of cells or of TSV."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True)
class JobReport:
    """What a job's counts come to: files by name, further entries of its summary, and plots by
    name, each drawn on matplotlib's ``Axes``."""

    tables: Mapping[str, ResultTable]
    summary: Mapping[str, Any]
    plots: Mapping[str, Callable[[Any], None]] = field(default_factory=dict)


class Tally(ABC):
    """A pipeline's part in a task, which counts block by block, and on the host, which reports.

    ``groups`` and ``columns`` name the columns of ``counts.tsv``: what a key consists of, and
    what is counted. ``left_out`` says how many records no group tells of, and why, although
    nothing is wrong with them.
    """

    block_size = 1 << 20  # bytes of input that are counted at once
    looks_at = 1 << 14  # bytes of each input's beginning, or a few more, that ``look`` is given
    reduces = False  # whether reducers merge what tasks have found
    stage = Stage.SUMMARISE  # what its seconds are counted as
    outcome = "counted"  # what records are that aren't rejected
    groups: Sequence[str] = ()
    columns: Sequence[str] = ()
    write: Callable[[bytes], None]  # appends to the split's part file; a task sets it
    where: Callable[[int], tuple[str, int]]  # a line's part and its offset there; likewise

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raise ValueError, for people to read, where the options mean nothing."""
        self.left_out: Counter[str] = Counter()

    @staticmethod
    def look(sources: Sequence[InputPreview], options: Mapping[str, Any]) -> dict[str, Any]:
        """What the inputs' beginnings tell, as further options; ValueError if it is unusable."""
        return {}

    @staticmethod  # noqa: B027
    def prepare(options: Mapping[str, Any], folder: Path) -> None:
        """Write to ``folder`` what tasks need beside their input; ValueError if it is unusable."""

    def load(self, folder: Path) -> None:  # noqa: B027
        """Take, in a task, what ``prepare`` wrote from ``folder``."""

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

    def called(self) -> Mapping[str, str]:
        """What the columns of predictions are called, if it makes some."""
        return {}

    def header(self) -> Sequence[str]:
        """The columns of the part files, if they are TSV: merged, they are results."""
        return ()

    def gather(self, parts: Sequence[Path], folder: Path) -> None:
        """Make results in ``folder`` of part files that aren't TSV."""
        raise NotImplementedError

    def conclude(self, partial: Partial) -> JobReport:
        """What the merged summary of a job comes to."""
        return self.report(partial["counts"])

    def report(self, counts: Counts) -> JobReport:
        """The groups, the largest first count first."""
        first, *others = (counts.get(name, {}) for name in self.columns)
        keys = sorted(first, key=lambda key: (-first[key], key))
        rows = [(key, *(column.get(key, 0) for column in (first, *others))) for key in keys]
        totals = {name: sum(counts.get(name, {}).values()) for name in self.columns}
        return JobReport(
            tables={"counts.tsv": ResultTable((*self.groups, *self.columns), rows)},
            summary={"groups": len(rows), "totals": totals},
        )


class FileTally(Tally):
    """A pipeline whose records are whole files."""

    block_size = 1  # a line of the task's list
    files: JobFiles  # a task sets it
    write_part: Callable[[str, Iterable[bytes]], None]  # a whole part file, by name; likewise

    @staticmethod
    def settle(sources: Sequence[InputPreview], options: Mapping[str, Any]) -> dict[str, Any]:
        """What all files, which are stored by now, tell as further options; ValueError if they
        are unusable."""
        return {}

    def add(self, block: Block) -> list[Reject]:
        """Take the files that a list names."""
        rejects = []
        for line, record in zip(block.numbers, block.records, strict=True):
            entry = FileEntry.read(record)
            try:
                self.add_file(self.files.file(entry))
            except UnusableFile as error:
                rejects.append(Reject(line, error.reason, error.detail))
            self.files.check(entry)
        return rejects

    @abstractmethod
    def add_file(self, file: StoredFile) -> None:
        """Count one file, or nothing of it: UnusableFile."""


def key_of(*columns: str) -> str:
    """The key of the group whose columns these are."""
    return escape_row(list(columns)).decode()


def same_for_all(
    sources: Sequence[InputPreview], read: Callable[[InputPreview], dict[str, Any]], differs: str
) -> dict[str, Any]:
    """What ``read`` gives for every one of ``sources``; ValueError, in which the first that
    ``differs`` is named, unless it is the same."""
    found = [read(source) for source in sources]
    for source, written in zip(sources, found, strict=True):
        if written != found[0]:
            raise ValueError(f"{source.name} {differs} {sources[0].name}")
    return found[0]
