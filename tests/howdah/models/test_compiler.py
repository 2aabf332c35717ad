"""Compiled trees: scikit-learn's scores bit by bit, or a refusal that says why."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, ExtraTreeRegressor

from howdah.errors import ModelError
from howdah.models.compiler import compile_model, compile_program
from howdah.models.tree_arrays import flatten
from howdah.models.verification.compiled_parity import compare_rows, threshold_rows
from mr.models.compiled_trees import PROGRAM_FILE, CompiledTrees, Trees, load_program
from mr.models.loading import load_files
from mr.models.manifest import Manifest, ModelFileError, sha256_of
from mr.scoring.model_call import ROWS_AT_ONCE
from mr.scoring.predict import predict_rows
from tests.conftest import ROOT
from tests.mr.small_models import Bits

ROWS = np.random.default_rng(7).normal(size=(600, 5))
TARGET = ROWS[:, 0] + ROWS[:, 1] * ROWS[:, 2]
TWO = TARGET > 0
TEN = np.digitize(TARGET, np.quantile(TARGET, np.arange(0.1, 1, 0.1)))
WITH_GAPS = np.where(np.random.default_rng(8).random(ROWS.shape) < 0.1, np.nan, ROWS)

MODELS: dict[str, tuple[Any, Any, Any]] = {
    "histogram, two classes": (
        HistGradientBoostingClassifier(max_iter=20, random_state=0), WITH_GAPS, TWO),
    "histogram, ten classes": (
        HistGradientBoostingClassifier(max_iter=5, random_state=0), WITH_GAPS, TEN),
    "histogram, regression": (
        HistGradientBoostingRegressor(max_iter=20, random_state=0), ROWS, TARGET),
    "histogram, counts": (
        HistGradientBoostingRegressor(loss="poisson", max_iter=5, random_state=0), ROWS, TEN),
    "forest, two classes": (RandomForestClassifier(12, random_state=0), WITH_GAPS, TWO),
    "forest, ten classes": (RandomForestClassifier(12, random_state=0, n_jobs=2), ROWS, TEN),
    "forest, regression": (RandomForestRegressor(12, random_state=0), ROWS, TARGET),
    "extra trees": (ExtraTreesClassifier(12, random_state=0), ROWS, TEN),
    "extra trees, regression": (ExtraTreesRegressor(12, random_state=0), WITH_GAPS, TARGET),
    "boosted, two classes": (
        GradientBoostingClassifier(n_estimators=20, random_state=0), ROWS, TWO),
    "boosted, exponential": (
        GradientBoostingClassifier(loss="exponential", n_estimators=20, random_state=0), ROWS, TWO),
    "boosted, ten classes": (GradientBoostingClassifier(n_estimators=5, random_state=0), ROWS, TEN),
    "boosted, from zero": (
        GradientBoostingRegressor(n_estimators=20, init="zero", random_state=0), ROWS, TARGET),
    "one tree": (DecisionTreeClassifier(random_state=0), WITH_GAPS, TEN),
    "one random tree": (ExtraTreeRegressor(random_state=0), ROWS, TARGET),
    "one leaf": (DecisionTreeClassifier(), ROWS, np.ones(len(ROWS))),
}  # fmt: skip


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The compiled howdah/models/trees.c."""
    return load_program(compile_program(tmp_path_factory.mktemp("program")))


def method(model: Any) -> str:
    return "predict_proba" if hasattr(model, "predict_proba") else "predict"


def fitted(kind: str) -> Any:
    model, rows, target = MODELS[kind]
    model.fit(rows, target)
    return model.set_params(n_jobs=1) if hasattr(model, "n_jobs") else model


@pytest.mark.parametrize("kind", MODELS)
def test_scores_are_scikit_learns_bit_by_bit(kind: str, program: Any) -> None:
    """At the edges of thresholds, and for rows like those of the fit."""
    model = fitted(kind)
    compiled = CompiledTrees(flatten(model), program)
    for rows in (threshold_rows(flatten(model)), MODELS[kind][1]):
        expected = getattr(model, method(model))(rows)
        found = getattr(compiled, method(model))(rows)
        assert found.tobytes() == np.ascontiguousarray(expected).tobytes()


