"""Access logs of web servers, counted: requests by operating system, hour, status and so on."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from mr.accesslog import COLUMNS, Combined, Log, W3c, w3c_fields
from mr.block import Block, Reject
from mr.tally import Counts, Source, Tally, key_of, shared

__all__ = ["RequestsByOs", "system_of"]

BY = ("os", "hour", "day", "status", "method", "edge")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?", re.ASCII)
FORMATS = "W3C's extended format (with a #Fields line first) or the combined one"


class RequestsByOs(Tally):
    """The columns of ``by``, then ``requests`` and ``bytes``.

    Options: ``by`` (columns, between commas), ``from`` and ``to`` (what is counted is no earlier
    than the first, and before the second); of a W3C log ``fields``, their names, and ``delimiter``.
    """

    block_size = 4 << 20
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
        fields = options["fields"]
        self._log: Log = W3c(fields, options["delimiter"]) if fields else Combined()
        wanted = {"date", "time", "bytes", "status"} | {
            "agent" if name == "os" else name for name in self.groups
        }
        missing = [name for name in COLUMNS if name in wanted and name not in self._log.columns]
        if missing:
            raise ValueError(f"the log doesn't tell of {missing[0]}")

        self._counted = {column: Counter[str]() for column in self.columns}

    @staticmethod
    def look(sources: Sequence[Source], options: Mapping[str, Any]) -> dict[str, Any]:
        """How the logs are written: the same way all of them."""
        return shared(sources, _format_of, "is written otherwise than")

    def add(self, block: Block) -> list[Reject]:
        """Count the requests of a block."""
        rejects: list[Reject] = []
        table = self._log.read_block(block.data) if block.data else None
        if table is None:
            table, rejects = self._read_records(block)
        self._count(self._within(table))
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
            if row is None:
                self.left_out["a directive"] += 1
            else:
                rows.append(row)
        columns = zip(*rows, strict=True) if rows else [()] * len(self._log.columns)
        arrays = [pa.array(column, pa.string()) for column in columns]
        return pa.table(arrays, names=list(self._log.columns)), rejects

    def _within(self, table: Any) -> Any:
        """The requests between ``from`` and ``to``."""
        from pyarrow import compute

        if not (self._from or self._to):
            return table
        moments = compute.binary_join_element_wise(table["date"], table["time"], "T")
        for limit, why, compare in (
            (self._from, "before --from", compute.greater_equal),
            (self._to, "not before --to", compute.less),
        ):
            if limit:
                kept = compare(moments, limit)
                if dropped := len(moments) - compute.sum(kept, min_count=0).as_py():
                    self.left_out[why] += dropped
                    table, moments = table.filter(kept), moments.filter(kept)
        return table

    def _count(self, table: Any) -> None:
        import pyarrow as pa

        keys = {name: self._column(table, name) for name in self.groups}
        sizes = table["bytes"].cast(pa.int64())
        grouped = (
            pa.table({**keys, "bytes": sizes})
            .group_by(list(self.groups), use_threads=False)
            .aggregate([([], "count_all"), ("bytes", "sum")])
        )
        cells = [grouped[name].to_pylist() for name in self.groups]
        names = [key_of(*row) for row in zip(*cells, strict=True)]
        for column, found in (("requests", "count_all"), ("bytes", "bytes_sum")):
            counts = zip(names, grouped[found].to_pylist(), strict=True)
            self._counted[column].update(dict(counts))

    def _column(self, table: Any, name: str) -> Any:
        """What the requests are counted by."""
        import pyarrow as pa
        from pyarrow import compute

        if name == "os":
            agents = compute.dictionary_encode(table["agent"].combine_chunks())
            systems = [system_of(agent) for agent in agents.dictionary.to_pylist()]
            return pa.array(systems, pa.string()).take(agents.indices)
        if name == "day":
            return table["date"]
        if name == "hour":
            hours = compute.utf8_slice_codeunits(table["time"], 0, 2)
            return compute.binary_join_element_wise(table["date"], hours, "T")
        return table[name]


@lru_cache(1 << 16)
def system_of(agent: str) -> str:
    """The operating system that a user agent, URL-encoded or not, says it runs on."""
    from ua_parser import parse_os

    found = parse_os(unquote(unquote(agent)))  # CloudFront used to encode twice
    return found.family if found else "unknown"


def _format_of(source: Source) -> dict[str, Any]:
    lines = source.head.decode(errors="replace").split("\n")
    for line in lines:
        if fields := w3c_fields(line.rstrip("\r")):
            record = next((line for line in lines if not line.startswith("#")), "")
            return {"fields": fields, "delimiter": "\t" if "\t" in record else " "}
        if not line.startswith("#"):
            break
    try:
        Combined().read_record(lines[0])
    except ValueError:
        raise ValueError(
            f"{source.name} begins like no access log that is known: {FORMATS}"
        ) from None
    return {"fields": [], "delimiter": ""}
