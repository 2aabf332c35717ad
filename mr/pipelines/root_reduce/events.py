"""The events of a ROOT file's tree, some at a time: read, cut, and their columns evaluated."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray
from uproot.source.chunk import Chunk, Source
from uproot.source.coalesce import coalesce_requests
from uproot.source.futures import TrivialFuture

from mr.pipelines.root_reduce.expression import EventExpression
from mr.pipelines.root_reduce.functions import plain
from mr.storage.whole_files import StorageError, StoredFile, UnusableFile

__all__ = ["Branches", "Events", "read_events"]

AT_ONCE = 16 << 20  # bytes of the branches that are read, decompressed
NUMBERS = "biuf"
SHOWN = 300

Branches = Mapping[str, Any]


class Events:
    """n events: ``column`` gives one of ``branches`` or of ``defined`` columns, and ``cut`` leaves
    fewer. A defined column is evaluated for the events that are left when it is asked for."""

    def __init__(self, branches: Branches, defined: Mapping[str, EventExpression]) -> None:
        self._branches = branches
        self._defined = defined
        self._left: NDArray[np.intp] | None = None  # all of them
        self._known: dict[str, Any] = {}

    def __len__(self) -> int:
        if self._left is None:
            return len(next(iter(self._branches.values())))
        return len(self._left)

    def column(self, name: str) -> Any:
        """Numbers (n,), or lists of numbers an event."""
        if name not in self._known:
            self._known[name] = self._column(name)
        return self._known[name]

    def evaluate(self, expression: EventExpression) -> Any:
        """The same of any expression; ValueError where it can't be evaluated."""
        found = plain(expression.evaluate(self.column))
        if np.ndim(found) == 0:
            raise ValueError(f"{expression.text}: it is the same for every event")
        return found

    def cut(self, where: EventExpression) -> None:
        """Leave those for which ``where`` is true."""
        true = self.evaluate(where)
        if not isinstance(true, np.ndarray) or true.dtype != np.bool_:
            raise ValueError(f"{where.text}: it is not true or false for an event as a whole")
        left = np.flatnonzero(true)
        self._left = left if self._left is None else self._left[left]
        self._known = {}

    def _column(self, name: str) -> Any:
        if name in self._defined:
            return self.evaluate(self._defined[name])
        values = self._branches[name]
        return values if self._left is None else values[self._left]


def read_events(file: StoredFile, tree: str, branches: Set[str]) -> Iterator[Branches]:
    """First no events at all, then those of the tree, ``AT_ONCE``: arrays by branch.

    Raises UnusableFile where there is no such tree with these branches of numbers, and for
    whatever is found damaged meanwhile.
    """
    kept = {"filter_branch": lambda branch: branch.name in branches, "how": dict}
    try:
        with uproot.open({file.name: None}, handler=_source_of(file)) as root:
            found = _tree(root, tree, branches)
            yield _numbers(found.arrays(entry_stop=0, **kept))
            # uproot would ask for every basket's header to know how large it is
            size = sum(found[branch].uncompressed_bytes for branch in branches)
            step = max(AT_ONCE * found.num_entries // max(size, 1), 1)
            for arrays in found.iterate(step_size=step, **kept):
                yield _numbers(arrays)
    except (UnusableFile, StorageError):
        raise
    except Exception as error:  # of many kinds
        message = " ".join(str(error).split())
        raise UnusableFile("damaged", f"{type(error).__name__}: {message[:SHOWN]}") from None


def _tree(root: Any, name: str, branches: Set[str]) -> Any:
    try:
        tree = root[name]
    except uproot.KeyInFileError:
        raise UnusableFile(
            "no such tree", f"{name}; there is {_listed(root.keys(cycle=False))}"
        ) from None
    if not isinstance(tree, uproot.TTree):
        raise UnusableFile("not a TTree", f"{name} is a {root.classname_of(name)}")
    for branch in sorted(branches):
        if branch not in tree:
            raise UnusableFile("no such branch", f"{branch}; there is {_listed(tree.keys())}")
    return tree


def _numbers(arrays: Branches) -> Branches:
    for name, values in arrays.items():
        kind = ak.type(values).content
        while isinstance(kind, ak.types.ListType | ak.types.RegularType) and not kind.parameters:
            kind = kind.content
        if not isinstance(kind, ak.types.NumpyType) or np.dtype(kind.primitive).kind not in NUMBERS:
            raise UnusableFile("not a branch of numbers", f"{name}: {kind}")
    return {name: plain(values) for name, values in arrays.items()}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)[:SHOWN] or "nothing"


def _source_of(file: StoredFile) -> Callable[..., Source]:
    """What uproot reads ``file`` by: ranges in order, neighbours at once."""

    class Stored(Source):  # type: ignore[misc]
        def __init__(self, path: str, **options: Any) -> None:
            super().__init__()
            self._file_path = path
            self._raw = file.raw()

        def __enter__(self) -> "Stored":
            return self

        def __exit__(self, *error: object) -> None:
            self._raw.close()

        @property
        def closed(self) -> bool:
            return self._raw.closed

        @property
        def num_bytes(self) -> int:
            return file.size

        def chunk(self, start: int, stop: int) -> Chunk:
            return Chunk(self, start, stop, TrivialFuture(self._read(start, stop)))

        def chunks(self, ranges: list[tuple[int, int]], notifications: Any) -> list[Chunk]:
            chunks: list[Chunk] = coalesce_requests(ranges, self._submit, self, notifications)
            return chunks

        def _submit(self, ranges: list[tuple[int, int]]) -> TrivialFuture:
            return TrivialFuture([memoryview(self._read(*range_)) for range_ in ranges])

        def _read(self, start: int, stop: int) -> bytes:
            self._raw.seek(start)
            return self._raw.read(min(stop, file.size) - start) or b""

    return Stored
