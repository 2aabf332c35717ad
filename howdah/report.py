"""What people and programs are told about a job: where it stands, and its summary."""

from typing import Any

from howdah.jobs import Job
from howdah.results import readable_summary
from howdah.settings import Settings
from howdah.store import store_of
from howdah.watch import read_summary
from howdah.yarn import Yarn

__all__ = ["describe", "print_summary", "summary_of", "tracking_url"]

MEASURES = ("accuracy", "roc_auc")  # shown of each of several models
SHOWN_REASONS = 5
SHOWN_HIGHEST = 3
SHOWN_CHARACTERS = 70


def tracking_url(job: Job, settings: Settings) -> str | None:
    """The ResourceManager's page of the job; None for the local runner."""
    if not job.application or settings.cluster is None:
        return None
    return Yarn(settings.cluster).tracking_url(job.application)


def describe(job: Job, settings: Settings) -> dict[str, Any]:
    """The job for programs."""
    return {
        "job": job.id,
        "state": job.state,
        "runner": job.runner,
        "pipeline": job.pipeline,
        "model": job.model or None,
        **({"models": list(job.models)} if job.models else {}),
        "inputs": [source.name for source in job.inputs],
        "records": job.records,
        "scored": job.scored,
        "rejected": job.rejected,
        "submitted": job.created,
        "started": job.started,
        "finished": job.finished,
        "application": job.application or None,
        "tracking_url": tracking_url(job, settings),
        "error": job.error or None,
    }


def summary_of(job: Job, settings: Settings) -> dict[str, Any]:
    """The summary of a job that is done, as in summary.json."""
    return readable_summary(job, read_summary(job, store_of(job, settings)))


def print_summary(job: Job, summary: dict[str, Any]) -> None:
    """Print a job's summary for people."""
    records, rejected = summary["records"], summary["rejected"]
    took = f" in {job.finished - job.created:.0f} s" if job.finished else ""
    done = "scored" if "scored" in summary else "counted"
    print(f"done{took}: {records:,} records, {summary[done]:,} {done}, {rejected:,} rejected")
    reasons = list(summary["rejected_by_reason"].items())
    for reason, count in reasons[:SHOWN_REASONS]:
        print(f"  rejected  {count:>12,}  {reason}")
    if others := sum(count for _, count in reasons[SHOWN_REASONS:]):
        print(f"  rejected  {others:>12,}  for other reasons")
    if "models" in summary:
        _print_models(summary)
    elif done == "counted":
        _print_counts(summary)
    else:
        _print_scores(summary)


def _print_models(summary: dict[str, Any]) -> None:
    for name, told in summary["models"].items():
        print(f"  model     {told['scored']:>12,}  {name}")
        _print_scores(told | {"highest": []})
        for measure in MEASURES:
            if (value := told.get("evaluation", {}).get(measure)) is not None:
                print(f"  measure   {value:>12.6g}  {measure}")
    for pair in summary["pairs"]:
        names = " and ".join(pair["models"])
        if "agreed" in pair:
            print(f"  agreed    {pair['agreed']:>12,}  {names}")
        tested = pair.get("mcnemar", pair.get("two_proportions", {}))
        if (value := tested.get("p_value")) is not None:
            print(f"  p-value   {value:>12.4g}  of their accuracies' difference: {names}")


def _print_counts(summary: dict[str, Any]) -> None:
    for reason, count in summary["left_out"].items():
        print(f"  left out  {count:>12,}  {reason}")
    if "groups" in summary:
        print(f"  groups    {summary['groups']:>12,}")
    for name, total in summary.get("totals", {}).items():
        print(f"  total     {total:>12,}  {name}")
    for name, value in summary.items():
        if isinstance(value, float):
            print(f"  measure   {value:>12.6g}  {name}")


def _print_scores(summary: dict[str, Any]) -> None:
    for label, count in summary["labels"].items():
        print(f"  label     {count:>12,}  {label}")
    if score := summary["score"]:
        print(f"  score     mean {score['mean']:.6g}, median {score['quantiles']['0.5']:.6g},"
              f" {score['min']:.6g} to {score['max']:.6g}")  # fmt: skip
    for entry in summary["highest"][:SHOWN_HIGHEST]:
        print(f"  highest   {entry['score']:>12.6g}  {entry['record'][:SHOWN_CHARACTERS]}")
