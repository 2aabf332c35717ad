"""Models of CatBoost's."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import catboost
import numpy as np
import pandas

from tests.models_of_the_world.native.cases import PLACES, Case, table

SMALL = {"iterations": 7, "depth": 3, "thread_count": 1, "verbose": False,
         "allow_writing_files": False}  # fmt: skip


def cases(folder: Path) -> Iterator[Case]:
    data = table(4)

    def case(name: str, model: Any, y: Any, methods: list[str], rows: Any = data.x,
             threshold: float | None = None, **expected: Any) -> Case:  # fmt: skip
        model.fit(rows, y)
        if threshold:
            model.set_probability_threshold(threshold)
            expected["threshold"] = threshold
        path = folder / f"catboost {name}.cbm"
        model.save_model(str(path))
        answers = {method: getattr(model, method)(rows) for method in methods}
        answers["predict"] = answers["predict"].squeeze()
        return Case(f"catboost {name}", "catboost", path, rows, answers, expected)

    both = ["predict", "predict_proba"]
    classifier, regressor = catboost.CatBoostClassifier, catboost.CatBoostRegressor
    texts, truths = np.array(["no", "yes"]), np.array([False, True])
    yield case("of two texts", classifier(**SMALL), texts[data.binary], both, kind="binary",
               labels=["no", "yes"], labels_from="near", names=[None] * 4)  # fmt: skip
    yield case("of truths", classifier(**SMALL), truths[data.binary], both,
               labels=["False", "True"])  # fmt: skip
    yield case("with a threshold", classifier(**SMALL), data.binary, both, threshold=0.3,
               labels_from="predict")  # fmt: skip
    yield case("of three classes", classifier(**SMALL), data.classes + 5, both, kind="classes",
               labels=["5", "6", "7"])  # fmt: skip
    yield case("one against all", classifier(loss_function="MultiClassOneVsAll", **SMALL),
               data.classes, both, kind="classes")  # fmt: skip
    focal = classifier(loss_function="Focal:focal_alpha=0.5;focal_gamma=1", **SMALL)
    yield case("of focal loss", focal, data.binary, both, kind="binary", labels_from="predict")
    yield case("of labels", classifier(loss_function="MultiLogloss", **SMALL), data.multilabel,
               both, kind="several", output_labels=[["0", "1"]] * 2)  # fmt: skip
    yield case("of numbers", regressor(**SMALL), data.number, ["predict"], kind="regression")
    yield case("of counts", regressor(loss_function="Poisson", **SMALL), data.classes, ["predict"],
               kind="regression")  # fmt: skip
    yield case("of several numbers", regressor(loss_function="MultiRMSE", **SMALL), data.several,
               ["predict"], kind="several", output_labels=[[], []])  # fmt: skip
    ranker = catboost.CatBoostRanker(loss_function="QueryRMSE", **SMALL)
    frame = pandas.DataFrame(data.x, columns=list(PLACES))
    ranker.fit(frame, data.number, group_id=np.arange(len(frame)) // 10)
    ranker.save_model(str(folder / "ranks.cbm"))
    yield Case("catboost of ranks", "catboost", folder / "ranks.cbm", frame,
               {"predict": ranker.predict(frame)}, {"names": list(PLACES)})  # fmt: skip
    random = np.random.default_rng(5)
    words = ["the big dog", "a small cat", "a red fox runs"]
    frame = pandas.DataFrame(
        {
            "x": data.x[:, 0],
            "city": random.choice(["Bern", "Basel", "01"], len(frame)),
            "grade": random.integers(3, 6, len(frame)),
            "words": random.choice(words, len(frame)),
        }
    )
    own = {"cat_features": ["city", "grade"], "text_features": ["words"], **SMALL}
    yield case("of categories and texts", classifier(**own), data.binary, both, frame,
               input="frame", types=["number", None, None, "text"])  # fmt: skip
    for name in ("city", "words"):
        yield replace(case(f"without {name}", classifier(**own), data.binary, ["predict"], frame),
                      unfit=frame.head(2).assign(**{name: ["Bern", np.nan]}))  # fmt: skip
    yield Case("catboost JSON", "catboost", Path(__file__), None, {}, {}, refused="cbm")
    path = folder / "sum.cbm"
    parts = [regressor(**SMALL).fit(data.x, data.number) for _ in range(2)]
    catboost.sum_models(parts).save_model(str(path))
    yield Case("catboost sum", "catboost", path, None, {}, {}, refused="sum of models")
    uncertain = regressor(loss_function="RMSEWithUncertainty", **SMALL).fit(data.x, data.number)
    uncertain.save_model(str(folder / "uncertain.cbm"))
    yield Case("catboost uncertain", "catboost", folder / "uncertain.cbm", None, {}, {},
               refused="RMSEWithUncertainty")  # fmt: skip
