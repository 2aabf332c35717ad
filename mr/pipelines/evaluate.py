"""Scored records against the truth: how good were the predictions?"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.block import Block, Reject
from mr.cells import WRITTEN
from mr.evaluation import of_many, of_two
from mr.fixed import LIMIT, to_fixed
from mr.labels import LABELS_FILE, Labels, gather
from mr.table import Table as Input
from mr.table import first_fields, read_features
from mr.tally import Counts, Report, Source, Tally, key_of, shared
from mr.truths import ByTruth

__all__ = ["Evaluate"]

A_CLASS = "score_"  # begins the name of a class's column, where there are more than two
EXACT = "exact"
UNUSABLE = ("", "a missing value", "an infinite value", "too large a number")

Floats = NDArray[np.float64]


class Evaluate(Tally):
    """Counts how many records of each truth have each score.

    Options: ``truth``, ``score`` (names of columns), ``threshold``, ``positive`` (a truth),
    ``decimals`` (that scores are rounded to, or ``exact``); ``labels`` (a file that has the truths)
    and ``id`` (the column that both have); and how the table is written.
    """

    block_size = 4 << 20
    groups = ()
    columns = ("scores", "labels", "rounded")

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._threshold = _number(options, "threshold")
        self._exact = options["decimals"] == EXACT
        self._decimals = 0 if self._exact else int(_number(options, "decimals"))
        if not 0 <= self._decimals <= 15:
            raise ValueError(f"--decimals {options['decimals']}: it is 0 to 15, or {EXACT}")
        self._positive = options["positive"]
        names = options["columns"]
        if not options["truth"]:
            raise ValueError(f"evaluate needs --truth COLUMN; the input has {_listed(names)}")
        known = _named(options, "id" if options["labels"] else "truth", names)
        self._classes = [name for name in names if name.startswith(A_CLASS)]
        if options["score"] in names or len(self._classes) < 2:
            self._classes = [_named(options, "score", names)]
        self._many = len(self._classes) > 1
        labels = [name for name in ("label",) if self._many and name in names]
        texts = (known, *(name for name in labels if name != known))
        self._input = Input(
            columns=tuple(names),
            delimiter=options["delimiter"],
            quotes=options["format"] == "csv",
            features=(*texts, *self._classes),
            types=(*(WRITTEN for _ in texts), *("number" for _ in self._classes)),
        )
        self._json = options["format"] == "json"
        self._truth_of: Labels | None = None
        self._largest = np.inf if self._exact else LIMIT / 10.0**self._decimals
        self._truths: dict[str, int] = defaultdict(lambda: len(self._truths))
        self._labels: Counter[str] = Counter()
        self._rounded = 0
        self._by_truth = [ByTruth() for _ in self._classes]

    @staticmethod
    def look(sources: Sequence[Source], options: Mapping[str, Any]) -> dict[str, Any]:
        """How the table is written, and its columns."""
        written = shared(sources, _written, "has other columns than")
        if options["id"] and not options["labels"]:
            raise ValueError("--id names a column of two files; --labels FILE is the other one")
        if not options["labels"]:
            return written
        labels = Path(options["labels"]).resolve()
        if not labels.is_file():
            raise ValueError(f"--labels {options['labels']}: there is no such file")
        stat = labels.stat()
        stamp = [stat.st_size, stat.st_mtime_ns]
        return written | {"labels": str(labels), "labels_stamp": stamp}

    @staticmethod
    def prepare(options: Mapping[str, Any], folder: Path) -> None:
        """Gather the labels, which tasks join with their records."""
        if options["labels"]:
            source, target = Path(options["labels"]), folder / LABELS_FILE
            gather(source, options["id"], options["truth"], target)

    def load(self, folder: Path) -> None:
        """Take the labels from where tasks have them."""
        if (folder / LABELS_FILE).exists():
            self._truth_of = Labels.read(folder / LABELS_FILE)

    def add(self, block: Block) -> list[Reject]:
        """Count the truths and scores of a block."""
        read, lines, rejects = read_features(block, self._input, json=self._json)
        width = len(self._classes)
        return rejects + self._add(read[:-width], read[-width:], lines)

    def _add(self, texts: list[Any], scores: list[Any], lines: Sequence[int]) -> list[Reject]:
        """Count n rows: columns (n,) of texts, the truth first, and of scores."""
        import pyarrow as pa

        good = np.ones(len(lines), np.bool_)
        rejects = []
        for name, column in zip(self._input.features, [*texts, *scores], strict=True):
            why = _unusable(column, self._largest)
            for row in np.flatnonzero(good & (why > 0)).tolist():
                rejects.append(Reject(lines[row], f"column {name}: {UNUSABLE[why[row]]}"))
            good &= why == 0
        if self._truth_of:
            texts = [self._truth_of.of(texts[0]), *texts[1:]]
            unknown = good & (texts[0] == "")
            if count := int(np.count_nonzero(unknown)):
                self.left_out["no label has its id"] += count
            good &= ~unknown
        truth, *labels = (pa.array(column[good], pa.string()) for column in texts)
        scores = [column[good] for column in scores]
        names = truth.dictionary_encode()
        codes = np.array([self._truths[name] for name in names.dictionary.to_pylist()], np.int32)
        truths = codes.take(names.indices.to_numpy()) if len(codes) else codes
        for by_truth, column in zip(self._by_truth, scores, strict=True):
            by_truth.add(truths, self._rounded_off(column))
        if self._many:
            given = labels[0] if labels else self._likeliest(scores)
            self._count_labels(truth, given)
        return rejects

    def _rounded_off(self, scores: Floats) -> NDArray[np.int64]:
        if self._exact:
            return scores.view(np.int64)
        fixed, _ = to_fixed(scores, self._decimals)
        self._rounded += int(np.count_nonzero(fixed / 10.0**self._decimals != scores))
        return fixed

    def _likeliest(self, scores: list[Floats]) -> Any:
        """The class with the highest score, of equal ones the first."""
        import pyarrow as pa

        names = [name.removeprefix(A_CLASS) for name in self._classes]
        return pa.array(names, pa.string()).take(pa.array(np.argmax(scores, axis=0)))

    def _count_labels(self, truth: Any, given: Any) -> None:
        import pyarrow as pa

        table = pa.table({"truth": truth, "given": given})
        found = table.group_by(["truth", "given"], use_threads=False).aggregate([([], "count_all")])
        for row in found.to_pylist():
            self._labels[key_of(row["truth"], row["given"])] += row["count_all"]

    def counts(self) -> Counts:
        """``scores``: by class, truth and score; ``labels``: by truth and label."""
        truths = [key_of(name) for name in self._truths]
        scores = {}
        for name, by_truth in zip(self._classes, self._by_truth, strict=True):
            codes, values, records = by_truth.counts()
            columns = (codes, values.view(np.float64) if self._exact else values, records)
            for truth, score, count in zip(*(column.tolist() for column in columns), strict=True):
                scores[f"{key_of(name)}\t{truths[truth]}\t{score!r}"] = count
        return {
            "scores": scores,
            "labels": self._labels,
            "rounded": {"": self._rounded} if self._rounded else {},
        }

    def report(self, counts: Counts) -> Report:
        """The measures, the curves that they come from, and their plots."""
        found: dict[str, dict[str, dict[float, int]]] = {}
        for key, records in counts["scores"].items():
            name, truth, score = key.split("\t")
            value = float(score) / 10**self._decimals
            found.setdefault(name, {}).setdefault(truth, {})[value] = records
        rounded = bool(counts["rounded"])
        if self._many:
            scores = {name.removeprefix(A_CLASS): truths for name, truths in found.items()}
            pairs = {_pair(key): count for key, count in counts["labels"].items()}
            return of_many(scores, pairs, rounded=rounded)
        truths = next(iter(found.values()), {})
        return of_two(truths, self._positive, self._threshold, rounded=rounded)


def _pair(key: str) -> tuple[str, str]:
    truth, label = key.split("\t")
    return truth, label


def _unusable(column: Any, largest: float) -> NDArray[np.int64]:
    """For each of a column's values (n,), which of ``UNUSABLE`` it is."""
    if column.dtype == object:
        return np.asarray(column == "", np.int64)
    missing, infinite = np.isnan(column), np.isinf(column)
    return np.select([missing, infinite, np.abs(column) >= largest], [1, 2, 3], 0)


def _number(options: Mapping[str, Any], name: str) -> float:
    try:
        return float(options[name])
    except ValueError:
        raise ValueError(f"--{name} {options[name]}: it is a number") from None


def _named(options: Mapping[str, Any], name: str, columns: Sequence[str]) -> str:
    """The column that an option names."""
    column: str = options[name]
    if column not in columns:
        raise ValueError(
            f"--{name} {column}: the input has no such column; it has {_listed(columns)}"
        )
    return column


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns)[:200]


def _written(source: Source) -> dict[str, Any]:
    line = source.head.decode(errors="replace").split("\n", 1)[0].rstrip("\r")
    try:
        form, delimiter, fields = first_fields(line)
    except ValueError as error:
        raise ValueError(f"{source.name}: the first line names no columns: {error}") from None
    for place, name in enumerate(fields):
        if name in fields[:place]:
            raise ValueError(f"{source.name}: the header names {name!r} twice: rename one of them")
    return {"format": form, "delimiter": delimiter, "columns": fields, "header": form != "json"}