@pytest.mark.parametrize(
    ("model", "second"),
    [
        (GradientBoostingClassifier(n_estimators=3, max_depth=1, random_state=0), True),
        (GradientBoostingClassifier(
            loss="exponential", n_estimators=3, max_depth=1, random_state=0), True),
        (HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=2, min_samples_leaf=1), False),
    ],
    ids=repr,
)  # fmt: skip
def test_a_record_on_the_tie_gets_the_label_that_predict_gives(
    model: Any, second: bool, program: Any, binary: Manifest
) -> None:
    """Where sums are exactly 0, one kind of boosted model takes the second class, one the first."""
    rows, target = np.array([[0.0], [0.0], [1.0], [1.0]]), np.array([False, True, False, True])
    model.fit(np.repeat(rows, 10, axis=0), np.repeat(target, 10))
    assert (model.decision_function(rows) == 0).all()
    assert model.predict(rows).tolist() == [second] * 4
    compiled = CompiledTrees(flatten(model), program, labels=("False", "True"))
    for asked in (model, compiled):
        prediction = predict_rows(asked, replace(binary, labels_from="near"), rows)
        assert prediction.classes is not None
        assert prediction.classes.tolist() == [int(second)] * 4
        assert prediction.scores is not None
        assert set(prediction.scores.tolist()) == {500_000}


@pytest.mark.parametrize("kind", [kind for kind in MODELS if "regression" not in kind])
def test_labels_are_scikit_learns(kind: str, program: Any) -> None:
    """Near ties of scores, too: the sums decide, or the likeliest class."""
    model = fitted(kind)
    if not hasattr(model, "classes_"):
        return
    labels = tuple(map(str, model.classes_))
    compiled = CompiledTrees(flatten(model), program, labels=labels)
    rows = threshold_rows(flatten(model))
    assert compiled.predict(rows).tolist() == list(map(str, model.predict(rows)))


def test_another_label_is_refused(program: Any) -> None:
    """Though all scores are the same."""
    rows = np.array([[0.0], [0.0], [1.0], [1.0]] * 5)
    model = GradientBoostingClassifier(n_estimators=2, max_depth=1)
    trees = flatten(model.fit(rows, [False, True, False, True] * 5))
    other = replace(trees, outcome="logistic, second above 0")
    compiled = CompiledTrees(other, program, labels=("False", "True"))
    with pytest.raises(ModelError, match="other labels than scikit-learn"):
        compare_rows(model, compiled, "predict_proba", rows)


def test_every_leaf_is_reached() -> None:
    """The rows of the comparison go down every branch, and some with a missing value."""
    forest = fitted("forest, two classes")
    rows = threshold_rows(flatten(forest))
    for tree, reached in zip(forest.estimators_, forest.apply(rows).T, strict=True):
        assert set(reached) == set(np.flatnonzero(tree.tree_.children_left < 0))
    assert np.isnan(rows).any()


def test_another_score_is_refused(program: Any) -> None:
    """In one leaf of one tree."""
    model = fitted("histogram, regression")
    trees = flatten(model)
    altered = trees.values.copy()
    altered[-1] += 1e-9
    compiled = CompiledTrees(replace(trees, values=altered), program)
    with pytest.raises(ModelError, match=r"rows otherwise than scikit-learn, by up to 1e-09"):
        compare_rows(model, compiled, "predict", threshold_rows(trees))


