"""`bin/models add`: what is learned, asked for, compared and refused."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from tests.conftest import Howdah, InProcess
from tests.end_to_end.kinds import PEOPLE, as_text, encoded, pipeline
from tests.json_schema import output_faults

GRADED = ["age", "income", "grade"]


@pytest.fixture
def local(tmp_path: Path) -> Howdah:
    """Howdah on this machine; models are added in this process."""
    return InProcess(tmp_path / "state", tmp_path, "local")


@pytest.fixture
def graded(tmp_path: Path) -> pd.DataFrame:
    """A model.joblib that makes texts of whole numbers; 30 people with its own scores."""
    model = pipeline(encoded(["grade"], as_text(), handle_unknown="ignore"))
    model.fit(PEOPLE[GRADED], PEOPLE["y"])
    joblib.dump(model, tmp_path / "model.joblib")
    people = PEOPLE[GRADED].head(30)
    return people.assign(truth=model.predict(people), chance=model.predict_proba(people)[:, 1])


def shown(howdah: Howdah, name: str) -> dict[str, Any]:
    """A model's manifest."""
    found: dict[str, Any] = json.loads(howdah("models", "show", name, "--json").stdout)
    return found


def test_a_type_that_the_model_does_not_tell_is_asked_for(
    local: Howdah, graded: pd.DataFrame
) -> None:
    said = local("models", "add", "m", "model.joblib", exits=2).stderr
    assert "the type of grade" in said
    assert "income: number (StandardScaler takes numbers)" in said
    given = ("model.joblib", "--integer", "grade")
    told = json.loads(local("models", "add", "m", *given, "--json").stdout)
    assert output_faults(told) == []
    assert told["types"] == shown(local, "m")["types"] == ["number", "number", "integer"]


def test_a_sample_settles_types_and_is_compared(local: Howdah, graded: pd.DataFrame) -> None:
    graded.to_csv(local.cwd / "some.csv", index=False)
    known = ("--expected", "label=truth,score=chance")
    said = local("models", "add", "m", "model.joblib", "--sample", "some.csv", *known).stderr
    assert "30 records of some.csv, all alike" in said
    assert "known answers" in said
    assert "no record of the sample lacks age, income, grade" in said
    manifest = shown(local, "m")
    assert manifest["types"][2] == "integer"
    assert manifest["compared"] == 30
    assert manifest["memory_mb"] > 50
    assert manifest["load_seconds"] > 0


def test_known_answers_refuse_a_wrong_type(local: Howdah, graded: pd.DataFrame) -> None:
    graded.to_csv(local.cwd / "some.csv", index=False)
    wrong = ("--number", "grade", "--sample", "some.csv")  # 5 becomes "5.0", an unknown category
    local("models", "add", "m", "model.joblib", *wrong)
    local("models", "remove", "m")
    said = local("models", "add", "m", "model.joblib", *wrong, "--expected", "score=chance",
                 exits=4).stderr  # fmt: skip
    assert "of 30 records of some.csv come out otherwise" in said
    assert "the known answer" in said
    local("models", "show", "m", exits=4)


def test_known_answers_are_of_the_columns_that_the_model_predicts(
    local: Howdah, graded: pd.DataFrame
) -> None:
    """What can't be compared is never said to be alike."""
    table = graded[["age", "income"]].assign(none=None)
    kinds = np.array(["a", "b", "c"])[np.arange(len(table)) % 3]
    model = LogisticRegression(max_iter=1000).fit(table[["age", "income"]], kinds)
    joblib.dump(model, local.cwd / "kinds.joblib")
    table["b"] = model.predict_proba(table[["age", "income"]])[:, 1]
    table.to_csv(local.cwd / "some.csv", index=False)
    add = ("models", "add", "m", "kinds.joblib", "--sample", "some.csv", "--expected")
    said = local(*add, "score=b", exits=2).stderr
    assert "what the model predicts is label, score_a, score_b, score_c" in said
    assert (
        "no record that is scored has a known answer in none"
        in local(*add, "label=none,score_b=b", exits=2).stderr
    )
    assert "the known answers say" in local(*add, "score_a=b", exits=4).stderr
    said = local(*add, "score_b=b").stderr
    assert "known answers in score_b=b: all alike\n" in said
    assert "Warning" not in said


