"""A program for a model's environment: loads the models that train.py has saved, and compares."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas

from howdah.models.verification.direct_loading import load_model
from mr.models.manifest import Manifest, ModelFileError
from mr.models.native.description import describe
from mr.models.native.formats import load_native
from mr.scoring.fixed_point import to_fixed
from mr.scoring.predict import check_classes, predict_rows
from tests.models_of_the_world.native.cases import Case

ALONE = 8
MANY = 2500  # more than a task gives at once


def main(folder: Path) -> dict[str, Any]:
    """What each case's model is like."""
    cases = pickle.loads((folder / "cases.pickle").read_bytes())
    return {case.name: compared(case) for case in cases}


def compared(case: Case) -> dict[str, Any]:
    """What a case's model is like; which of the library's own answers it gives, and whether it
    gives them at other places of a batch."""
    try:
        model = load_native(case.format, case.file)
    except ModelFileError as error:
        return {"refused": str(error), "reason": case.refused}
    if case.refused:
        return {"refused": "it was loaded", "reason": case.refused}
    description = json.loads(json.dumps(describe(model)))
    features = description["features"]
    description["names"] = [feature["name"] for feature in features]
    description["types"] = [feature["type"] for feature in features]
    wrong = {
        name: description[name]
        for name, value in case.expected.items()
        if description[name] != value
    }
    same = {
        method: same_bits(getattr(model, method)(case.rows), answer)
        for method, answer in case.answers.items()
    }
    return {
        "wrong": wrong,
        "same": same,
        "places": {method: places(model, method, case.rows) for method in case.answers},
        "direct": direct(case, description),
        "scored": scored(model, description, case.rows),
        "raised": raised(model, case.unfit) if case.unfit is not None else None,
    }


def direct(case: Case, description: dict[str, Any]) -> bool:
    """Whether what ``add`` compares a task with gives the library's answers, too."""
    names, rows = description["names"], case.rows
    if isinstance(rows, np.ndarray) and names and None not in names:
        rows = pandas.DataFrame(rows, columns=names)
    types = dict(zip(names, description["types"], strict=True))
    owner = load_model(str(case.file), description | {"model_format": case.format, "types": types})
    return all(
        alike(np.asarray(getattr(owner, method)(rows)).squeeze(), np.asarray(answer).squeeze())
        for method, answer in case.answers.items()
    )


def alike(found: Any, answer: Any) -> bool:
    if {found.dtype.kind, answer.dtype.kind} <= {"f", "i", "u"}:
        return bool(np.allclose(found, answer, rtol=1e-6, atol=1e-7))
    return bool((found.astype(str) == answer.astype(str)).all())


def raised(model: Any, rows: Any) -> bool:
    try:
        model.predict(rows)
    except Exception:  # each library has its own
        return True
    return False


def same_bits(found: Any, answer: Any) -> bool:
    found, answer = np.asarray(found), np.asarray(answer)
    if found.shape != answer.shape:
        return False
    if found.dtype.kind == "f":  # float32's are exact in 64 bits
        return found.astype(np.float64).tobytes() == answer.astype(np.float64).tobytes()
    return bool((found == answer).all())


def places(model: Any, method: str, rows: Any) -> dict[str, bool]:
    """Whether rows get the same bits alone, at other places, and among many."""
    ask, count = getattr(model, method), len(rows)
    whole = np.asarray(ask(rows))
    alone = np.concatenate([np.asarray(ask(take(rows, [at]))) for at in range(ALONE)])
    moved = np.roll(np.arange(count), 7)
    many = np.arange(MANY) % count
    return {
        "alone": same_bits(alone, whole[:ALONE]),
        "moved": same_bits(ask(take(rows, moved)), whole[moved]),
        "many": same_bits(ask(take(rows, many)), whole[many]),
    }


def take(rows: Any, places: Any) -> Any:
    if isinstance(rows, list):
        return [rows[place] for place in places]
    return rows.iloc[places] if hasattr(rows, "iloc") else rows[places]


def scored(model: Any, description: dict[str, Any], rows: Any) -> bool:
    """Whether a task writes the labels that ``predict`` gives, and the scores that it rounds."""
    manifest = Manifest(
        "small", "tabular", description["kind"], {}, score=description["score"],
        labels=tuple(description["labels"]), positive=description["positive"],
        labels_from=description["labels_from"],
        outputs=tuple(map(str, range(description["outputs"]))),
        output_labels=tuple(map(tuple, description["output_labels"])),
    )  # fmt: skip
    check_classes(model, manifest)
    found = predict_rows(model, manifest, rows)
    predicted = model.predict(rows)
    if manifest.kind == "regression":
        return bool((found.scores == to_fixed(predicted, 6)[0]).all())
    if manifest.kind == "outliers":
        return bool((found.classes == (predicted == 1)).all())
    if manifest.kind != "several":
        return [manifest.labels[place] for place in found.classes] == [*map(str, predicted)]
    columns = [
        output.classes if labels else output.scores
        for output, labels in zip(found.outputs, manifest.output_labels, strict=True)
    ]
    wanted = predicted if manifest.output_labels[0] else to_fixed(predicted, 6)[0]
    return bool((np.column_stack(columns) == wanted).all())
