"""Which truth scores are for, where no job says so: what the first records tell.

That is the label of those above the threshold, or a convention among truths; what neither tells
is asked for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mr.evaluation.class_names import ClassNames
from mr.pipelines.evaluate.predicted_columns import GIVEN, PredictedColumns, listed

__all__ = [
    "FirstRecords",
    "are_too_many",
    "no_truth_is_a_label",
    "no_truth_is_positive",
    "settle_positive_class",
    "too_many_truths",
]

CONVENTIONS = (
    *(("0", "1"), ("-1", "1"), ("f", "t")),
    *(("no", "yes"), ("n", "y"), ("neg", "pos"), ("negative", "positive")),
)


@dataclass(frozen=True)
class FirstRecords:
    """What the first records have: how often each truth, and each label on both sides of the
    threshold; their ids."""

    truths: Counter[str] = field(default_factory=Counter)
    above: Counter[str] = field(default_factory=Counter)
    below: Counter[str] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)

    def named(self, names: ClassNames) -> "FirstRecords":
        """The same by classes, whatever their spelling; without those that have no truth."""

        def by_class(spelled: Counter[str]) -> Counter[str]:
            found = Counter[str]()
            for text, count in spelled.items():
                found[names.name(text)] += count
            return found

        truths = by_class(self.truths)
        del truths[""]
        return FirstRecords(truths, by_class(self.above), by_class(self.below), self.ids)

    @property
    def spellings(self) -> list[str]:
        """Of truths, the most frequent first."""
        return [text for text, _ in self.truths.most_common()]

    @property
    def labels(self) -> set[str]:
        return {*self.above, *self.below}

    @property
    def label_above(self) -> str:
        """The label of all scores above the threshold, if other scores have another; or ''."""
        told = len(self.above) == 1 and self.below.keys() - self.above.keys()
        return next(iter(self.above)) if told else ""


def settle_positive_class(
    found: PredictedColumns, seen: FirstRecords, names: ClassNames
) -> PredictedColumns:
    """The same, with the positive truth and what labels call it; ValueError if the first records
    don't tell, or can't have been meant."""
    found = _settle(found, seen, names)
    if are_too_many(found, seen.truths):
        raise ValueError(too_many_truths(found, seen.truths, names))
    return found


def _settle(found: PredictedColumns, seen: FirstRecords, names: ClassNames) -> PredictedColumns:
    if not found.is_binary:
        if seen.truths and found.labels and not seen.truths.keys() & {*found.labels}:
            raise ValueError(no_truth_is_a_label(seen.truths, found.labels))
        return found
    if found.labels:
        if seen.truths and found.why != GIVEN and not seen.truths.keys() & {*found.labels}:
            raise ValueError(no_truth_is_positive(found, seen.truths))
        return found
    if "" in seen.labels:  # they aren't labels of these scores
        found, seen = replace(found, label="", by_label=False), FirstRecords(seen.truths)
    above = seen.label_above
    if found.positive:
        renamed = above and seen.truths and not seen.truths.keys() & seen.labels
        label = above if renamed else found.positive
        by_label = found.by_label and label == above
        return replace(found, label_of_positive=label, by_label=by_label)
    if above and (not seen.truths or seen.truths.keys() & seen.labels):
        return _for(found, above, f"the label of scores above {found.threshold:g}")
    if not seen.labels and (positive := _by_convention(seen.truths, names)):
        return _for(found, positive, "by convention")
    what = f"truths seen: {listed(seen.truths)}" if seen.truths else "no truth is seen yet"
    raise ValueError(
        f"which truth is the column {found.column} for? --positive TRUTH says it"
        f"{_or_numbers(seen.truths, names)}; {what}"
    )


def are_too_many(found: PredictedColumns, truths: Mapping[str, int]) -> bool:
    """Whether a score is for one of more truths than two, and nobody has said so."""
    said = found.why == GIVEN or len(found.labels) > 2
    return found.is_binary and not said and len(truths) > 2


def too_many_truths(found: PredictedColumns, truths: Mapping[str, int], names: ClassNames) -> str:
    """What is said where a score is for one of more than two truths."""
    return (
        f"the column {found.column} is a score for {found.positive} ({found.why}), and there are"
        f" {len(truths):,} truths: --positive {found.positive} counts all others as"
        f" negative{_or_numbers(truths, names)}; truths seen: {listed(Counter(truths))}"
    )


def _or_numbers(truths: Mapping[str, int], names: ClassNames) -> str:
    """What else may be meant, if truths are many numbers."""
    return (
        "; --kind regression, if it predicts these numbers"
        if (len(truths) > 2 and names.are_numbers)
        else ""
    )


def no_truth_is_positive(found: PredictedColumns, truths: Mapping[str, int]) -> str:
    """What is said where no record is positive."""
    seen = listed(Counter(truths)) or "none"
    if found.why == GIVEN:
        return f"--positive {found.positive}: no record has this truth; truths seen: {seen}"
    return (
        f"the scores are for {found.positive} ({found.why}), and no record has this truth;"
        f" --positive TRUTH says which of them is meant; truths seen: {seen}"
    )


def no_truth_is_a_label(truths: Mapping[str, int], labels: Sequence[str]) -> str:
    """What is said where no record can be right."""
    seen = listed(Counter(truths))
    return f"no truth is one of the classes {listed(labels)}; truths seen: {seen}"


def _for(found: PredictedColumns, positive: str, why: str) -> PredictedColumns:
    return replace(
        found,
        scores={positive: found.column},
        positive=positive,
        label_of_positive=positive,
        why=why,
    )


def _by_convention(truths: Mapping[str, int], names: ClassNames) -> str:
    """The second of two truths that are such a pair; or ''."""
    written = {names.compared(name).casefold(): name for name in truths}
    pairs = [pair for pair in CONVENTIONS if written.keys() == {*pair}]
    return written[pairs[0][1]] if pairs and len(truths) == len(written) else ""
