"""What a job has of its models from its submission to its end, and what of theirs must stay."""

import hashlib
from pathlib import Path

import pytest

from howdah.jobs.record import Job, Jobs, State
from howdah.models.job_models import (
    environments_in_use,
    environments_of,
    link_models,
    linked_models,
)
from howdah.models.model_checks import ENVIRONMENT_LOCK
from howdah.models.registry import find_model
from howdah.settings import Runner, Settings
from tests.howdah.models.test_registry import LOCK, put, put_with_environment

SHA256 = hashlib.sha256(LOCK.encode()).hexdigest()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout, and a state folder that is another's."""
    return Settings(tmp_path / "checkout", tmp_path / "home", None)


def record(settings: Settings) -> Job:
    """The record of a job with the model ``old``, which is about to be launched."""
    model = find_model(settings, "old")
    return Jobs(settings.state).create(
        state=State.LAUNCHING,
        runner=Runner.LOCAL,
        pipeline="tabular",
        model="old",
        model_sha256=model.sha256,
        identity="",
        environments=environments_of([model]),
    )


def test_a_jobs_record_names_the_environments_of_its_models(settings: Settings) -> None:
    """Those that have one, and what a person knows it by."""
    put_with_environment(settings)
    put(settings.state / "models" / "churn")
    found = environments_of([find_model(settings, name) for name in ("churn", "old")])
    assert list(found) == ["old"]
    assert found["old"]["lock"] == SHA256
    assert found["old"]["requires"] == ["scikit-learn==1.5.2"]
    assert found["old"]["libraries"] == {"scikit-learn": "1.5.2"}


def test_a_job_keeps_the_lock_that_its_environment_can_be_made_of(settings: Settings) -> None:
    """Whatever becomes of the model meanwhile."""
    folder = put_with_environment(settings)
    job = record(settings)
    own = Jobs(settings.state).folder(job.id)
    link_models(job, own, settings)
    folder.rename(settings.state / "gone")
    (model,) = linked_models(job, own)
    assert (model.folder / ENVIRONMENT_LOCK).read_text() == LOCK


def test_an_environment_is_in_use_while_a_model_or_an_unfinished_job_has_it(
    settings: Settings,
) -> None:
    """Be the model's manifest as it may: its lock is there."""
    folder = put_with_environment(settings)
    assert environments_in_use(settings) == {SHA256}
    job = record(settings)
    (folder / "model.toml").write_text("broken")
    assert environments_in_use(settings) == {SHA256}
    folder.rename(settings.state / "gone")
    assert environments_in_use(settings) == {SHA256}
    Jobs(settings.state).update(job, state=State.DONE)
    assert environments_in_use(settings) == set()
