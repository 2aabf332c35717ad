"""Access logs of web servers, counted: requests by operating system, hour, status and so on."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from mr.counting.tally import Counts, InputPreview, Tally, key_of, same_for_all
from mr.pipelines.requests_by_os.access_log import (
    COLUMNS,
    CombinedFormat,
    LogFormat,
    W3cFormat,
    text_array,
    w3c_fields,
)
from mr.records.block import Block, Reject

__all__ = ["RequestsByOs", "system_of"]

BY = ("os", "hour", "day", "status", "method", "edge")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?", re.ASCII)
Encoded = tuple[list[str], NDArray[np.int32]]  # different texts, and which of them each is (n,)
FORMATS = "W3C's extended format (with a #Fields line first) or the combined one"


class RequestsByOs(Tally):
    """The columns of ``by``, then ``requests`` and ``bytes``.

    Options: ``by`` (columns, between commas), ``from`` and ``to`` (what is counted is no earlier
    than the first, and before the second); of a W3C log ``fields``, their names, and ``delimiter``.
    """

    block_size = 8 << 20
    columns = ("requests", "bytes")

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.groups = tuple(options["by"].split(","))
        if not set(self.groups) <= set(BY) or len(set(self.groups)) < len(self.groups):
            raise ValueError(f"--by {options['by']}: it takes {', '.join(BY)}, each once")
        for name in ("from", "to"):
            if options[name] and not MOMENT.fullmatch(options[name]):
                raise ValueError(
                    f"--{name} {options[name]}: write 2026-03-14 or 2026-03-14T09:26:53"
                )
        self._from, self._to = options["from"], options["to"]
        wanted = {"date", "time", "bytes", "status"} | {
            "agent" if name == "os" else name for name in self.groups
        }
        fields = options["fields"]
        self._log: LogFormat = (
            W3cFormat(fields, options["delimiter"], wanted) if fields else CombinedFormat()
        )
        missing = [name for name in COLUMNS if name in wanted and name not in self._log.columns]
        if missing:
            raise ValueError(f"the log doesn't tell of {missing[0]}")

        self._counted = {column: Counter[str]() for column in self.columns}

    @staticmethod
    def options_from_previews(
        previews: Sequence[InputPreview], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """How the logs are written: the same way all of them."""
        return same_for_all(previews, _format_of, "is written otherwise than")

    def add(self, block: Block) -> list[Reject]:
        """Count the requests of a block."""
        rejects: list[Reject] = []
        batch = self._log.read_block(block.data) if block.data else None
        if batch is None:
            batch, rejects = self._read_records(block)
        if directives := len(block.numbers) - len(rejects) - len(batch):
            self.left_out["a directive"] += directives
        batch = self._within(batch)
        if len(batch):
            self._count(batch)
        return rejects

    def counts(self) -> Counts:
        """What has been counted."""
        return self._counted

    def _read_records(self, block: Block) -> tuple[Any, list[Reject]]:
        import pyarrow as pa

        rows, rejects = [], []
        for line, record in zip(block.numbers, block.records, strict=True):
            try:
                row = self._log.read_record(record.decode())
            except ValueError as error:
                rejects.append(Reject(line, str(error)))
                continue
            if row is not None:
                rows.append(row)
        texts = zip(*rows, strict=True) if rows else [()] * len(self._log.columns)
        return pa.record_batch(list(map(text_array, texts)), names=self._log.columns), rejects

    def _within(self, batch: Any) -> Any:
        """The requests between ``from`` and ``to``."""
        if not (self._from or self._to):
            return batch
        from pyarrow import compute

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
        return batch

    def _count(self, batch: Any) -> None:
        """Count one request or more."""
        import pyarrow as pa

        keys: list[tuple[str, ...]] = [()]
        groups = np.zeros(len(batch), np.int64)
        for name in self.groups:
            texts, codes = self._encoded(batch, name)
            found, groups = np.unique(groups * len(texts) + codes, return_inverse=True)
            pairs = zip(*np.divmod(found, len(texts)), strict=True)
            keys = [(*keys[group], texts[code]) for group, code in pairs]
        sizes = np.zeros(len(keys), np.int64)
        np.add.at(sizes, groups, np.from_dlpack(batch["bytes"].cast(pa.int64())))
        names = [key_of(*key) for key in keys]
        for counted, values in (("requests", np.bincount(groups)), ("bytes", sizes)):
            self._counted[counted].update(dict(zip(names, values.tolist(), strict=True)))

    def _encoded(self, batch: Any, name: str) -> Encoded:
        """What the requests are counted by."""
        from pyarrow import compute

        if name == "os":
            agents, of_request = _encode(batch["agent"])
            systems, of_agent = _encode(text_array(list(map(system_of, agents))))
            return systems, of_agent[of_request]
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


@lru_cache(1 << 16)
def system_of(agent: str) -> str:
    """The operating system that a user agent, URL-encoded or not, says it runs on."""
    found = _systems().extract(unquote(unquote(agent)))  # CloudFront used to encode twice
    return found.family if found else "unknown"


@cache
def _systems() -> Any:
    """The rules for systems alone: ``ua_parser.parse_os`` compiles those for browsers and devices,
    too, which takes longer than it does to apply these."""
    from ua_parser import load_lazy_builtins
    from ua_parser.regex import Resolver

    _, systems, _ = load_lazy_builtins()
    return Resolver(([], systems, [])).os


def _format_of(preview: InputPreview) -> dict[str, Any]:
    lines = preview.head.decode(errors="replace").split("\n")
    for line in lines:
        if fields := w3c_fields(line.rstrip("\r")):
            record = next((line for line in lines if not line.startswith("#")), "")
            return {"fields": fields, "delimiter": "\t" if "\t" in record else " "}
        if not line.startswith("#"):
            break
    try:
        CombinedFormat().read_record(lines[0])
    except ValueError:
        raise ValueError(
            f"{preview.name} begins like no access log that is known: {FORMATS}"
        ) from None
    return {"fields": [], "delimiter": ""}
