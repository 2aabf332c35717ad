"""Models that were saved with many threads: they get one, and the digits that it gives."""

import warnings
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier

from mr.supervision.threads import one_thread
from tests.mr.conftest import Score

RNG = np.random.default_rng(8)
ROWS = RNG.normal(size=(300, 5)).round(3)
TRUTH = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int) + (ROWS[:, 2] > 1)


def forest(jobs: int) -> Any:
    return RandomForestClassifier(30, random_state=0, n_jobs=jobs)


MODELS = {
    "forest": forest,
    "extra trees": lambda jobs: ExtraTreesClassifier(30, random_state=0, n_jobs=jobs),
    "regression": lambda jobs: RandomForestRegressor(30, random_state=0, n_jobs=jobs),
    "one against the rest": lambda jobs: OneVsRestClassifier(forest(jobs), n_jobs=jobs),
    "voting": lambda jobs: VotingClassifier(
        [("forest", forest(jobs)), ("linear", LogisticRegression())], voting="soft", n_jobs=jobs
    ),
    "stacking": lambda jobs: StackingClassifier([("forest", forest(jobs))], n_jobs=jobs),
    "neighbours": lambda jobs: KNeighborsClassifier(
        weights="distance", algorithm="brute", metric="canberra", n_jobs=jobs
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_one_thread_gives_the_bits_of_one_job(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pool is even made, by the model or by those in it."""
    warnings.simplefilter("ignore")
    one, many = (MODELS[name](jobs).fit(ROWS, TRUTH) for jobs in (1, -1))
    ask = "predict" if name == "regression" else "predict_proba"
    expected = getattr(one, ask)(ROWS)

    def refuse(*args: Any, **options: Any) -> None:
        raise AssertionError("a pool")

    for backend in ("ThreadingBackend", "LokyBackend", "MultiprocessingBackend"):
        found = getattr(joblib._parallel_backends, backend)
        monkeypatch.setattr(found, "configure", refuse)
    with one_thread():
        assert joblib.effective_n_jobs(-1) == 1
        for _ in range(3):
            assert getattr(many, ask)(ROWS).tobytes() == expected.tobytes()


def test_threads_are_as_before_afterwards() -> None:
    """The host's other work keeps its pools."""
    before = dict(joblib.parallel.BACKENDS)
    with one_thread():
        pass
    assert before == joblib.parallel.BACKENDS


def test_a_saved_forest_scores_alike_again_and_again(score: Score) -> None:
    """The same bytes from each run, and from a forest that was saved with one job."""
    data = b"".join(b",".join(b"%g" % value for value in row) + b"\n" for row in ROWS.tolist())
    stated: dict[str, Any] = {"columns": list("abcde"), "decimals": 15}
    stated |= {"kind": "classes", "labels": ["0", "1", "2"]}
    one, many = (forest(jobs).fit(ROWS, TRUTH) for jobs in (1, -1))
    expected = score(one, data, **stated).scores
    assert len(expected) > 1000
    assert [score(many, data, **stated).scores for _ in range(3)] == [expected] * 3
