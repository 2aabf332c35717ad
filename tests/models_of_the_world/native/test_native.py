"""Models in their libraries' own files, loaded without the classes that have trained them.

Each environment trains its models in one process; another one loads them, asks, and compares with
what the library itself has said (``train.py``, ``ask.py``).
"""

from typing import Any

import pytest

from tests.models_of_the_world.conftest import Found
from tests.models_of_the_world.programs import EXAMPLES

Answers = dict[str, dict[str, Any]]


@pytest.fixture
def answers(found: Found) -> Answers:
    """What ask.py has found out of each model of an environment."""
    of_each: Answers = found["native.ask"]
    assert of_each
    return of_each


def served(answers: Answers) -> Answers:
    """Those that were loaded."""
    return {name: model for name, model in answers.items() if "refused" not in model}


def test_answers_are_those_of_the_library_itself(answers: Answers) -> None:
    """To the bit: with and without names, missing values, categories, texts; stopped early; of
    several outputs."""
    for name, model in served(answers).items():
        assert all(model["same"].values()), (name, model["same"])


def test_both_readers_of_a_file_say_what_the_library_says(found: Found) -> None:
    """Howdah's own, and the one that it is compared with when a model is added: of models and rows
    at random."""
    compared = found["native.random_files"]
    assert len(compared) == {"sk12": 1, "sk15": 2, "sk17": 3}[found.environment]
    assert min(compared.values()) >= EXAMPLES / 8


def test_what_a_file_tells_is_what_the_model_takes_and_gives(answers: Answers) -> None:
    """Kind, labels, threshold, names and types."""
    assert not {name: model["wrong"] for name, model in served(answers).items() if model["wrong"]}


def test_a_task_writes_what_predict_says(answers: Answers) -> None:
    """Labels that are taken from scores are those of predict."""
    assert not [name for name, model in served(answers).items() if not model["scored"]]


def test_what_add_compares_with_gives_the_answers_of_the_library(answers: Answers) -> None:
    """It loads the file by itself, as the model's owner would."""
    assert not [name for name, model in served(answers).items() if not model["direct"]]


def test_a_row_has_the_same_bits_at_other_places(answers: Answers) -> None:
    """Also among more rows. Matrix products of ONNX have others for a row alone, which tasks don't
    give them but for trials."""
    for name, model in served(answers).items():
        for method, places in model["places"].items():
            differing = {place for place, same in places.items() if not same}
            of_products = name.startswith("onnx ") and method != "decision_function"
            assert differing <= ({"alone"} if of_products else set()), (name, method)


def test_what_the_model_cannot_be_given_raises(answers: Answers) -> None:
    """A missing text of CatBoost's or ONNX's: the one refuses it, the other would take its name."""
    assert False not in [model["raised"] for model in served(answers).values()]


def test_a_file_that_cannot_be_served_is_refused_with_the_reason(answers: Answers) -> None:
    """Nothing is guessed of what the file doesn't have."""
    refused = [model for model in answers.values() if "refused" in model]
    assert refused
    for model in refused:
        assert model["reason"], model["refused"]
        assert model["reason"] in model["refused"]
