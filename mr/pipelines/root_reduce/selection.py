"""A selection of events, as a TOML file says it: columns, cuts, what is kept, a histogram."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.pipelines.root_reduce.expression import EventExpression

__all__ = ["ABOVE", "BELOW", "NAN", "READ", "Cut", "Histogram", "Selection"]

TREE = "Events"
READ, BELOW, ABOVE, NAN = "read", "below", "above", "nan"
MOST_BINS = 10_000
KEYS = {"tree": str, "keep": list, "define": dict, "cut": list, "histogram": dict}
KEYS_OF_CUT = {"name": str, "where": str}
KEYS_OF_HISTOGRAM = {"of": str, "bins": int, "from": (int, float), "to": (int, float)}


@dataclass(frozen=True)
class Cut:
    """Events for which ``where`` is true stay."""

    name: str
    where: EventExpression


@dataclass(frozen=True)
class Histogram:
    """Of a value an event, or of all in its list: ``bins`` from ``low`` to, without, ``high``."""

    of: EventExpression
    bins: int
    low: float
    high: float

    @cached_property
    def edges(self) -> NDArray[np.float64]:
        """Where bins begin, and where the last one ends (bins + 1,)."""
        return np.linspace(self.low, self.high, self.bins + 1)

    def count(self, values: Any) -> Mapping[str, int]:
        """How many of ``values`` (n,) are in each bin (from "0" on), ``BELOW`` or ``ABOVE`` all of
        them, or ``NAN``."""
        missing = np.isnan(values)
        places = np.searchsorted(self.edges, values[~missing], side="right")
        counts = np.bincount(places, minlength=self.bins + 2).tolist()
        names = (BELOW, *map(str, range(self.bins)), ABOVE)
        found = dict(zip(names, counts, strict=True)) | {NAN: int(np.count_nonzero(missing))}
        return {name: count for name, count in found.items() if count}


@dataclass(frozen=True)
class Selection:
    """``keep`` names branches of ``tree`` or ``defined`` columns, each of which may use branches
    and those before it."""

    tree: str
    keep: tuple[str, ...]
    defined: Mapping[str, EventExpression]
    cuts: tuple[Cut, ...]
    histogram: Histogram | None

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> "Selection":
        """What a TOML file states; ValueError, for people to read, where it can't be."""
        _check("the file", stated, KEYS)
        keep = stated.get("keep", [])
        if not keep or not all(type(name) is str for name in keep) or len(set(keep)) < len(keep):
            raise ValueError('keep is a list of names, each once: keep = ["run", "event"]')
        defined: dict[str, EventExpression] = {}
        texts = stated.get("define", {})
        _check("[define]", texts, dict.fromkeys(texts, str))
        for name, text in texts.items():
            defined[name] = EventExpression.read(text)
            if later := defined[name].names & (texts.keys() - defined.keys() | {name}):
                raise ValueError(f"{text}: {min(later)} isn't defined above it")
        cuts = []
        for cut in stated.get("cut", []):
            _check("[[cut]]", cut, KEYS_OF_CUT, needed=True)
            cuts.append(Cut(cut["name"], EventExpression.read(cut["where"])))
        if len({READ, *(cut.name for cut in cuts)}) <= len(cuts):
            raise ValueError(f"each cut has a name of its own, and none is {READ}")
        histogram = stated.get("histogram")
        selection = cls(
            tree=stated.get("tree", TREE),
            keep=tuple(keep),
            defined=defined,
            cuts=tuple(cuts),
            histogram=None if histogram is None else _histogram(histogram),
        )
        if not selection.branches:
            raise ValueError("it uses no branch of the tree")
        return selection

    @property
    def flow(self) -> list[str]:
        """What events are counted, in order: those that are read, and that each cut leaves."""
        return [READ, *(cut.name for cut in self.cuts)]

    @cached_property
    def branches(self) -> frozenset[str]:
        """The branches that it needs."""
        wanted = [cut.where for cut in self.cuts]
        wanted += [self.histogram.of] if self.histogram else []
        names = set(chain(self.keep, *(expression.names for expression in wanted)))
        for name in reversed(list(self.defined)):
            if name in names:
                names |= self.defined[name].names
        return frozenset(names - self.defined.keys())


def _histogram(stated: Mapping[str, Any]) -> Histogram:
    _check("[histogram]", stated, KEYS_OF_HISTOGRAM, needed=True)
    bins, low, high = stated["bins"], float(stated["from"]), float(stated["to"])
    if not (0 < bins <= MOST_BINS and -np.inf < low < high < np.inf):
        raise ValueError(f"[histogram] has 1 to {MOST_BINS:,} bins, and from is below to")
    return Histogram(EventExpression.read(stated["of"]), bins, low, high)


def _check(place: str, stated: Any, kinds: Mapping[str, Any], *, needed: bool = False) -> None:
    """Raise ValueError unless ``stated`` has these keys, with values of these kinds."""
    if not isinstance(stated, Mapping):
        raise ValueError(f"{place} is a table")
    for key, value in stated.items():
        if key not in kinds:
            raise ValueError(f"{place} has no {key}; it takes {', '.join(kinds)}")
        if isinstance(value, bool) or not isinstance(value, kinds[key]):
            raise ValueError(f"{key} in {place} is not as it should be: {value!r}")
    if needed and (missing := [key for key in kinds if key not in stated]):
        raise ValueError(f"{place} needs {missing[0]}")
