"""Access logs of web servers, counted: requests by operating system, hour, status and so on."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mr.counting.tally import Counts, InputPreview, JobReport, Tally, TaskContext, key_of
from mr.pipelines.requests_by_os.agents import system_of
from mr.pipelines.requests_by_os.fields_in_texts import FieldsInTexts, fields_at
from mr.pipelines.requests_by_os.log_format import LogFormat, Requests, text_array
from mr.pipelines.requests_by_os.recognise import format_of, recognised
from mr.records.block import Block, Reject

__all__ = ["RequestsByOs"]

BY = {  # what a request is counted by, and the columns that it takes
    "os": ("agent",),
    "hour": ("date", "time"),
    "day": ("date",),
    "status": ("status",),
    "method": ("method",),
    "edge": ("edge",),
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?", re.ASCII)
Encoded = tuple[list[str], NDArray[np.int32]]  # different texts, and which of them each is (n,)


class RequestsByOs(Tally):
    """The columns of ``by``, then ``requests`` and ``bytes``.

    Options: ``by`` (columns, between commas), ``from`` and ``to`` (what is counted is no earlier
    than the first, and before the second). Of the logs: ``log``, their format;
    ``without_bytes``, the name of one that doesn't tell bytes, which then aren't counted; of W3C's
    what fields_in_texts.py says.
    """

    block_size = 8 << 20

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.groups = tuple(options["by"].split(","))
        if not set(self.groups) <= set(BY) or len(set(self.groups)) < len(self.groups):
            raise ValueError(f"--by {options['by']}: it takes {', '.join(BY)}, each once")
        limits = [_limit(name, options[name]) for name in ("from", "to")]
        if None not in limits and limits[0] >= limits[1]:  # type: ignore[operator]
            raise ValueError(
                f"--from {options['from']} is not before --to {options['to']}: nothing is between"
            )
        self._from, self._to = options["from"], options["to"]
        self._options = options
        self._without_bytes = options.get("without_bytes", "")
        self.columns = ("requests",) if self._without_bytes else ("requests", "bytes")
        self._wanted = {column for name in self.groups for column in BY[name]} | set(
            self.columns[1:]
        )
        if self._from or self._to:
            self._wanted |= {"date", "time"}
        self._counted = {column: Counter[str]() for column in self.columns}
        self._log: LogFormat  # in a map task alone

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """How the logs are written: the same way all of them."""
        tally = RequestsByOs({**options, "without_bytes": "any"})
        return recognised(previews, tally._wanted)

    @staticmethod
    def text_watcher(options: Mapping[str, Any]) -> FieldsInTexts | None:
        """What finds fields that change."""
        return FieldsInTexts(options) if options["log"] == "w3c" else None

    def load(self, task: TaskContext) -> None:
        """Read the split by its format."""
        super().load(task)
        fields = None
        if self._options["log"] == "w3c":
            fields = fields_at(self._options, task.file, task.start)
        self._log = format_of(self._options["log"], fields, self._wanted)

    def add(self, block: Block) -> list[Reject]:
        """Count the requests of a block."""
        found = self._log.read(block)
        if found.left_out:
            self.left_out[self._log.left_out] += found.left_out
        for requests in map(self._within, found.requests):
            if len(requests.batch):
                self._count(requests)
        return found.rejects

    def counts(self) -> Counts:
        """What has been counted."""
        return self._counted

    def report(self, counts: Counts) -> JobReport:
        """The groups; a warning where bytes couldn't be counted."""
        report = super().report(counts)
        if not self._without_bytes:
            return report
        warning = f"bytes aren't counted: {self._without_bytes} doesn't tell them"
        return replace(report, summary={**report.summary, "warnings": [warning]})

    def _within(self, requests: Requests) -> Requests:
        """The requests between ``from`` and ``to``."""
        if not (self._from or self._to):
            return requests
        from pyarrow import compute

        batch = requests.batch
        moments = _joined(batch["date"], batch["time"])
        for limit, why, compare in (
            (self._from, "before --from", compute.greater_equal),
            (self._to, "not before --to", compute.less),
        ):
            if limit:
                kept = compare(moments, text_array([limit])[0])
                if dropped := len(moments) - compute.sum(kept, min_count=0).as_py():
                    self.left_out[why] += dropped
                    batch, moments = batch.filter(kept), moments.filter(kept)
        return replace(requests, batch=batch)

    def _count(self, requests: Requests) -> None:
        """Count one request or more."""
        import pyarrow as pa

        keys: list[tuple[str, ...]] = [()]
        groups = np.zeros(len(requests.batch), np.int64)
        for name in self.groups:
            texts, codes = _encoded(requests, name)
            found, groups = np.unique(groups * len(texts) + codes, return_inverse=True)
            pairs = zip(*np.divmod(found, len(texts)), strict=True)
            keys = [(*keys[group], texts[code]) for group, code in pairs]
        names = [key_of(*key) for key in keys]
        found = {"requests": np.bincount(groups)}
        if "bytes" in self.columns:
            found["bytes"] = np.zeros(len(keys), np.int64)
            sizes: Any = np.from_dlpack(requests.batch["bytes"].cast(pa.int64()))
            np.add.at(found["bytes"], groups, sizes)
        for counted, values in found.items():
            self._counted[counted].update(dict(zip(names, values.tolist(), strict=True)))


def _limit(name: str, text: str) -> datetime | None:
    if not text:
        return None
    if not MOMENT.fullmatch(text):
        raise ValueError(f"--{name} {text}: write 2026-03-14 or 2026-03-14T09:26:53")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"--{name} {text}: there is no such moment ({error})") from None


def _encoded(requests: Requests, name: str) -> Encoded:
    """What the requests are counted by."""
    from pyarrow import compute

    batch = requests.batch
    if name == "os":
        agents, of_request = _encode(batch["agent"])
        systems = [system_of(requests.decode(agent)) for agent in agents]
        names, of_agent = _encode(text_array(systems))
        return names, of_agent[of_request]
    if name == "day":
        return _encode(batch["date"])
    if name == "hour":
        hours = compute.utf8_slice_codeunits(batch["time"], 0, 2)
        return _encode(_joined(batch["date"], hours))
    return _encode(batch[name])


def _joined(dates: Any, times: Any) -> Any:
    from pyarrow import compute

    return compute.binary_join_element_wise(dates, times, text_array(["T"])[0])


def _encode(texts: Any) -> Encoded:
    from pyarrow import compute

    found = compute.dictionary_encode(texts)
    codes: Any = np.from_dlpack(found.indices)  # to_numpy() would import pandas
    return found.dictionary.to_pylist(), codes
