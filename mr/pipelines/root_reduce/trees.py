"""The events of a ROOT file's tree, which is a TTree or an RNTuple, read some at a time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import pairwise
from typing import Any

import awkward as ak
import numpy as np
import uproot
from uproot.behaviors.RNTuple import RNTuple
from uproot.source.chunk import Chunk, Source
from uproot.source.coalesce import coalesce_requests
from uproot.source.futures import TrivialFuture

from mr.pipelines.root_reduce.events import Branches
from mr.pipelines.root_reduce.functions import plain
from mr.storage.whole_files import StorageError, StoredFile, UnusableFile

__all__ = ["read_events"]

AT_ONCE = 16 << 20  # bytes of the branches that are read, decompressed
NUMBERS = "biuf"
SHOWN = 300


def read_events(file: StoredFile, tree: str, branches: Set[str]) -> Iterator[Branches]:
    """First no events at all, then those of the tree, ``AT_ONCE``: arrays by branch.

    Raises UnusableFile where there is no such tree with these branches of numbers, and for
    whatever is found damaged meanwhile.
    """
    try:
        with uproot.open({file.name: None}, handler=_source_of(file)) as root:
            found = _tree(root, tree, branches)
            of_tree = _of_rntuple if isinstance(found, RNTuple) else _of_ttree
            for arrays in of_tree(found, branches):
                yield _numbers(arrays, branches)
    except (UnusableFile, StorageError):
        raise
    except Exception as error:  # of many kinds
        message = " ".join(str(error).split())
        raise UnusableFile("damaged", f"{type(error).__name__}: {message[:SHOWN]}") from None


def _of_ttree(tree: Any, branches: Set[str]) -> Iterator[Branches]:
    kept = {"filter_branch": lambda branch: branch.name in branches, "how": dict}
    yield tree.arrays(entry_stop=0, **kept)
    # uproot would ask for every basket's header to know how large it is
    size = sum(tree[branch].uncompressed_bytes for branch in branches)
    yield from tree.iterate(step_size=max(AT_ONCE * tree.num_entries // max(size, 1), 1), **kept)


def _of_rntuple(ntuple: Any, fields: Set[str]) -> Iterator[Branches]:
    """A cluster at a time, or some: uproot reads a whole one for any event of it."""

    def read(start: int, stop: int) -> Branches:
        return {
            name: ntuple[name].array(entry_start=start, entry_stop=stop) for name in sorted(fields)
        }

    yield read(0, 0)
    if not ntuple.num_entries:
        return
    step = ntuple.num_entries_for(f"{AT_ONCE} B", filter_name=sorted(fields))
    edges = [0]
    for cluster in ntuple.cluster_summaries:
        if cluster.num_first_entry + cluster.num_entries - edges[-1] > step:
            edges.append(cluster.num_first_entry)
    for start, stop in pairwise([*edges, ntuple.num_entries]):
        if start < stop:
            yield read(start, stop)


def _tree(root: Any, name: str, branches: Set[str]) -> Any:
    try:
        tree = root[name]
    except uproot.KeyInFileError:
        raise UnusableFile(
            "no such tree", f"{name}; there is {_listed(root.keys(cycle=False))}"
        ) from None
    if isinstance(tree, RNTuple):
        names = Counter(tree.keys())
    elif isinstance(tree, uproot.TTree):
        names = Counter(branch.name for branch in tree.itervalues(recursive=True))
    else:
        raise UnusableFile("not a TTree or an RNTuple", f"{name} is a {root.classname_of(name)}")
    for branch in sorted(branches):
        if not names[branch]:
            raise UnusableFile("no such branch", f"{branch}; there is {_listed(list(names))}")
        if names[branch] > 1:
            raise UnusableFile("no such branch", f"{branch} is the name of {names[branch]}")
    return tree


def _numbers(arrays: Branches, branches: Set[str]) -> Branches:
    for name in sorted(branches):
        kind = ak.type(arrays[name]).content if name in arrays else "what uproot can't read"
        while isinstance(kind, ak.types.ListType | ak.types.RegularType) and not kind.parameters:
            kind = kind.content
        if not isinstance(kind, ak.types.NumpyType) or np.dtype(kind.primitive).kind not in NUMBERS:
            raise UnusableFile("not a branch of numbers", f"{name}: {kind}")
    # of lists of one length each, awkward takes a choice as NumPy does: events would be lost
    return {name: plain(ak.from_regular(values, axis=None)) for name, values in arrays.items()}


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
