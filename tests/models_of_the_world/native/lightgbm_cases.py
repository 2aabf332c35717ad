"""Models of LightGBM's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas

from tests.models_of_the_world.native.cases import Case, table

SMALL = {"n_estimators": 7, "num_leaves": 7, "n_jobs": 1, "verbose": -1}


def cases(folder: Path) -> Iterator[Case]:
    data = table(2)

    def case(name: str, model: Any, y: Any, methods: list[str], rows: Any = data.x,
             given: Any = None, fit: Any = (), **expected: Any) -> Case:  # fmt: skip
        model.fit(rows, y, **dict(fit))
        path = folder / f"lightgbm {name}.txt"
        model.booster_.save_model(path)
        answers = {method: getattr(model, method)(rows) for method in methods}
        given = np.asarray(rows) if given is None else given
        return Case(f"lightgbm {name}", "lightgbm", path, given, answers, expected)

    both = ["predict", "predict_proba"]
    classifier, regressor = lightgbm.LGBMClassifier, lightgbm.LGBMRegressor
    yield case("of two classes", classifier(**SMALL), data.binary, both, kind="binary",
               labels=["0", "1"], labels_from="score", input="array", names=[None] * 4)  # fmt: skip
    yield case("of three classes", classifier(**SMALL), data.classes, both, kind="classes",
               labels=["0", "1", "2"])  # fmt: skip
    yield case("one against all", classifier(objective="multiclassova", **SMALL), data.classes,
               both, kind="classes")  # fmt: skip
    yield case("of numbers", regressor(**SMALL), data.number, ["predict"], kind="regression")
    yield case("of counts", regressor(objective="poisson", **SMALL), data.classes, ["predict"],
               kind="regression")  # fmt: skip
    yield case("of lines in leaves", regressor(linear_tree=True, **SMALL), data.number,
               ["predict"], kind="regression")  # fmt: skip
    yield case("stopped early", regressor(**{**SMALL, "n_estimators": 60}), data.number,
               ["predict"], fit={"eval_set": [(data.x[::-1], data.number)],
               "callbacks": [lightgbm.early_stopping(2, verbose=False)]}.items())  # fmt: skip
    times = np.random.default_rng(9).integers(1_700_000_000, 1_700_000_400, (len(data.x), 2))
    yield case("of large integers", regressor(**SMALL), times[:, 0] % 128, ["predict"], times,
               types=[None, None])  # fmt: skip
    frame, plain = _categories(data)
    yield case("of categories", classifier(min_child_samples=2, **SMALL), data.binary, both, frame,
               plain, input="frame", names=["x", "city", "grade", "share", "ok"],
               types=["number", "text", "integer", "number", "boolean"])  # fmt: skip
    path = folder / "codes.txt"
    codes = frame.assign(count=np.arange(len(frame)) % 5)[["grade", "count"]]
    model = regressor(**SMALL).fit(codes, data.number, categorical_feature=["count"])
    model.booster_.save_model(path)
    yield Case("lightgbm of other codes", "lightgbm", path, None, {}, {},
               refused="which of its features")  # fmt: skip


def _categories(data: Any) -> tuple[Any, Any]:
    """The frame of training, and what Howdah makes of its cells, some of which nobody has seen."""
    random = np.random.default_rng(3)
    rows = len(data.x)
    trained = pandas.DataFrame(
        {
            "x": data.x[:, 0],
            "city": random.choice(["Bern", "Basel", "Chur", "01"], rows),
            "grade": random.integers(3, 9, rows),
            "share": random.choice([0.5, 1.25, 0.1], rows),
            "ok": random.random(rows) > 0.4,
        }
    )
    frame = trained.astype(dict.fromkeys(["city", "grade", "share", "ok"], "category"))
    plain = trained.astype({"city": object})
    lacking = random.random(rows) < 0.1
    frame.loc[lacking, "city"] = np.nan
    plain.loc[lacking, "city"] = np.nan
    return frame, plain
