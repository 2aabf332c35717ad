"""Tables that nobody named a model for, and texts that look a little like them."""

import gzip
from pathlib import Path

import pytest

from howdah.errors import UsageError
from howdah.inputs.input_file import InputFile
from howdah.settings import Settings
from howdah.submission.unscored_tables import refuse_tables
from mr.spec import MODEL_FILE
from tests.mr.conftest import write_manifest


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With two models, and one that can't be read."""
    for name, features in (("churn", ["age", "income"]), ("loans", ["age", "city"])):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        write_manifest(folder, name=name, kind="regression", labels=[], features=features)
    broken = tmp_path / "models" / "broken"
    broken.mkdir()
    (broken / MODEL_FILE).write_text("features = [")
    return Settings(tmp_path, tmp_path / "state", None)


def refused(settings: Settings, name: str, text: str | bytes, *columns: str) -> str | None:
    """What is said of an input; None if it is a text."""
    data = text if isinstance(text, bytes) else text.encode()
    suffix = ".gz" if data.startswith(b"\x1f\x8b") else ""
    try:
        refuse_tables([InputFile(name, data, suffix, columns)], settings)
    except UsageError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("people.csv", "Hello there\n"),
        ("people.CSV.gz", gzip.compress(b"text\nHello there\n")),
        ("people.tsv", "Hello there\n"),
        ("people.ndjson.bz2", "a\n"),
        ("people.csv", ""),
        ("-", '{"text": "a"}\n{"text": "b"}\n'),
        ("people", "id;age;income\n1;2;3\n"),
        ("people", "income\tage\n"),
        ("people", "id\tname\n1\tAda Lovelace.\n2\tBob\n"),
        ("people", "id,name,town\n1,Ada,London\n2,Bob,Rome\n"),
        ("people", 'id,name,town\n1,"Lovelace, Ada",London\n2,Bob,Rome\n'),
        ("people", "1,36,Ada\n2,40,Bob\n3,50,Cid"),
        ("people", "id, name, town\n1, Ada, London\n2, Bob, Rome\n"),
        ("hdfs:///data/people", "id;name;town\n1;Ada;London\n2;Bob;Rome\n"),
    ],
)
def test_tables_are_not_taken_for_texts(settings: Settings, name: str, text: str | bytes) -> None:
    """By their names, by what their first line names, or because their lines are alike."""
    said = refused(settings, name, text)
    assert said
    assert f"{name} looks like a table" in said
    assert "--pipeline moderation if each line is a text" in said


@pytest.mark.parametrize(
    "text",
    [
        "Thank you, this was a great help!\n"
        "You are an idiot and your article is garbage.\n"
        "I disagree with the second point, but well argued.\n"
        "See\tpage 3, it explains this.\n",
        "you are kind\n",
        "yes\nno\nno\n",
        "\n",
        "red, green, blue\none, two, three\nyes, no, maybe\n",
        "Well, yes, no.\nOh, no, yes.\nSo, so, so.\n",
        "I came,I saw,I won!\nI came,I saw,I won!\nI came,I saw,I won!\n",
        "\tA house divided\n\tagainst itself\n\tcannot stand\n",
        "To be, or not to be, that is\nthe question\n\t\t-- W. Shakespeare\n%\nBrevity\n",
        "name\tage\nthis line has no tab\nnor has this\n",
        "- one; two; three\n- four; five\n",
        "id,name,town\n1,Ada,London\n",
        "{not JSON}\n{nor this}\n{nor that}\n",
        "age\nincome\n",
        "what of age, income\n",
        "caf\xe9 au lait\n".encode("latin-1"),
    ],
)
@pytest.mark.parametrize("name", ["comments.txt", "-", "csv", "notes.json.txt"])
def test_texts_are_taken_for_texts(settings: Settings, name: str, text: str | bytes) -> None:
    """Prose with commas, verses, lists, fortunes."""
    assert refused(settings, name, text) is None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "id,age,income\n1,2,3\n",
            "try: bin/submit 'my people.csv' --model churn; --pipeline",
        ),
        (
            "id,age,income,city\n1,2,3,Oslo\n",
            "try: bin/submit 'my people.csv' --model churn or bin/submit 'my people.csv' --model"
            " loans; --pipeline",
        ),
        ("Age,City\n1,Oslo\n", "--model NAME, of a model that takes its columns; --pipeline"),
        ('{"age": 1}\n{"city": "Oslo"}\n', "--model loans; --pipeline"),
    ],
)
def test_models_that_fit_are_named(settings: Settings, text: str, hint: str) -> None:
    """With the command that scores it."""
    assert hint in str(refused(settings, "my people.csv", text))


def test_scores_of_another_job_are_a_table(settings: Settings) -> None:
    """What a step reads has columns, whether it has been written yet or not."""
    assert "@first looks like a table" in str(refused(settings, "@first", "", "score", "text"))
