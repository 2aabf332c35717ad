"""What an evaluation tells: the measures of all classes, their curves, and plots of these."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mr.counting.tally import JobReport, ResultTable
from mr.evaluation.curve import (
    Curve,
    are_probabilities,
    average_precision,
    brier,
    calibration,
    confusion_counts,
    curve_points,
    log_loss,
    precision_recall_f1,
    roc_auc,
    roc_auc_bound,
    threshold_sweep,
)

__all__ = ["measure_classes", "measure_two_classes"]

Scores = Mapping[float, int]  # how many records have each score

MEANS = ("precision", "recall", "f1", "roc_auc", "pr_auc")


def measure_two_classes(
    truths: Mapping[str, Scores],
    positive: str,
    threshold: float | None,
    *,
    rounded: bool,
    given: Mapping[tuple[str, str], int] | None = None,
) -> JobReport:
    """Records whose truth is ``positive`` against all others, by the scores that each truth's
    records have; ``rounded``: some weren't counted as they are; ``given``: how many records of a
    truth have a label, if predictions aren't those above ``threshold``."""
    names = sorted(truths)
    others = [name for name in names if name != positive]
    curve = Curve.of(truths.get(positive, {}), _sum([truths[name] for name in others]))
    if given is None:
        assert threshold is not None
        tn, fn, fp, tp = confusion_counts(curve, threshold)
    else:
        found = [0, 0, 0, 0]
        for (truth, label), count in given.items():
            found[2 * (label == positive) + (truth == positive)] += count
        tn, fn, fp, tp = found
    negative = others[0] if len(others) == 1 else f"not {positive}"
    records = tn + fn + fp + tp
    summary = {
        "truths": {name: sum(truths[name].values()) for name in names},
        "positive": positive,
        "threshold": threshold,
        "confusion_matrix": {"labels": [negative, positive], "matrix": [[tn, fp], [fn, tp]]},
        "accuracy": (tn + tp) / records if records else None,
        **precision_recall_f1(fn, fp, tp),
        **_of_curve(curve, rounded),
        "threshold_sweep": threshold_sweep(curve) if records else [],
    }
    return _report(summary, {positive: curve})


def measure_classes(
    scores: Mapping[str, Mapping[str, Scores]],
    labels: Mapping[tuple[str, str], int],
    *,
    rounded: bool,
) -> JobReport:
    """Each class's scores by truth, and how many records of a truth have a label."""
    names = sorted({*scores, *(name for pair in labels for name in pair)})
    matrix = [[labels.get((truth, label), 0) for label in names] for truth in names]
    records = sum(labels.values())
    right = sum(matrix[place][place] for place in range(len(names)))
    curves = {
        name: Curve.of(
            truths.get(name, {}), _sum([truths[truth] for truth in truths if truth != name])
        )
        for name, truths in scores.items()
    }
    classes: dict[str, dict[str, Any]] = {}
    for place, name in enumerate(names):
        tp, support = matrix[place][place], sum(matrix[place])
        fp = sum(row[place] for row in matrix) - tp
        of_curve = _of_curve(curves[name], rounded) if name in curves else {}
        classes[name] = {
            "records": support,
            **precision_recall_f1(support - tp, fp, tp),
            **of_curve,
        }
    hits = [truths.get(name, {}) for name, truths in scores.items()]
    summary = {
        "truths": {name: classes[name]["records"] for name in names},
        "confusion_matrix": {"labels": names, "matrix": matrix},
        "accuracy": right / records if records else None,
        **{name: _mean(classes, name) for name in MEANS},
        "log_loss": _log_loss(_sum(hits), records, list(curves.values())),
        "classes": classes,
    }
    return _report(summary, curves)


def _of_curve(curve: Curve, rounded: bool) -> dict[str, Any]:
    chances = are_probabilities(curve)
    return {
        "roc_auc": roc_auc(curve),
        "roc_auc_bound": roc_auc_bound(curve) if rounded else 0.0,
        "pr_auc": average_precision(curve),
        "log_loss": log_loss(curve) if chances else None,
        "brier": brier(curve) if chances else None,
        "calibration": calibration(curve) if chances else None,
    }


def _log_loss(hits: Scores, records: int, curves: Sequence[Curve]) -> float | None:
    """From the chances that were given to what came true; None if there is a truth without one,
    or no truth."""
    if not records or sum(hits.values()) < records or not all(map(are_probabilities, curves)):
        return None
    return log_loss(Curve.of(hits, {}))


def _sum(scores: Sequence[Scores]) -> Scores:
    total: Counter[float] = Counter()
    for counts in scores:
        total.update(counts)
    return total


def _mean(classes: Mapping[str, Mapping[str, Any]], measure: str) -> float | None:
    """Over the classes that have it."""
    values = [found[measure] for found in classes.values() if found.get(measure) is not None]
    return sum(values) / len(values) if values else None


def _report(summary: Mapping[str, Any], curves: Mapping[str, Curve]) -> JobReport:
    drawn = {name: curve_points(curve) for name, curve in curves.items() if len(curve.scores)}
    rows = [
        (name, *row)
        for name, columns in drawn.items()
        for row in zip(*columns.values(), strict=True)
    ]
    columns = ["class", *(next(iter(drawn.values())) if drawn else ())]
    plots = {"confusion_matrix.svg": _matrix(**summary["confusion_matrix"])}
    if curves:
        plots |= {
            "roc.svg": _lines(drawn, "false_positive_rate", "true_positive_rate", first=[0.0]),
            "precision_recall.svg": _lines(drawn, "true_positive_rate", "precision"),
        }
    chances = {name: curve for name, curve in curves.items() if are_probabilities(curve)}
    if chances:
        bins = {name: calibration(curve) for name, curve in chances.items()}
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
