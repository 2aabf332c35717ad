"""The score of a record as its line of scores.tsv has it: what ranks records, exactly."""

from collections.abc import Callable, Sequence

from howdah.jobs.record import Job
from mr.records.tsv import escape_text

__all__ = ["score_readers"]

Reader = Callable[[list[bytes]], int]


def score_readers(job: Job, outputs: Sequence[str]) -> dict[str, Reader]:
    """For each of a model's ``outputs`` that has scores, or for ``""`` where it has one, what reads
    a line's cells: the score that the summary counts, in units of the last decimal.

    Of many classes it is the score of the record's label.
    """
    places = {name: place for place, name in enumerate(job.columns)}
    renamed = job.predicted.get("renamed", {})

    def place_of(name: str) -> int | None:
        return places.get(renamed.get(name, name))

    def reader(score: int | None, label: int | None, classes: dict[str, int]) -> Reader | None:
        if score is not None:
            return lambda cells: _fixed(cells[score])
        if label is None or not classes:
            return None
        by_label = {escape_text(name): place for name, place in classes.items()}
        return lambda cells: _fixed(cells[by_label[cells[label]]])

    kind = job.predicted.get("kind")
    found: dict[str, Reader | None] = {}
    if kind == "several":
        for output in outputs:
            prefix = f"score_{output}_"
            score, label = place_of(f"score_{output}"), place_of(f"label_{output}")
            classes = {
                name.removeprefix(prefix): places[renamed.get(name, name)]
                for name in _usual_names(job)
                if name.startswith(prefix)
            }
            found[output] = reader(score, label, classes)
    elif kind == "clusters":
        found[""] = reader(place_of("distance"), None, {})
    else:
        classes = {label: places[name] for label, name in job.predicted["classes"].items()}
        found[""] = reader(place_of("score"), place_of("label"), classes)
    return {output: each for output, each in found.items() if each}


def _usual_names(job: Job) -> list[str]:
    """The columns, by the names that they would have if the input had none of the kind."""
    usual = {called: name for name, called in job.predicted.get("renamed", {}).items()}
    return [usual.get(name, name) for name in job.columns]


def _fixed(cell: bytes) -> int:
    return int(cell.replace(b".", b""))