def test_a_class_that_no_record_of_the_sample_has_is_named(
    local: Howdah, graded: pd.DataFrame
) -> None:
    graded[graded["truth"] == "left"].to_csv(local.cwd / "some.csv", index=False)
    said = local("models", "add", "m", "model.joblib", "--sample", "some.csv").stderr
    assert "no record of the sample is stayed" in said


def test_whole_numbers_with_gaps_in_a_sample_may_have_been_either_type(
    local: Howdah, graded: pd.DataFrame
) -> None:
    graded["grade"] = graded["grade"].astype(float).where(graded.index % 3 != 0)
    graded.to_csv(local.cwd / "some.csv", index=False)
    said = local("models", "add", "m", "model.joblib", "--sample", "some.csv", exits=2).stderr
    assert "grade has whole numbers and missing values in some.csv" in said


def test_a_sample_that_pandas_reads_otherwise_refuses_the_model(
    local: Howdah, graded: pd.DataFrame
) -> None:
    graded.loc[1, "note"] = "two\nlines"
    odd = graded.to_csv(index=False).replace('lines"', 'lines"x')  # pandas takes it for one field
    (local.cwd / "some.csv").write_text(odd)
    said = local("models", "add", "m", "model.joblib", "--sample", "some.csv", exits=4).stderr
    assert "pandas reads 30 records in some.csv, and Howdah 31" in said


def test_without_a_sample_it_is_said_that_nothing_was_compared(
    local: Howdah, graded: pd.DataFrame
) -> None:
    said = local("models", "add", "m", "model.joblib", "--integer", "grade").stderr
    assert "nothing was compared with the model itself: --sample TABLE" in said


def test_a_date_step_does_not_keep_numbers_from_being_missing(local: Howdah) -> None:
    parsed = (
        FunctionTransformer(pd.DataFrame.apply, kw_args={"func": pd.to_datetime}),
        FunctionTransformer(pd.DataFrame.astype, kw_args={"dtype": "int64"}),
    )
    model = pipeline(
        ("i", make_pipeline(SimpleImputer(), StandardScaler()), ["grade"]),
        ("d", make_pipeline(*parsed, StandardScaler()), ["joined"]),
    )
    table = PEOPLE[["age", "income", "grade", "joined"]]
    joblib.dump(model.fit(table, PEOPLE["y"]), local.cwd / "model.joblib")
    table.head(20).to_csv(local.cwd / "some.csv", index=False)
    local("models", "add", "m", "model.joblib", "--sample", "some.csv")
    assert shown(local, "m")["refuses_missing"] == ["age", "income"]
    gaps = table.head(20).astype({"grade": object})
    gaps.loc[::4, "grade"] = None
    gaps.to_csv(local.cwd / "gaps.csv", index=False)
    assert local.submit("gaps.csv", "--model", "m")["scored"] == 20


def test_names_with_commas_can_be_given(local: Howdah) -> None:
    model = LinearRegression().fit(PEOPLE[["age", "income"]].to_numpy(), PEOPLE["pull"])
    joblib.dump(model, local.cwd / "model.joblib")
    local("models", "add", "m", "model.joblib", "--features", 'age,"income, yearly"')
    assert shown(local, "m")["features"] == ["age", "income, yearly"]


def test_a_text_model_scores_lines(local: Howdah) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    joblib.dump(model.fit(PEOPLE["note"], PEOPLE["y"]), local.cwd / "model.joblib")
    lines = PEOPLE["note"].head(8).tolist()
    (local.cwd / "notes.txt").write_text("\n".join(lines) + "\n")
    local("models", "add", "m", "model.joblib", "--lines", "--sample", "notes.txt")
    rows = (local.score("notes.txt", "--model", "m") / "scores.tsv").read_text().splitlines()
    assert rows[0] == "score\tlabel\ttext"
    chances = model.predict_proba(lines)[:, 1]
    assert [row.split("\t")[0] for row in rows[1:]] == [f"{chance:.6f}" for chance in chances]


