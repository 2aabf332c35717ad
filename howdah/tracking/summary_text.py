"""The summary of a job that is done, as bin/submit prints it."""

from collections.abc import Iterator
from typing import Any

from howdah.jobs.record import Job

__all__ = ["summary_lines"]

MEASURES = ("accuracy", "roc_auc")  # shown of each of several models
SHOWN_REASONS = 5
SHOWN_HIGHEST = 3
SHOWN_CHARACTERS = 70
SHOWN_TRUTHS = 10


def summary_lines(job: Job, summary: dict[str, Any]) -> Iterator[str]:
    """A job's summary for people."""
    records, rejected = summary["records"], summary["rejected"]
    took = f" in {job.finished - job.created:.0f} s" if job.finished else ""
    done = "scored" if "scored" in summary else "counted"
    yield f"done{took}: {records:,} records, {summary[done]:,} {done}, {rejected:,} rejected"
    reasons = list(summary["rejected_by_reason"].items())
    for reason, count in reasons[:SHOWN_REASONS]:
        yield f"  rejected  {count:>12,}  {reason}"
    if others := sum(count for _, count in reasons[SHOWN_REASONS:]):
        yield f"  rejected  {others:>12,}  for other reasons"
    if "models" in summary:
        yield from _models(summary)
    else:
        yield from _counts(summary) if done == "counted" else _scores(summary)


def _models(summary: dict[str, Any]) -> Iterator[str]:
    for name, told in summary["models"].items():
        yield f"  model     {told['scored']:>12,}  {name}"
        yield from _scores(told | {"highest": []})
        for measure in MEASURES:
            if (value := told.get("evaluation", {}).get(measure)) is not None:
                yield f"  measure   {value:>12.6g}  {measure}"
    for pair in summary["pairs"]:
        names = " and ".join(pair["models"])
        if "agreed" in pair:
            yield f"  agreed    {pair['agreed']:>12,}  {names}"
        tested = pair.get("mcnemar", pair.get("two_proportions", {}))
        if (value := tested.get("p_value")) is not None:
            yield f"  p-value   {value:>12.4g}  of their accuracies' difference: {names}"


def _counts(summary: dict[str, Any]) -> Iterator[str]:
    for reason, count in summary["left_out"].items():
        yield f"  left out  {count:>12,}  {reason}"
    if "groups" in summary:
        yield f"  groups    {summary['groups']:>12,}"
    for name, total in summary.get("totals", {}).items():
        yield f"  total     {total:>12,}  {name}"
    for name, events in summary.get("cut_flow", {}).items():
        yield f"  events    {events:>12,}  {name}"
    yield from _truths(summary)
    for name, value in summary.items():
        if isinstance(value, float):
            yield f"  measure   {value:>12.6g}  {name}"
    if errors := summary.get("error_quantiles"):
        low, median, high = (errors[share] for share in ("0.05", "0.5", "0.95"))
        yield f"  errors    median {median:.6g}, nine in ten {low:.6g} to {high:.6g}"
    for warning in summary.get("warnings", ()):
        yield f"  warning   {warning}"


def _truths(summary: dict[str, Any]) -> Iterator[str]:
    """What an evaluation has compared with."""
    truths = list(summary.get("truths", {}).items())
    for name, count in truths[:SHOWN_TRUTHS]:
        spelled = summary.get("spellings", {}).get(name, {})
        ways = ", ".join(f"{text} ({records:,})" for text, records in spelled.items())
        yield f"  truth     {count:>12,}  {name}" + (f", spelled {ways}" if ways else "")
    if others := truths[SHOWN_TRUTHS:]:
        yield f"  truth     {sum(count for _, count in others):>12,}  {len(others):,} others"
    if "positive" in summary:
        yield f"  positive  {summary['positive']:>12}  {summary['positive_from']}"


def _scores(summary: dict[str, Any]) -> Iterator[str]:
    for name, told in summary.get("outputs", {}).items():
        yield f"  output    {name}"
        yield from _scores(told)
    for word, counted in (("label", "labels"), ("cluster", "clusters")):
        for label, count in summary.get(counted, {}).items():
            yield f"  {word:<9} {count:>12,}  {label}"
    for word in ("score", "distance"):
        if numbers := summary.get(word):
            median = numbers["quantiles"]["0.5"]
            yield (
                f"  {word:<9} mean {numbers['mean']:.6g}, median {median:.6g},"
                f" {numbers['min']:.6g} to {numbers['max']:.6g}"
            )
    for word in ("highest", "lowest", "farthest"):
        for entry in summary.get(word, ())[:SHOWN_HIGHEST]:
            number = entry["distance" if word == "farthest" else "score"]
            yield f"  {word:<9} {number:>12.6g}  {entry['record'][:SHOWN_CHARACTERS]}"
