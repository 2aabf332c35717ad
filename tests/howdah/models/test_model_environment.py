"""What is said of a model's environment: where its packages are, and what is wrong with them."""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from howdah.diagnosis.check import Check
from howdah.diagnosis.environments import check_environments
from howdah.models import model_environment
from howdah.models.model_environment import bring_back
from howdah.settings import Settings
from tests.howdah.models.test_registry import (
    LOCK,
    NOBODY,
    models,
    needs_root,
    put_with_environment,
)

NAME = hashlib.sha256(LOCK.encode()).hexdigest()[:16]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout, and a state folder that is another's."""
    return Settings(tmp_path / "checkout", tmp_path / "home", None)


def put_packages(settings: Settings, name: str = NAME) -> Path:
    """The folder of an environment, with one package of 3 MB."""
    home = settings.state / "environments" / name
    package = home / "packages" / "scikit_learn-1.5.2.dist-info"
    package.mkdir(parents=True)
    (home / "packages" / "sklearn.py").write_bytes(bytes(3 << 20))
    digest = "sha256=FUy3x5cBHHTAAAAA"
    compiled = f"old/__pycache__/old.cpython-311.pyc,{digest},9"  # in some wheels; made anew
    (package / "RECORD").write_text(f"sklearn.py,{digest},{3 << 20}\n{compiled}\n")
    (home / "lock.txt").write_text(LOCK)
    record = {
        "requires": ["scikit-learn==1.5.2"],
        "python": "{}.{}".format(*sys.version_info[:2]),
        "sha256": "",
        "bytes": 0,
        "time": 0,
    }
    (home / "environment.json").write_text(json.dumps(record))
    return home


def bad(settings: Settings) -> list[Check]:
    return [check for check in check_environments(settings) if check.fix]


def test_show_says_what_runs_and_where(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """To people and to programs; a pickle is a program."""
    put_with_environment(settings)
    home = put_packages(settings)
    assert models(settings, "show", "old") == 0
    said = capsys.readouterr().out
    for words in ("scikit-learn 1.5.2", "joblib, a program: loading it runs what its maker put in",
                  "scikit-learn==1.5.2", f"{home}/packages, 3,145,", NAME):  # fmt: skip
        assert words in said
    models(settings, "show", "old", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["data"]) == ("joblib", False)
    assert told["environment"]["folder"] == f"{home}/packages"


def test_removing_a_model_says_that_its_packages_stay(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until the janitor comes, and how large they are."""
    put_with_environment(settings)
    home = put_packages(settings)
    assert models(settings, "remove", "old") == 0
    said = capsys.readouterr().err
    assert f"its environment, {home}/packages, 3 MB, goes with bin/janitor" in said


def test_check_finds_packages_that_were_changed(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the sums that came with them."""
    put_with_environment(settings)
    put_packages(settings)
    assert models(settings, "check") == 4
    assert "aren't as they were installed: sklearn.py missing or changed" in capsys.readouterr().out


@needs_root
def test_root_gets_no_packages_that_another_users_model_names(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He would import them: their lock and their archive's SHA-256 are that user's words."""
    asked: list[object] = []
    monkeypatch.setattr(model_environment, "environment_folder", lambda *given: asked.append(given))
    folder = put_with_environment(settings)
    bring_back(("scikit-learn==1.5.2",), settings)
    os.chown(folder / "model.toml", NOBODY, NOBODY)
    bring_back(("scikit-learn==1.5.2",), settings)
    assert len(asked) == 1


def test_doctor_tells_of_packages_that_are_nowhere(settings: Settings) -> None:
    """And of what is broken; the fix says what makes them again."""
    put_with_environment(settings)
    (nowhere,) = bad(settings)
    assert nowhere.found == "its environment: neither here nor in HDFS"
    assert "bin/submit INPUT --model old" in nowhere.fix
    home = put_packages(settings)
    assert bad(settings) == []
    (home / "packages" / "sklearn.py").write_text("other")
    (broken,) = bad(settings)
    assert broken.found == f"{home}: sklearn.py missing or changed"
    assert broken.fix == f"rm -r {home}  (the next job makes it again)"
