"""Parquet and Feather files scored on both runners, as pandas reads them."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather
from sklearn import metrics
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from tests.conftest import Howdah
from tests.end_to_end.watching import hdfs_of

ROWS = 900
FEATURES = ["age", "income", "home.city"]
SPLITS = ("--splits", 2, "--max-rejected", 1)


def customers() -> Any:
    """A table of all that may be in one; each hundredth row lacks its income."""
    random = np.random.default_rng(5)
    ages, cities = random.integers(18, 90, ROWS), random.choice(["Bern", "Köln\t2"], ROWS)
    income = [
        None if row % 100 == 7 else value for row, value in enumerate(random.normal(size=ROWS))
    ]
    return pa.table(
        {
            "id": pa.array(range(ROWS), pa.int64()),
            "since": pa.array(range(ROWS), pa.timestamp("ms", "UTC")),
            "home": [{"city": city, "rooms": [1, 2]} for city in cities],
            "age": pa.array(ages, pa.int16()),
            "income": income,
            "left": np.where(ages + random.normal(0, 15, ROWS) > 50, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def model(add_model: Callable[..., str]) -> tuple[str, Any]:
    """Its name, and itself."""
    frame = flat(customers()).dropna()
    columns = make_column_transformer(
        (OneHotEncoder(), ["home.city"]), (StandardScaler(), ["age", "income"])
    )
    fitted = make_pipeline(columns, LogisticRegression()).fit(frame[FEATURES], frame["left"])
    return add_model(fitted), fitted


def flat(table: Any) -> pd.DataFrame:
    return table.flatten().to_pandas()


def read(folder: Path, name: str = "scores.tsv") -> pd.DataFrame:
    return pd.read_csv(folder / name, sep="\t", quoting=3, keep_default_na=False, dtype=str)


def test_rows_are_scored_once_as_pandas_reads_them(local: Howdah, model: tuple[str, Any]) -> None:
    """In the order of the files, from several tasks; what the model raises for is told by row."""
    name, fitted = model
    table = customers()
    pq.write_table(table.slice(0, 600), local.cwd / "a.parquet", row_group_size=100)
    feather.write_feather(table.slice(600), local.cwd / "b.dat", chunksize=90)
    folder = local.score("a.parquet", "b.dat", "--model", name, *SPLITS)
    scores, frame = read(folder), flat(table)
    good = frame.dropna()
    assert scores["id"].astype(int).tolist() == good["id"].tolist()
    expected = [f"{chance:.6f}" for chance in fitted.predict_proba(good[FEATURES])[:, 1]]
    assert scores["score"].tolist() == expected
    assert scores.columns.tolist() == [*frame.columns, "score", "label"]
    first = scores.iloc[0]
    assert first["since"] == "1970-01-01T00:00:00.000Z"
    assert first["home.rooms"] == "[1, 2]"
    assert first["income"] == repr(float(good["income"].iloc[0]))
    rejected = read(folder, "rejected.tsv")
    assert set(rejected["reason"]) == {"column income: a missing value"}
    lacking = frame[frame["income"].isna()]["id"].to_numpy()
    files = np.where(lacking < 600, "a.parquet", "b.dat").tolist()
    assert rejected["file"].tolist() == files
    lines = np.where(lacking < 600, lacking, lacking - 600) + 1
    assert rejected["line"].astype(int).tolist() == lines.tolist()
    assert rejected["record"][0].startswith(r"7\t1970-01-01T00:00:00.007Z\t")


def test_scores_in_columns_are_evaluated(local: Howdah) -> None:
    """As those of a text are; a model of texts doesn't take them."""
    random = np.random.default_rng(3)
    scores = random.random(500)
    truths = np.where(scores + random.normal(0, 0.3, 500) > 0.5, "yes", "no")
    table = pa.table({"n": range(500), "score": scores, "truth": truths})
    pq.write_table(table, local.cwd / "s.parquet", row_group_size=90)
    evaluate = ("s.parquet", "--pipeline", "evaluate", "--truth", "truth", "--positive", "yes")
    told = local.submit(*evaluate, "--splits", 2)["summary"]
    assert told["truths"] == {name: int((truths == name).sum()) for name in ("no", "yes")}
    assert told["roc_auc"] == pytest.approx(metrics.roc_auc_score(truths, scores), abs=1e-6)
    refused = local("submit", "s.parquet", "--runner", "local", exits=2).stderr
    assert "s.parquet looks like a table" in refused
    refused = local("submit", "s.parquet", "--pipeline", "wordcount", exits=2).stderr
    assert "s.parquet is a Parquet file, and pipeline wordcount takes any text" in refused


def test_models_are_compared_on_columns(
    local: Howdah, model: tuple[str, Any], add_model: Callable[..., str]
) -> None:
    """Each is given what it takes, beside the columns that are kept."""
    frame = flat(customers()).dropna()
    age = LogisticRegression().fit(frame[["age"]], frame["left"])
    name = add_model(age)
    pq.write_table(customers(), local.cwd / "a.parquet", row_group_size=300)
    compare = ("a.parquet", "--pipeline", "compare", "--models", f"{model[0]},{name}")
    compared = read(local.score(*compare, "--truth", "left", "--keep", "id", *SPLITS))
    assert compared["id"].astype(int).tolist() == frame["id"].tolist()
    chances = zip(*(each.predict_proba(frame[names])[:, 1] for each, names in
                    ((model[1], FEATURES), (age, ["age"]))), strict=True)  # fmt: skip
    found = compared[[f"score_{model[0]}", f"score_{name}"]].to_numpy().tolist()
    assert found == [[f"{one:.6f}", f"{other:.6f}"] for one, other in chances]


@pytest.fixture
def data(hadoop: Howdah) -> Iterator[str]:
    """A folder of HDFS with a table in two parts, as Spark leaves it."""
    client, folder = hdfs_of(hadoop), f"/table-{uuid.uuid4().hex[:8]}.parquet"
    table = customers()
    (hadoop.cwd / "table").mkdir()
    for number, part in enumerate((table.slice(0, 500), table.slice(500))):
        path = hadoop.cwd / "table" / f"part-{number}.parquet"
        pq.write_table(part, path, row_group_size=100)
        client.upload(f"{folder}/{path.name}", str(path))
    client.write(f"{folder}/_SUCCESS", b"")
    yield folder
    client.delete(folder, recursive=True)


@pytest.mark.hadoop
def test_a_folder_in_hdfs_is_scored_there(
    hadoop: Howdah, local: Howdah, data: str, model: tuple[str, Any]
) -> None:
    """The bytes are those of the local runner; nothing is copied."""
    told = hadoop.submit(f"hdfs://{data}", "--model", model[0], *SPLITS)
    here = local.score("table", "--model", model[0], "--max-rejected", 1)
    there = hadoop.results(told["job"])
    assert (there / "scores.tsv").read_bytes() == (here / "scores.tsv").read_bytes()
    names = {f"hdfs://{data}/part-{number}.parquet": f"table/part-{number}.parquet"
             for number in (0, 1)}  # fmt: skip
    rejected = read(there, "rejected.tsv").replace({"file": names})
    pd.testing.assert_frame_equal(rejected, read(here, "rejected.tsv"))
    run = json.loads((there / "run.json").read_text())
    assert [(each["path"], each["sha256"]) for each in run["inputs"]] == [
        (f"{data}/part-{number}.parquet", "") for number in (0, 1)
    ]
