"""A job's summary as people and programs read it, with places in the inputs instead of in parts."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from howdah.errors import IntegrityError, UsageError
from howdah.hadoop.store import Store
from howdah.jobs.job_store import job_store
from howdah.jobs.layout import MERGED, OUTPUT, SUCCESS
from howdah.jobs.packed_files import PackedFile, file_at, read_index
from howdah.jobs.pipeline_hooks import conclude
from howdah.jobs.record import Job, Jobs
from howdah.jobs.stored_input import Input
from howdah.settings import Settings
from mr.counting.tally import JobReport
from mr.pipelines.registry import PIPELINES
from mr.records.block import BLANK_LINE
from mr.records.split import BOM
from mr.summary import Partial, finish, finish_counts, merge

__all__ = ["Place", "check_meaning", "places_of", "read_summary", "readable_summary"]


@dataclass(frozen=True)
class Place:
    """Where a part begins: its input, the bytes and lines before it in that, decompressed, and the
    files that the input is a pack of."""

    source: Input
    offset: int
    lines: int
    files: Sequence[PackedFile] = ()

    def of_record(self, lines: int, offset: int) -> tuple[str, str, int, int]:
        """Of a record that so many lines and bytes of the part stand before: its file's name and
        encoding, and how many lines and bytes of that file's text do."""
        lines, offset = self.lines + lines, self.offset + offset
        if not self.files:
            return self.source.name, self.source.encoding, lines, offset
        file = file_at(self.files, offset)
        return file.name, file.encoding, *file.place(lines, offset)


Stamps = Mapping[str, list[int]]  # of files: their bytes and times of change


def readable_summary(job: Job, partial: Partial, report: JobReport | None = None) -> dict[str, Any]:
    """The content of summary.json; ``report``: what a pipeline that counts makes of it, if that
    is known already."""
    if tally := PIPELINES[job.pipeline].tally:
        report = report or conclude(job, partial)
        summary = finish_counts(partial, report.summary, tally().outcome)
    else:
        summary = finish(partial, job.decimals)
    examples = list(_examples(summary))
    parts = places_of(job, partial) if examples else {}
    for entry in examples:
        place = parts[entry.pop("part")]
        name, _, _, offset = place.of_record(0, entry["offset"])
        entry |= {"file": name, "offset": offset}
    return summary


def check_meaning(summary: dict[str, Any]) -> None:
    """Raise UsageError if what was counted means nothing, and the summary says so."""
    if problem := summary.get("problem"):
        raise UsageError(problem, hint="submit it again; rejected.tsv and summary.json tell more")


def _examples(summary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The records that a summary shows, of one model or output, or of several."""
    for shown in ("highest", "lowest", "farthest"):
        yield from summary.get(shown, ())
    for inner in (*summary.get("models", {}).values(), *summary.get("outputs", {}).values()):
        yield from inner["highest"]
    for pair in summary.get("pairs", ()):
        yield from pair.get("most_different", ())


def places_of(job: Job, partial: Partial) -> dict[str, Place]:
    """Where each part begins, in the order of the inputs."""
    following = {
        source.stored.split(".")[0]: Place(
            source,
            source.skipped + (len(BOM) if source.bom else 0),
            source.skipped_lines,
            read_index(source) if source.index else (),
        )
        for source in job.inputs
    }
    found: dict[str, Place] = {}
    for part in sorted(partial["parts"]):
        key = part.split("-")[0]
        place = found[part] = following[key]
        counts = partial["parts"][part]
        following[key] = replace(
            place, offset=place.offset + counts["bytes"], lines=place.lines + counts["lines"]
        )
    return found


def read_summary(job: Job, settings: Settings) -> Partial:
    """The job's merged summary; raises IntegrityError unless its counts meet the input's.

    It is merged once and kept in the job's folder on this machine; it is merged again only if the
    output has changed since.
    """
    store = job_store(job, settings)
    files = store.stamps(OUTPUT)
    if SUCCESS not in files:
        raise IntegrityError(
            f"job {job.id}: {store.uri}/{OUTPUT} has no _SUCCESS", hint="submit the input again"
        )
    parts = {name: files[name] for name in sorted(files) if name.startswith("part-")}
    path = Jobs(settings.state).folder(job.id) / MERGED
    summary = _read_kept(path, parts)
    if summary is None:
        summary = _merge(job, store, parts)
        _keep(path, parts, summary)
    counted = summary["scored"] + sum(summary["rejected"].values())
    if counted != job.records:
        raise IntegrityError(
            f"job {job.id}: its input has {job.records} records, and {counted} came out",
            hint=f"bin/logs {job.id}; submit the input again, and report this",
        )
    return summary


def _merge(job: Job, store: Store, parts: Iterable[str]) -> Partial:
    """What the output's files, the reducers', come to."""
    lines = [
        line for name in parts for line in b"".join(store.read(f"{OUTPUT}/{name}")).splitlines()
    ]
    try:
        merged = merge(json.loads(line.partition(b"\t")[2]) for line in lines)
        return _without_blank_ends(job, merged)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"job {job.id}: its summary in {store.uri}/{OUTPUT} is damaged: {error}",
            hint="submit the input again",
        ) from None


def _without_blank_ends(job: Job, merged: Partial) -> Partial:
    """The summary without the blank lines behind an input's last record, which its tasks rejected:
    no task knows whether another one's split has a record behind them. They are the last of the
    input's rejected ones; ``blank`` says how many of a part's are."""
    left = {source.stored.split(".")[0]: source.blank_lines for source in job.inputs}
    if not any(left.values()):
        return merged
    rejected = dict(merged["rejected"])
    parts = dict(merged["parts"])
    for part in sorted(parts, reverse=True):
        key = part.split("-")[0]
        if blank := min(left.get(key, 0), parts[part]["rejected"]):
            left[key] -= blank
            rejected[BLANK_LINE] -= blank
            counted = parts[part]["rejected"] - blank
            parts[part] = parts[part] | {"rejected": counted, "blank": blank}
    rejected = {reason: count for reason, count in rejected.items() if count}
    return merged | {"rejected": rejected, "parts": parts}


def _read_kept(path: Path, parts: Stamps) -> Partial | None:
    """The summary that was merged of these same files; None if there is none."""
    with suppress(OSError, ValueError, KeyError, TypeError):  # or half of one
        kept = json.loads(path.read_bytes())
        if kept["parts"] == parts:
            return dict(kept["summary"])
    return None


def _keep(path: Path, parts: Stamps, summary: Partial) -> None:
    """Keep the summary if there is room for it; two processes may see the job end at once."""
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        partial.write_text(json.dumps({"parts": parts, "summary": summary}))
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
