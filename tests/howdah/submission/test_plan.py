"""What a job's record says before it runs: columns, predictions, and what can't be run."""

import json
from pathlib import Path
from typing import Any

import pytest

from howdah.commands.submit import parser
from howdah.errors import HowdahError, ModelError, UsageError
from howdah.inputs.local import find_local_files
from howdah.jobs.predictions import renaming_notes
from howdah.settings import Settings
from howdah.submission.plan import make_plan
from howdah.submission.validation import find_pipeline
from howdah.workflows.definition import parse_then
from howdah.workflows.step import Step
from tests.mr.conftest import write_manifest

BINARY = {"kind": "binary", "labels": ["stayed", "left"], "features": ["a"], "threshold": 0.25}
CLASSES = {"kind": "classes", "labels": ["hi", "lo", "mid"], "features": ["a"]}
REGRESSION = {"kind": "regression", "labels": [], "features": ["a"], "score": "predict"}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """With a model of each kind; commands are called in the same folder."""
    monkeypatch.chdir(tmp_path)
    kinds = {"churn": BINARY, "churn2": BINARY, "grades": CLASSES, "prices": REGRESSION}
    for name, stated in kinds.items():
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        write_manifest(folder, name=name, **stated)
    return Settings(tmp_path, tmp_path / "state", None)


def plan(settings: Settings, text: str, *arguments: str) -> dict[str, Any]:
    """What the command line says of an input with this text."""
    Path("input").write_text(text)
    args = parser().parse_args(["input", "--runner", "local", *arguments])
    return make_plan(args, find_local_files(args.inputs), settings)


def test_predictions_of_two_classes(settings: Settings) -> None:
    """What their columns are called, and what scores and labels mean."""
    planned = plan(settings, "id,a\n1,2\n", "--model", "churn")
    assert planned["columns"] == ("id", "a", "score", "label")
    assert planned["predicted"] == {
        "kind": "binary",
        "labels": ["stayed", "left"],
        "positive": "left",
        "threshold": 0.25,
        "score": "score",
        "label": "label",
        "classes": {},
    }
    assert renaming_notes(planned["predicted"]) == []


def test_types_of_columns(settings: Settings) -> None:
    """Features have those of the model, what is written True and False is a boolean, and
    predictions are numbers where they are."""
    planned = plan(settings, "id,a\n1,2\n", "--model", "churn")
    assert planned["types"] == {"a": "number", "score": "number"}
    planned = plan(settings, "id,a,score\n1,True,x\n", "--model", "churn", "--keep", "score,a")
    assert planned["columns"] == ("score", "a", "predicted_score", "label")
    assert planned["types"] == {"a": "boolean", "predicted_score": "number"}


def test_only_what_scores_keeps_columns(settings: Settings) -> None:
    """A pipeline that counts writes none of the input's."""
    with pytest.raises(UsageError, match="wordcount counts"):
        plan(settings, "a\n", "--pipeline", "wordcount", "--keep", "text")


def test_predictions_of_many_classes(settings: Settings) -> None:
    """A column a class."""
    predicted = plan(settings, "a\n1\n", "--model", "grades")["predicted"]
    assert predicted["classes"] == {"hi": "score_hi", "lo": "score_lo", "mid": "score_mid"}
    assert (predicted["score"], predicted["label"]) == (None, "label")
    assert (predicted["positive"], predicted["threshold"]) == (None, None)


def test_predictions_of_numbers(settings: Settings) -> None:
    """A score without a label."""
    predicted = plan(settings, "a\n1\n", "--model", "prices")["predicted"]
    assert (predicted["score"], predicted["label"], predicted["labels"]) == ("score", None, [])


def test_predictions_have_names_of_their_own(settings: Settings) -> None:
    """Where the input has a column of that name; it keeps its own, and people are told."""
    text = "label,a,predicted_label,score_lo\n1,2,3,4\n"
    planned = plan(settings, text, "--model", "grades")
    assert planned["columns"][4:] == (
        "predicted_label_2",
        "score_hi",
        "predicted_score_lo",
        "score_mid",
    )
    assert planned["predicted"]["label"] == "predicted_label_2"
    assert planned["predicted"]["classes"]["lo"] == "predicted_score_lo"
    assert renaming_notes(planned["predicted"]) == [
        "the input has a column label already: the prediction's is called predicted_label_2",
        "the input has a column score_lo already: the prediction's is called predicted_score_lo",
    ]