def test_what_predicts_nothing_is_refused(local: Howdah) -> None:
    joblib.dump(PCA(2).fit(PEOPLE[["age", "income", "grade"]]), local.cwd / "model.joblib")
    said = local("models", "add", "m", "model.joblib", exits=4).stderr
    assert "PCA has no predict" in said


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--decimals", "-1"), "--decimals -1: it is 0 to 15"),
        (("--decimals", "25"), "--decimals 25: it is 0 to 15"),
        (("--threshold", "nan"), "it is a probability, from 0 to 1"),
        (("--threshold", "1.5"), "it is a probability, from 0 to 1"),
        (("--positive-class", "gone"), "the classes are left and stayed"),
        (("--outputs", "a,b"), "--outputs is for models with several outputs"),
        (("--expected", "score=chance"), "--expected names columns of --sample"),
        (("--features", "age,income,grade,city"), "the model was fitted without city"),
        (("--features", "age,grade"), "--features leaves out income"),
        (("--text", "age"), "age can't be text: StandardScaler takes numbers"),
        (("--lines",), "--lines is for models that take texts alone"),
    ],
)
def test_arguments_that_mean_nothing_are_usage_errors(
    local: Howdah, graded: pd.DataFrame, arguments: tuple[str, ...], why: str
) -> None:
    given = ("--integer", "grade") if arguments[0] != "--features" else ()
    said = local("models", "add", "m", "model.joblib", *given, *arguments, exits=2).stderr
    assert why in said
    local("models", "show", "m", exits=4)


def test_booleans_that_a_function_computes_otherwise_are_not_taken_for_numbers(
    local: Howdah,
) -> None:
    model = make_pipeline(FunctionTransformer(np.log1p), LogisticRegression(max_iter=1000))
    table = PEOPLE[["age", "member"]]
    joblib.dump(model.fit(table, PEOPLE["y"]), local.cwd / "model.joblib")
    table.head(20).to_csv(local.cwd / "some.csv", index=False)
    local("models", "add", "m", "model.joblib")
    said = local("submit", "some.csv", "--model", "m", exits=4).stderr
    assert "makes other numbers than of 1 and 0" in said
    local("models", "add", "m2", "model.joblib", "--sample", "some.csv")
    assert shown(local, "m2")["types"] == ["number", "boolean"]
    rows = (local.score("some.csv", "--model", "m2") / "scores.tsv").read_text().splitlines()
    chances = model.predict_proba(table.head(20))[:, 1]
    assert [row.split("\t")[2] for row in rows[1:]] == [f"{chance:.6f}" for chance in chances]


def test_a_function_of_its_makers_comes_with_code(local: Howdah, tmp_path: Path) -> None:
    """It is asked for, scored with in a job, and forgotten by the process that added it."""
    (tmp_path / "rent_steps.py").write_text("def doubled(rows):\n    return rows * 2\n")
    program = (
        "import joblib, numpy, rent_steps\n"
        "from sklearn.linear_model import LinearRegression\n"
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import FunctionTransformer\n"
        "rows = numpy.arange(12.0).reshape(6, 2)\n"
        "model = make_pipeline(FunctionTransformer(rent_steps.doubled), LinearRegression())\n"
        "joblib.dump(model.fit(rows, rows.sum(axis=1)), 'rent.joblib')\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    (tmp_path / "rooms.csv").write_text("rooms,area\n1.5,30.5\n2.5,50\n")
    arguments = ("rent", "rent.joblib", "--features", "rooms:number,area:number")
    refused = local("models", "add", *arguments, exits=2)
    assert "--code rent_steps.py" in refused.stderr
    (tmp_path / "numpy.py").write_text("")
    taken = local("models", "add", *arguments, "--code", "numpy.py", exits=2)
    assert "numpy is an installed package" in taken.stderr
    (tmp_path / "numpy.py").unlink()
    given = ("--code", "rent_steps.py", "--sample", "rooms.csv")
    assert "all alike" in local("models", "add", *arguments, *given).stderr
    scores = (local.score("rooms.csv", "--model", "rent") / "scores.tsv").read_text()
    assert float(scores.splitlines()[1].split("\t")[-1]) == 32
