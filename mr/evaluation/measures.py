"""What an evaluation tells: the measures of all classes, their curves, and plots of these."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mr.counting.tally import JobReport, ResultTable
from mr.evaluation.class_scores import ClassScores
from mr.evaluation.curve import (
    average_precision,
    average_precision_bound,
    curve_points,
    precision_recall_f1,
    roc_auc,
    roc_auc_bound,
)
from mr.exact.sums import mean_of

__all__ = ["measure_classes", "measure_two_classes"]

MEANS = ("precision", "recall", "f1", "roc_auc", "roc_auc_bound", "pr_auc", "pr_auc_bound")

Pairs = Mapping[tuple[str, str], int]  # how many records of a truth have a label


def measure_two_classes(
    truths: Mapping[str, int],
    positive: str,
    threshold: float | None,
    predicted: Mapping[tuple[str, bool], int],
    scored: ClassScores,
) -> JobReport:
    """Records whose truth is ``positive`` against all others; ``predicted``: how many records of a
    truth are predicted to be positive, and how many aren't."""
    others = [name for name in truths if name != positive]
    found = [0, 0, 0, 0]
    for (truth, says_so), count in predicted.items():
        found[2 * says_so + (truth == positive)] += count
    tn, fn, fp, tp = found
    negative = others[0] if len(others) == 1 else f"not {positive}"
    records = sum(found)
    summary = {
        "truths": dict(sorted(truths.items())),
        "positive": positive,
        "threshold": threshold,
        "confusion_matrix": {"labels": [negative, positive], "matrix": [[tn, fp], [fn, tp]]},
        "accuracy": (tn + tp) / records if records else None,
        **precision_recall_f1(fn, fp, tp),
        **_of_scores(scored),
        "threshold_sweep": scored.threshold_sweep(),
    }
    return _report(summary, {positive: scored})


def measure_classes(
    truths: Mapping[str, int], labels: Pairs, scored: Mapping[str, ClassScores]
) -> JobReport:
    """Each class against all others; ``scored`` by class, where there are scores."""
    names = sorted({*truths, *scored, *(label for _, label in labels)})
    matrix = [[labels.get((truth, label), 0) for label in names] for truth in names]
    records = sum(labels.values())
    right = sum(matrix[place][place] for place in range(len(names)))
    classes: dict[str, dict[str, Any]] = {}
    for place, name in enumerate(names):
        tp, support = matrix[place][place], sum(matrix[place])
        fp = sum(row[place] for row in matrix) - tp
        classes[name] = {
            "records": support,
            **precision_recall_f1(support - tp, fp, tp),
            **(_of_scores(scored[name]) if name in scored else {}),
        }
    summary = {
        "truths": {name: classes[name]["records"] for name in names},
        "confusion_matrix": {"labels": names, "matrix": matrix},
        "accuracy": right / records if records else None,
        **{name: _mean(classes, name) for name in MEANS},
        "log_loss": _log_loss(records, [*scored.values()]),
        "classes": classes,
    }
    return _report(summary, scored)


def _of_scores(scored: ClassScores) -> dict[str, Any]:
    """Its measures; the areas with how far off they may be because scores were rounded, or there
    were too many distinct ones."""
    curve, exact = scored.curve, scored.is_exact
    return {
        "roc_auc": roc_auc(curve),
        "roc_auc_bound": 0.0 if exact else roc_auc_bound(curve),
        "pr_auc": average_precision(curve),
        "pr_auc_bound": 0.0 if exact else average_precision_bound(curve),
        "log_loss": scored.log_loss,
        "brier": scored.brier,
        "calibration": scored.calibration,
    }


def _log_loss(records: int, scored: Sequence[ClassScores]) -> float | None:
    """From the chances that were given to what came true; None if there is a truth without one,
    or no truth."""
    given = sum(each.curve.totals[0] for each in scored)
    if not records or given < records or not all(each.are_chances for each in scored):
        return None
    return -mean_of(sum(each.log_sum_of_class for each in scored), records)


def _mean(classes: Mapping[str, Mapping[str, Any]], measure: str) -> float | None:
    """Over the classes that have it."""
    values = [found[measure] for found in classes.values() if found.get(measure) is not None]
    return sum(values) / len(values) if values else None


def _report(summary: Mapping[str, Any], scored: Mapping[str, ClassScores]) -> JobReport:
    drawn = {name: curve_points(each.curve) for name, each in scored.items() if each.records}
    rows = [
        (name, *row)
        for name, columns in drawn.items()
        for row in zip(*columns.values(), strict=True)
    ]
    columns = ["class", *(next(iter(drawn.values())) if drawn else ())]
    plots = {"confusion_matrix.svg": _matrix(**summary["confusion_matrix"])}
    if scored:
        plots |= {
            "roc.svg": _lines(drawn, "false_positive_rate", "true_positive_rate", first=[0.0]),
            "precision_recall.svg": _lines(drawn, "true_positive_rate", "precision"),
        }
    if bins := {name: each.calibration for name, each in scored.items() if each.calibration}:
        columns_of = {
            name: {key: [entry[key] for entry in found] for key in ("mean_score", "share_positive")}
            for name, found in bins.items()
        }
        plots["calibration.svg"] = _lines(columns_of, "mean_score", "share_positive", marker="o")
    return JobReport({"curves.tsv": ResultTable(columns, rows)}, summary, plots)


def _lines(
    drawn: Mapping[str, Mapping[str, list[float]]],
    x: str,
    y: str,
    first: Sequence[float] = (),
    marker: str = "",
) -> Callable[[Any], None]:
    """A line a class, in the square of shares; ``first`` comes before both of its columns."""

    def draw(axes: Any) -> None:
        for name, columns in drawn.items():
            axes.plot([*first, *columns[x]], [*first, *columns[y]], marker=marker, label=name)
        if y != "precision":
            axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
        axes.set(
            xlabel=x.replace("_", " "),
            ylabel=y.replace("_", " "),
            xlim=(-0.01, 1.01),
            ylim=(-0.01, 1.01),
        )
        axes.legend(title="class")

    return draw


def _matrix(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> Callable[[Any], None]:
    """Truths down, predictions across."""

    def draw(axes: Any) -> None:
        most = max(map(max, matrix), default=0)
        axes.imshow(matrix, cmap="Blues", vmin=0)
        for row, counts in enumerate(matrix):
            for column, count in enumerate(counts):
                colour = "white" if count > most / 2 else "black"
                axes.text(column, row, f"{count:,}", ha="center", va="center", color=colour)
        axes.set(xlabel="prediction", ylabel="truth")
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
        axes.set_yticks(range(len(labels)), labels)

    return draw
