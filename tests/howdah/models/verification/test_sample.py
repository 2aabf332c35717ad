"""What is told of a sample that the model's libraries can't score."""

from howdah.models.verification.sample import _last_error


def test_the_error_is_told_and_not_the_calls_that_a_library_lists_behind_it() -> None:
    said = (
        "Traceback (most recent call last):\nxgboost.core.XGBoostError: no model\n\n  [bt] (8) x\n"
    )
    assert _last_error(said) == "xgboost.core.XGBoostError: no model"