@pytest.mark.parametrize(
    ("header", "options", "columns"),
    [
        ("a", [], ("score_churn", "label_churn", "score_churn2", "label_churn2")),
        (
            "a,score_churn,label_churn2",
            [],
            ("predicted_score_churn", "label_churn", "score_churn2", "predicted_label_churn2"),
        ),
        (
            "a,model,label",
            ["--weights", "1,1", "--id", "a"],
            ("predicted_model", "score", "predicted_label"),
        ),
    ],
)
def test_compared_models_columns(
    settings: Settings, header: str, options: list[str], columns: tuple[str, ...]
) -> None:
    """Have names of their own, too, and the record has each model's."""
    compare = ["--pipeline", "compare", "--models", "churn,churn2", *options]
    planned = plan(settings, f"{header}\n{header}\n", *compare)
    own = len(header.split(","))
    assert planned["columns"][own:] == columns
    told = planned["predicted"]["models"]["churn2"]
    assert told == {"score": columns[-2], "label": columns[-1]}
    assert planned["predicted"]["threshold"] == 0.25


def test_what_the_reader_is_told(settings: Settings) -> None:
    """Which columns are booleans, and which takes later keys."""
    options = plan(settings, "a,b\nTrue,1\n", "--model", "churn")["options"]
    assert options == {
        "format": "csv",
        "delimiter": ",",
        "columns": ["a", "b"],
        "others": "",
        "booleans": ["a"],
        "header": True,
    }
    long = json.dumps({"a": 1, "b": "x" * 1000}) + "\n"
    planned = plan(settings, long * 1100, "--model", "churn")
    assert planned["options"]["others"] == "other_keys"
    assert planned["columns"] == ("a", "b", "other_keys", "score", "label")


def test_no_header(settings: Settings) -> None:
    """The first line is a record then, of a step as well."""
    with pytest.raises(ModelError, match="has no column a"):
        plan(settings, "x\n1\n", "--model", "churn")
    planned = plan(settings, "x\n1\n", "--model", "churn", "--no-header")
    assert (planned["columns"], planned["options"]["header"]) == (("a", "score", "label"), False)
    compare = ["--pipeline", "compare", "--models", "churn,churn2", "--no-header"]
    assert plan(settings, "x\n1\n", *compare)["options"]["header"] is False
    step = Step("s", ("input",), model="churn", no_header=True)
    step_plan = make_plan(step.arguments("local"), find_local_files(["input"]), settings)
    assert step_plan["options"] == planned["options"]
    args = parser().parse_args(
        ["input", "--model", "churn", "--no-header", "--then", "evaluate", "--truth", "a"]
    )
    assert [step.no_header for step in parse_then(args, settings).steps] == [True, False]


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("hi\n", ["--pipeline", "moderation", "--no-header"], "and not of pipeline moderation"),
        ("a\n", ["--pipeline", "wordcount", "--no-header"], "and not of pipeline wordcount"),
        ("a,b\n1,2\n", ["--pipeline", "compare", "--models", ""], "--models is empty"),
        ("label,label\n", ["--pipeline", "evaluate", "--truth", "label"], "names 'label' twice"),
        ("id\ta\n1\t2\n", [], "input looks like a table"),
        ("hi\n", ["--pipeline", "wordcont"], "did you mean wordcount?"),
    ],
)
def test_what_cannot_be_run_is_told(
    settings: Settings, text: str, arguments: list[str], message: str
) -> None:
    """As a usage error, with what may be meant."""
    with pytest.raises(UsageError) as raised:
        plan(settings, text, *arguments)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("hi\n", ["--model", "chrun"], "did you mean churn?"),
        ("hi\n", ["--model", "Churn_2"], "did you mean churn2?"),
        (
            "a\n1\n",
            ["--pipeline", "compare", "--models", "churn,curn2"],
            "did you mean churn2? bin/models",
        ),
    ],
)
def test_a_model_that_is_missing_is_told(
    settings: Settings, text: str, arguments: list[str], message: str
) -> None:
    """As an error of models, with what may be meant."""
    with pytest.raises(ModelError) as raised:
        plan(settings, text, *arguments)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("option", "values", "more"),
    [
        ("--threshold", ["nan", "inf", "half", "50", "-0.1"], []),
        ("--weights", ["1", "1,0", "1,nan", "-1,2", "0.5,0.5"], ["--id", "a"]),
    ],
)
def test_nonsense_is_no_option(
    settings: Settings, option: str, values: list[str], more: list[str]
) -> None:
    """It is named; chances are from 0 to 1."""
    compare = ["--pipeline", "compare", "--models", "churn,churn2"]
    for value in values:
        with pytest.raises(UsageError, match=f"{option} {value}: "):
            plan(settings, "a\n1\n", *compare, f"{option}={value}", *more)


def test_nothing_near_is_not_asked_for(settings: Settings) -> None:
    """A name that is like no other."""
    with pytest.raises(HowdahError) as raised:
        find_pipeline(None, "oracle", settings)
    assert str(raised.value) == "there is no model oracle\n  try: bin/models lists them"
