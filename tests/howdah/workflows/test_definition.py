"""Workflows: what a file or a command line says, and what in it can't be run."""

from pathlib import Path

import pytest

from howdah.commands.submit import parser
from howdah.errors import HowdahError, UsageError
from howdah.settings import ROOT, Settings
from howdah.workflows.definition import parse, parse_then
from howdah.workflows.step import Workflow

SETTINGS = Settings(ROOT, Path("/nowhere"), None)
FOLDER = Path("/data")


def read(text: str) -> Workflow:
    return parse(text, "w.toml", FOLDER, SETTINGS)


def chained(*arguments: str) -> Workflow:
    return parse_then(parser().parse_args(arguments), SETTINGS)


def test_steps_come_after_those_that_they_read() -> None:
    """Whatever their order in the file; files are relative to its folder, options are texts."""
    workflow = read("""
        [steps.quality]
        inputs = ["@score"]
        pipeline = "evaluate"
        truth = "label"
        threshold = 0.7
        labels = "truth.csv"
        id = "id"
        [steps.score]
        inputs = ["2026-*.csv", "/else/a.csv"]
        max_rejected = 0
        splits = 3
        keep_in_store = true
    """)
    score, quality = workflow.steps
    assert score.inputs == ("/data/2026-*.csv", "/else/a.csv")
    assert (score.max_rejected, score.splits, score.keep_in_store) == (0, 3, True)
    assert (quality.needs, quality.pipeline) == (["score"], "evaluate")
    assert quality.options == {
        "truth": "label",
        "threshold": "0.7",
        "labels": "/data/truth.csv",
        "id": "id",
    }


def test_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each step has the options that are named after it, and reads the one before."""
    monkeypatch.chdir(tmp_path)
    first, second, third = chained(
        *["texts.txt", "--max-rejected", "0.5"],
        *["--then", "moderation", "--splits", "2", "--keep-in-store"],
        *["--then", "evaluate", "--truth", "label", "--labels", "truth.csv", "--id", "text"],
    ).steps
    assert (first.name, first.inputs) == ("moderation", (f"{tmp_path}/texts.txt",))
    assert (first.max_rejected, first.keep_in_store, first.options) == (0.5, False, {})
    assert (second.name, second.inputs) == ("moderation-2", ("@moderation",))
    assert (second.splits, second.keep_in_store, second.max_rejected) == (2, True, 0.01)
    assert (third.name, third.inputs) == ("evaluate", ("@moderation-2",))
    assert third.options["labels"] == f"{tmp_path}/truth.csv"


GOOD = '[steps.a]\ninputs = ["a.txt"]\n'
READING = '[steps.b]\ninputs = ["@a"]\npipeline = "evaluate"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps = ", "w.toml is not TOML: "),
        ("", "w.toml has no steps"),
        ("step = 1", "w.toml: unknown key step"),
        ("steps.a = 1", "w.toml, step a: it is no table"),
        ('[steps."a/b"]', "w.toml, step a/b: a step's name"),
        ("[steps.a]", "w.toml, step a: it has no inputs"),
        ('[steps.a]\ninputs = "a.txt"', "w.toml, step a: inputs = 'a.txt': it is a list"),
        ('[steps.a]\ninputs = ["-"]', "w.toml, step a: a workflow can't read stdin"),
        (GOOD + "modle = 1", "w.toml, step a: unknown key modle"),
        (GOOD + "model = 1", "w.toml, step a: model = 1: it is a text"),
        (GOOD + "splits = true", "w.toml, step a: splits = True: it is a number"),
        (GOOD + "max_rejected = 2", "w.toml, step a: max_rejected = 2: it is a number"),
        (GOOD + 'model = "nix"', "w.toml, step a: there is no model nix"),
        (GOOD + 'pipeline = "nix"', "w.toml, step a: there is no pipeline nix"),
        (GOOD + 'truth = "x"', "w.toml, step a: pipeline moderation has no option truth"),
        (READING, "w.toml, step b: there is no step a"),
        (GOOD + '[steps.b]\ninputs = ["@a", "b.txt"]', "w.toml, step b: it reads steps and files"),
        (GOOD + 'pipeline = "wordcount"\n' + READING, "w.toml, step b: it reads @a, which counts"),
        (READING + '[steps.a]\ninputs = ["@b"]', "w.toml, step a: it reads @b, which counts"),
        (
            '[steps.a]\ninputs = ["@b"]\n[steps.b]\ninputs = ["@a"]',
            "w.toml: the steps go round in circles: a needs b needs a",
        ),
    ],
)
def test_what_cannot_be_run_is_told(text: str, message: str) -> None:
    """With the file and the step, before anything runs."""
    with pytest.raises(HowdahError) as raised:
        read(text)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("then", "message"),
    [
        ([], "--then: the following arguments are required: PIPELINE"),
        (["evaluate", "--json"], "--then: unrecognized arguments: --json"),
        (["evaluate", "--by", "os"], "bin/submit, step evaluate: pipeline evaluate has no option"),
        (["wordcount", "--then", "evaluate"], "bin/submit, step evaluate: it reads @wordcount"),
    ],
)
def test_what_cannot_follow_is_told(then: list[str], message: str) -> None:
    """Options of the whole run stand before the first --then."""
    with pytest.raises(UsageError) as raised:
        chained("texts.txt", "--then", *then)
    assert str(raised.value).startswith(message)
