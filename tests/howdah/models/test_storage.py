"""Models that are added, replaced, removed, and kept for jobs."""

import os
import time
from pathlib import Path

import pytest

from howdah.errors import MachineError, ModelError, UsageError
from howdah.jobs.record import Job, Jobs
from howdah.models.job_models import link_models, linked_models, unfinished_jobs_with
from howdah.models.registry import find_model, model_entries, model_names
from howdah.models.storage import adding_model, remove_model
from howdah.settings import Settings
from tests.howdah.models.test_registry import put


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout, and a state folder that is another's."""
    return Settings(tmp_path / "checkout", tmp_path / "home", None)


def add(settings: Settings, content: str, *, replace: bool = False) -> None:
    with adding_model(settings, "churn", replace=replace) as folder:
        made = put(folder.parent / "made" / "churn", content)
        for path in made.iterdir():
            path.rename(folder / path.name)


def submitted(settings: Settings) -> Job:
    """A job with the model, as it is once it is submitted."""
    job = Jobs(settings.state).create(
        state="launching",
        runner="local",
        pipeline="tabular",
        model="churn",
        model_sha256=find_model(settings, "churn").sha256,
        identity="",
    )
    link_models(job, Jobs(settings.state).folder(job.id), settings)
    return job


def content(job: Job, settings: Settings) -> str:
    (model,) = linked_models(job, Jobs(settings.state).folder(job.id))
    return (model.folder / "model.joblib").read_text()


def test_ones_own_models_are_private_and_shared_ones_readable(settings: Settings) -> None:
    """Whatever the umask is."""
    owner = Settings(settings.root, settings.root / ".howdah", None)
    for mask, user, folders, files in (
        (0o000, settings, 0o700, 0o600),
        (0o077, owner, 0o755, 0o644),
    ):
        before = os.umask(mask)
        try:
            add(user, "one")
        finally:
            os.umask(before)
        folder = user.state / "models"
        for path in (folder, folder / "churn"):
            assert path.stat().st_mode & 0o777 == folders
        assert (folder / "churn" / "model.joblib").stat().st_mode & 0o777 == files
    assert owner.state.stat().st_mode & 0o777 == 0o755


def test_a_name_that_is_taken_is_refused(settings: Settings) -> None:
    """With the word that says otherwise; one of an own name may be another's."""
    add(settings, "one")
    with pytest.raises(UsageError, match="there is a model churn already") as caught:
        add(settings, "two")
    assert "--replace" in (caught.value.hint or "")
    add(settings, "two", replace=True)
    assert (settings.state / "models" / "churn" / "model.joblib").read_text() == "two"
    assert list((settings.state / "models").iterdir()) == [settings.state / "models" / "churn"]


def test_what_comes_with_howdah_keeps_its_name(settings: Settings) -> None:
    """Its pipeline takes it where nobody names a model."""
    wheel = 'wheel = {requirement = "x==1", sha256 = "ab", folder = "x"}'
    put(settings.root / "models" / "churn", more=wheel)
    with pytest.raises(UsageError, match="a model churn comes with Howdah"):
        add(settings, "one")
    with pytest.raises(UsageError, match="churn comes with Howdah"):
        remove_model(settings, "churn")


def test_what_fails_leaves_what_was_there(settings: Settings) -> None:
    """All or nothing."""
    add(settings, "one")
    with pytest.raises(FileExistsError), adding_model(settings, "churn", replace=True) as folder:
        folder.mkdir()
    assert (settings.state / "models" / "churn" / "model.joblib").read_text() == "one"
    assert list((settings.state / "models").iterdir()) == [settings.state / "models" / "churn"]


def test_what_a_killed_command_left_is_removed(settings: Settings) -> None:
    """By the next one that adds or removes a model, once it is old."""
    models = settings.state / "models"
    for name, age in ((".adding-old", 7200), (".removing-old", 7200), (".adding-new", 0)):
        (models / name / "churn").mkdir(parents=True)
        os.utime(models / name, (time.time() - age,) * 2)
    add(settings, "one")
    assert {path.name for path in models.iterdir()} == {"churn", ".adding-new"}


def test_a_running_add_keeps_its_folder(settings: Settings) -> None:
    """However long it takes, and whatever is added meanwhile."""
    with adding_model(settings, "slow", replace=False) as folder:
        os.utime(folder.parent, (time.time() - 7200,) * 2)
        add(settings, "one")
        put(folder.parent / "made" / "slow")
        (folder.parent / "made" / "slow" / "model.toml").rename(folder / "model.toml")
    assert model_names(settings) == ["churn", "slow"]


def test_a_job_keeps_its_model(settings: Settings) -> None:
    """When its name is given to another one, and when that is removed."""
    add(settings, "one")
    first = submitted(settings)
    add(settings, "two", replace=True)
    second = submitted(settings)
    (entry,) = model_entries(settings)
    assert unfinished_jobs_with(entry, settings) == [second.id]
    remove_model(settings, "churn")
    assert model_names(settings) == []
    assert [content(job, settings) for job in (first, second)] == ["one", "two"]


def test_a_jobs_model_takes_no_space(settings: Settings) -> None:
    """It is another name of the same file, and goes when the job has ended."""
    add(settings, "one")
    job = submitted(settings)
    file = settings.state / "models" / "churn" / "model.joblib"
    assert file.stat().st_nlink == 2
    jobs = Jobs(settings.state)
    jobs.update(job, state="cancelled")
    assert file.stat().st_nlink == 1
    assert not (jobs.folder(job.id) / "models").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_another_users_model_is_copied(settings: Settings) -> None:
    """He could change what is in a file of his."""
    wheel = 'wheel = {requirement = "x==1", sha256 = "ab", folder = "x"}'
    folder = put(settings.root / "models" / "churn", more=wheel)
    for path in (settings.root, folder, *folder.iterdir()):
        os.chown(path, 65534, 65534)
    job = submitted(settings)
    (folder / "model.joblib").write_text("changed")
    assert content(job, settings) == "weights"


def test_a_jobs_model_is_what_was_submitted(settings: Settings) -> None:
    """A name that is given away just then, or a file that is changed, is refused."""
    add(settings, "one")
    job = submitted(settings)
    (settings.state / "models" / "churn" / "model.joblib").write_text("changed in place")
    with pytest.raises(ModelError, match="its sha256 differs"):
        content(job, settings)
    add(settings, "two", replace=True)
    with pytest.raises(ModelError, match="was replaced or removed while the job was submitted"):
        link_models(job, Jobs(settings.state).folder(job.id), settings)
    remove_model(settings, "churn")
    with pytest.raises(ModelError, match="was replaced or removed while the job was submitted"):
        link_models(job, Jobs(settings.state).folder(job.id), settings)


def test_a_shared_model_is_its_owners_to_remove(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user is told whose it is, and what he can do."""
    put(settings.root / ".howdah" / "models" / "churn")
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(MachineError, match="it is shared, and not yours to remove"):
        remove_model(settings, "churn")
    assert model_names(settings) == ["churn"]