@pytest.mark.parametrize(
    ("model", "target", "says"),
    [
        (LogisticRegression(), TWO, "LogisticRegression is not one of the models"),
        (BaggingClassifier(n_estimators=2), TWO, "BaggingClassifier is not one of"),
        (
            HistGradientBoostingClassifier(max_iter=2, categorical_features=[0]),
            TWO,
            "categorical features",
        ),
        (RandomForestRegressor(2), np.column_stack([TARGET, TARGET]), "2 outputs"),
        (
            GradientBoostingRegressor(n_estimators=2, init=ExtraTreeRegressor()),
            TARGET,
            "begins with ExtraTreeRegressor",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_such_trees_is_refused(model: Any, target: Any, says: str) -> None:
    """With what is supported instead."""
    with pytest.raises(ModelError, match=says) as error:
        flatten(model.fit(np.abs(ROWS.round()), target))
    assert "RandomForestClassifier" in str(error.value)


@pytest.mark.parametrize("kind", ["histogram, two classes", "forest, two classes"])
def test_a_records_bits_depend_on_nothing_but_the_record(
    kind: str, program: Any, binary: Manifest
) -> None:
    """Alone, among few or among many, first or last: the same bits."""
    rows = np.random.default_rng(5).normal(size=(2 * ROWS_AT_ONCE + 100, 5))
    compiled = CompiledTrees(flatten(fitted(kind)), program)

    def bits(some: Any) -> bytes:
        kept = Bits(compiled)
        predict_rows(kept, binary, some)
        return bytes(kept.values[: len(some)].tobytes())

    row = len(bits(rows[:1]))
    whole = bits(rows)
    for start, end in [(0, 1), (4, 9), (7, 100), (63, 2000), (1, len(rows)), (2047, 2049)]:
        assert bits(rows[start:end]) == whole[start * row : end * row]
    assert compiled.predict_proba(rows[3:20]).tobytes() == whole[3 * row : 20 * row]


def test_numbers_that_scikit_learn_refuses_are_refused(program: Any) -> None:
    """What doesn't fit float32, a missing value where none is taken, too few columns."""
    forest = fitted("forest, regression")
    rows = ROWS.copy()
    rows[3, 1] = 1e300
    with pytest.raises(ValueError, match="too large") as expected, np.errstate(over="ignore"):
        forest.predict(rows)
    with pytest.raises(ValueError, match="too large") as found:
        CompiledTrees(flatten(forest), program).predict(rows)
    assert str(found.value) == str(expected.value)
    boosted = CompiledTrees(flatten(fitted("boosted, two classes")), program)
    with pytest.raises(ValueError, match="contains NaN"):
        boosted.predict(WITH_GAPS)
    with pytest.raises(ValueError, match="X has 4 features, not 5"):
        boosted.predict(ROWS[:, :4])


def test_without_a_compiler_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that the model can be added without it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelError, match=r"no C compiler[^$]*apt-get install gcc"):
        compile_program(tmp_path)


@pytest.fixture
def binary() -> Manifest:
    return Manifest(
        name="small", pipeline="tabular", kind="binary", scikit_learn="1.9.1", files={},
        labels=("False", "True"), labels_from="score", features=tuple("abcde"),
    )  # fmt: skip


@pytest.fixture
def added(tmp_path: Path, binary: Manifest) -> Manifest:
    """A compiled forest in ``tmp_path``."""
    file = tmp_path / "model.joblib"
    joblib.dump(fitted("forest, two classes"), file)
    stated = replace(binary, files={file.name: sha256_of(file)})
    return compile_model(joblib.load(file), stated, file, None)


def test_a_task_loads_compiled_trees_without_scikit_learn(tmp_path: Path, added: Manifest) -> None:
    """Which would take it longer than all else of its start."""
    program = (
        "import sys; from pathlib import Path; import numpy as np;"
        "from mr.models.manifest import Manifest; from mr.models.loading import load_files;"
        f"(model,) = load_files({added!r}, Path()).values();"
        "assert model.predict_proba(np.zeros((3, 5))).shape == (3, 2);"
        "assert not {'sklearn', 'scipy', 'joblib', 'pandas'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True
    )


def test_an_altered_program_is_never_loaded(tmp_path: Path, added: Manifest) -> None:
    """Its sha256 is the manifest's, or it doesn't run."""
    with (tmp_path / PROGRAM_FILE).open("ab") as file:
        file.write(b"more")
    with pytest.raises(ModelFileError, match="its sha256 differs"):
        load_files(added, tmp_path)


def test_trees_of_another_version_are_refused(tmp_path: Path) -> None:
    """They don't say what becomes of a tie."""
    old = replace(flatten(fitted("histogram, two classes")), outcome="logistic")
    old.save(tmp_path / "trees.npz")
    with pytest.raises(ModelFileError, match="another version of Howdah: add the model again"):
        Trees.load(tmp_path / "trees.npz")


def test_a_program_for_other_machines_is_said_to_be_one(tmp_path: Path) -> None:
    """What the system says of it, and of which machine this is."""
    (tmp_path / PROGRAM_FILE).write_bytes(b"\x7fELF of another world")
    with pytest.raises(ModelFileError, match=r"can't be loaded on this \w+ machine"):
        load_program(tmp_path / PROGRAM_FILE)
