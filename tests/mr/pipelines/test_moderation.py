import os
import shutil
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from howdah.models.registry import find_model
from howdah.settings import load
from mr.scoring.vectorizer import quicken
from mr.spec import Spec
from tests.mr.conftest import run_tasks

TEXTS = [
    "The quick brown fox jumps over the lazy dog",
    "THE QUICK, the quick; the DOG'S dog_dog fox2",
    "größe ΣΟΦΟΣ Ⅷ naïve İstanbul ﬁne",
    "a b c",
    "名前 🐘 \t tab\\slash",
    "the the of and",
    "",
]


def rows(vectorizer: Any) -> list[list[Any]]:
    matrix = vectorizer.transform(TEXTS)
    return [array.tolist() for array in (matrix.indptr, matrix.indices, matrix.data)]


@pytest.mark.parametrize(
    "vectorizer",
    [
        pytest.param(TfidfVectorizer(), id="default"),
        pytest.param(TfidfVectorizer(stop_words="english"), id="stop words"),
        pytest.param(TfidfVectorizer(sublinear_tf=True, norm="l1"), id="other weights"),
        pytest.param(CountVectorizer(binary=True), id="binary counts"),
        pytest.param(CountVectorizer(token_pattern=r"(?u)\w(\w+)"), id="a group"),
        pytest.param(CountVectorizer(ngram_range=(1, 2)), id="pairs of words"),
        pytest.param(CountVectorizer(lowercase=False), id="cases kept"),
        pytest.param(CountVectorizer(strip_accents="unicode"), id="accents stripped"),
        pytest.param(CountVectorizer(analyzer="char_wb"), id="letters"),
        pytest.param(CountVectorizer(vocabulary=["the", "fox"], stop_words=["the"]), id="at odds"),
    ],
)
def test_a_quickened_vectorizer_gives_the_same_rows(vectorizer: Any) -> None:
    """To the bit, whatever its settings."""
    vectorizer.fit(TEXTS)
    expected = rows(vectorizer)
    quicken(vectorizer)
    assert rows(vectorizer) == expected


@pytest.mark.parametrize("splits", [1, 3])
def test_texts_get_the_chances_that_the_model_gives(tmp_path: Path, splits: int) -> None:
    """Score and label, then the text, escaped; what the files of the wheel say by themselves."""
    model = find_model(load(os.environ), "moderation").folder
    texts = [text for text in TEXTS * 50 if text] + ["You are an idiot and a moron."]
    source = tmp_path / "comments.txt"
    source.write_text("\n".join(texts))
    for file in model.iterdir():
        shutil.copy(file, tmp_path)
    scored = run_tasks(Spec("moderation"), source, splits, tmp_path)
    vectorizer = joblib.load(model / "vectorizer.joblib")
    chances = joblib.load(model / "model.joblib").predict_proba(vectorizer.transform(texts))[:, 1]
    assert [row[0] for row in scored.rows] == [f"{chance:.6f}" for chance in np.round(chances, 6)]
    assert [row[1] == "offensive" for row in scored.rows] == (chances > 0.5).tolist()
    assert scored.rows[-1][1:] == ["offensive", texts[-1]]
    assert scored.rows[4][2] == r"名前 🐘 \t tab\\slash"
