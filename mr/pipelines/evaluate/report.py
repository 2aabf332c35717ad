"""What an evaluation's counts come to: measures, warnings, the worst records; or a problem."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mr.counting.tally import JobReport
from mr.evaluation.class_names import ClassNames
from mr.evaluation.regression import measure_errors
from mr.pipelines.evaluate.class_counts import Evaluation
from mr.pipelines.evaluate.contradictions import problem_of, warnings_of
from mr.pipelines.evaluate.labels import no_id_joins
from mr.pipelines.evaluate.predicted_columns import PredictedColumns
from mr.pipelines.evaluate.worst_records import worst_table
from mr.summary import Partial, empty

__all__ = ["ERRORS", "NO_LABEL", "SCORES", "WORST", "evaluation_report"]

NO_LABEL = "no label has its id"
SCORES = "scores"  # the summary of what isn't counts
ERRORS = "errors"
WORST = "worst.tsv"

Options = Mapping[str, Any]


def evaluation_report(
    options: Options, predicted: PredictedColumns, names: ClassNames, partial: Partial
) -> JobReport:
    """The report of a job with these options."""
    summary: dict[str, Any] = {
        "columns": {
            "truth": options["truth"],
            "scores": [*predicted.scores.values()],
            "label": predicted.label or None,
        },
        "predicted_by": predicted.how,
    }
    if predicted.is_binary:
        summary |= {"positive": predicted.positive, "positive_from": predicted.why}
    left_out = partial["left_out"].get(NO_LABEL, 0)
    if left_out and left_out == partial["scored"]:
        problem = no_id_joins(options, left_out, options["spelled_ids"])
        return JobReport({}, summary | {"problem": problem})
    of_kind = _of_numbers if predicted.is_regression else _of_classes
    report = of_kind(options, predicted, names, partial)
    told = summary | dict(report.summary)
    if left_out * 2 > partial["scored"] and "problem" not in told:
        few = f"only {partial['scored'] - left_out:,} of {partial['scored']:,} records have a label"
        told["warnings"] = [f"{few}, by their id", *told["warnings"]]
    return replace(report, summary=told)


def _of_classes(
    options: Options, predicted: PredictedColumns, names: ClassNames, partial: Partial
) -> JobReport:
    scores = partial["within"].get(SCORES, empty())
    found = Evaluation(predicted, partial["counts"], scores["value_counts"])
    if problem := problem_of(predicted, found.truths, names):
        return JobReport({}, {"truths": found.truths, "problem": problem})
    report = found.report()
    warnings = warnings_of(predicted, report.summary, found.labels, found.contradicted, names)
    entries = []
    for group, ranking in scores["ranked"].items():
        for entry in ranking["entries"]:
            error = found.error_of(group, entry["of"])
            entries.append((error, error, entry))
    told: dict[str, Any] = {"spellings": found.spellings} if found.spellings else {}
    told["warnings"] = warnings
    return _with_worst(options, replace(report, summary=told | dict(report.summary)), entries)


def _of_numbers(
    options: Options, predicted: PredictedColumns, names: ClassNames, partial: Partial
) -> JobReport:
    sums, scores = partial["counts"]["sums"], partial["within"].get(SCORES, empty())
    if not sums.get("records"):
        return JobReport({}, {"problem": "no record could be counted"})
    report = measure_errors(sums, scores["value_counts"][ERRORS])
    entries = [
        (entry["score"], entry["of"] - float(entry["truth"]), entry)
        for ranking in scores["ranked"].values()
        for entry in ranking["entries"]
    ]
    summary = {"kind": predicted.kind, "warnings": []} | dict(report.summary)
    return _with_worst(options, replace(report, summary=summary), entries)


def _with_worst(
    options: Options, report: JobReport, entries: list[tuple[float, float, Mapping[str, Any]]]
) -> JobReport:
    if not options["worst"]:
        return report
    identifier = (
        "" if options["labels"] and options["id"] not in options["columns"] else options["id"]
    )
    table = worst_table(entries, options["columns"], identifier, int(options["worst"]))
    return replace(report, tables={**report.tables, WORST: table})
