"""Where models are, which of them a name means, and what is said of them."""

import hashlib
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from howdah.answer import Answer
from howdah.commands.models import parser, run
from howdah.errors import ModelError
from howdah.models.model_checks import ENVIRONMENT_LOCK
from howdah.models.registry import find_model, manifest_of, model_entries, model_names
from howdah.settings import Settings
from mr.models.manifest import sha256_of

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout, and a state folder that is another's."""
    return Settings(tmp_path / "checkout", tmp_path / "home", None)


def put(folder: Path, content: str = "weights", more: str = "") -> Path:
    """A model's folder, as it is once it is added."""
    folder.mkdir(parents=True)
    (folder / "model.joblib").write_text(content)
    (folder / "model.toml").write_text(
        f'name = "{folder.name}"\npipeline = "tabular"\nkind = "binary"\n'
        f'scikit_learn = "{version("scikit-learn")}"\nlabels = ["left", "stayed"]\npositive = 0\n'
        f'features = ["age", "city"]\ntypes = ["number", "text"]\n{more}\n'
        f'[files]\n"model.joblib" = "{sha256_of(folder / "model.joblib")}"\n'
    )
    return folder


def put_all(settings: Settings) -> dict[str, Path]:
    return {
        "own": put(settings.state / "models" / "churn", "own"),
        "shared": put(settings.root / ".howdah" / "models" / "churn", "shared"),
        "old": put(settings.root / "models" / "churn", "old"),
    }


def models(settings: Settings, *words: str) -> int:
    answer = Answer(as_json="--json" in words)
    status = run(parser().parse_args(words), settings, answer)
    if answer.as_json:
        answer.print(status)
    return status


def test_ones_own_model_outranks_a_shared_one(settings: Settings) -> None:
    """And that outranks one that an older version put into the source tree; each is usable."""
    places = put_all(settings)
    (entry,) = model_entries(settings)
    assert (entry.folder, entry.place, entry.hides) == (places["own"], "own", ("shared",))
    for found in places.values():
        assert find_model(settings, "churn").folder == found
        (found / "model.toml").unlink()
    with pytest.raises(ModelError, match="there is no model churn"):
        find_model(settings, "churn")


def test_who_owns_the_checkout_shares_what_he_adds(settings: Settings) -> None:
    """His own folder is the shared one: a model there hides nothing."""
    put(settings.root / ".howdah" / "models" / "churn")
    owner = Settings(settings.root, settings.root / ".howdah", None)
    assert [(entry.place, entry.hides) for entry in model_entries(owner)] == [("shared", ())]


def test_a_name_is_no_path(settings: Settings) -> None:
    """It means a folder of models, none elsewhere."""
    put_all(settings)
    for name in ("../models/churn", "churn/", "."):
        with pytest.raises(ModelError, match="there is no model"):
            find_model(settings, name)


BROKEN = {
    "not TOML": b"features = [",
    "not UTF-8": b'name = "\xff"',
    "nothing": b"",
    "another type": b'name = "b"\npipeline = "tabular"\nkind = 3\nscikit_learn = "1"\nfiles = {}\n',
    "files that aren't": b'name = "b"\npipeline = ""\nkind = "k"\nscikit_learn = "1"\nfiles = []\n',
    "an unknown key": b'name = "b"\nwings = 2\n',
}


@pytest.mark.parametrize("toml", BROKEN.values(), ids=BROKEN)
def test_a_broken_manifest_does_not_stop_the_others(
    settings: Settings, capsys: pytest.CaptureFixture[str], toml: bytes
) -> None:
    """It is listed with what is wrong; check says so, too, and goes on; it can be removed."""
    put(settings.state / "models" / "churn")
    broken = settings.state / "models" / "broken"
    broken.mkdir()
    (broken / "model.toml").write_bytes(toml)
    assert models(settings) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("broken               can't be used: model broken: ")
    assert second.startswith("churn                tabular")
    assert models(settings, "--json") == 0
    assert ["error" in row for row in json.loads(capsys.readouterr().out)] == [True, False]
    assert models(settings, "check") == 4
    assert "churn: ok" in capsys.readouterr().out
    with pytest.raises(ModelError, match=r"model broken: .*model\.toml"):
        models(settings, "show", "broken")
    models(settings, "remove", "broken")
    assert model_names(settings) == ["churn"]


def test_show_says_which_class_the_score_is_of(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """To people with types, place and hashes; to programs field by field."""
    put_all(settings)
    assert models(settings, "show", "churn") == 0
    said = capsys.readouterr().out
    for words in ("of left: its probability", "left or stayed: as predict", "your own; outranks",
                  "age ", "number", "nothing, with the model itself", "1, 3 bytes"):  # fmt: skip
        assert words in said
    assert models(settings, "show", "churn", "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (told["positive"], told["labels"], told["bytes"]) == (0, ["left", "stayed"], 3)
    assert (told["place"], told["hides"]) == ("own", ["shared"])


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ('labels_from = "threshold"\nthreshold = 0.3', "left where the score is above 0.3"),
        ('labels_from = "near"', "and asked near ties"),
        ('refuses_missing = ["age"]', "no missing"),
        ("compared = 1200", "1,200 records of a sample came out as the model itself says"),
        ("memory_mb = 2048", "2,048 MB to load it and predict a block"),
    ],
)
def test_show_says_where_labels_come_from_and_what_was_compared(
    settings: Settings, capsys: pytest.CaptureFixture[str], stated: str, says: str
) -> None:
    """And what the model is known to refuse."""
    put(settings.state / "models" / "churn", more=stated)
    models(settings, "show", "churn")
    assert says in capsys.readouterr().out


LOCK = "scikit-learn==1.5.2 --hash=sha256:00\n"


def put_with_environment(settings: Settings, **stated: object) -> Path:
    """A model with an environment of its own, of which its manifest says what is ``stated``."""
    environment: dict[str, object] = {
        "lock": hashlib.sha256(LOCK.encode()).hexdigest(),
        "requires": ["scikit-learn==1.5.2"],
        "python": "{}.{}".format(*sys.version_info[:2]),
        "sha256": "0" * 64,
        "bytes": 1 << 28,
        "time": 1_700_000_000_000,
    }
    words = [f"{name} = {json.dumps(value)}" for name, value in (environment | stated).items()]
    folder = put(
        settings.state / "models" / "old",
        more=f"environment = {{{', '.join(words)}}}\nlibraries = {{scikit-learn = '1.5.2'}}",
    )
    (folder / ENVIRONMENT_LOCK).write_text(LOCK)
    return folder


def test_a_model_with_an_environment_needs_no_library_here(settings: Settings) -> None:
    """Its lock is a file of the model that is compared, and that tasks don't get."""
    folder = put_with_environment(settings)
    found = find_model(settings, "old")
    assert [path.name for path in found.files] == ["model.toml", "model.joblib"]
    assert found.all_files == [*found.files, folder / ENVIRONMENT_LOCK]
    (folder / ENVIRONMENT_LOCK).write_text(LOCK.replace("00", "01"))
    with pytest.raises(ModelError, match=r"environment\.lock is not the file that its manifest"):
        find_model(settings, "old")
    (folder / ENVIRONMENT_LOCK).unlink()
    with pytest.raises(ModelError, match=r"environment\.lock is missing"):
        find_model(settings, "old")


def test_an_environment_of_another_python_is_told(settings: Settings) -> None:
    put_with_environment(settings, python="3.9")
    with pytest.raises(ModelError, match=r"for Python 3\.9, and 3\.\d+ runs here"):
        find_model(settings, "old")


@pytest.mark.parametrize(
    ("name", "value"),
    [("lock", "../../../etc"), ("sha256", ""), ("requires", "x==1"), ("bytes", True), ("time", "")],
)
def test_an_environment_that_can_not_be_is_refused(
    settings: Settings, name: str, value: object
) -> None:
    """Paths are made of what a manifest says of it."""
    put_with_environment(settings, **{name: value})
    with pytest.raises(ModelError, match=f"table environment of its model.toml, {name} ="):
        find_model(settings, "old")


@pytest.mark.parametrize(
    ("libraries", "says"),
    [
        ("scikit-learn = '1.5.2'", "trained with scikit-learn 1.5.2, and "),
        ("xgboost-cpu = '2.1.4'", "needs xgboost-cpu 2.1.4, which Howdah doesn't have"),
    ],
)
def test_without_an_environment_howdahs_own_must_fit(
    settings: Settings, libraries: str, says: str
) -> None:
    """Each library that predicts the model, to the version."""
    put(settings.state / "models" / "churn", more=f"libraries = {{{libraries}}}")
    with pytest.raises(ModelError, match=says):
        find_model(settings, "churn")


@needs_root
@pytest.mark.parametrize("given", ["", "model.toml", "model.joblib"])
def test_root_loads_no_other_users_model(settings: Settings, given: str) -> None:
    """Be it the folder or a file of it that he could write; whose it is, is said."""
    folder = put(settings.state / "models" / "churn")
    find_model(settings, "churn")
    os.chown(folder / given, NOBODY, NOBODY)
    with pytest.raises(ModelError, match="belongs to nobody, and root loads no other user's"):
        find_model(settings, "churn")


@needs_root
def test_root_takes_what_comes_with_a_checkout_of_another_user(settings: Settings) -> None:
    """Whose code it runs anyway: but only the owner's, and only where a wheel vouches for it."""
    wheel = 'wheel = {requirement = "x==1", sha256 = "ab", folder = "x"}'
    whole = put(settings.root / "models" / "words", more=wheel)
    added = put(settings.root / "models" / "churn")
    for path in (settings.root, whole, *whole.iterdir(), added, *added.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    assert [entry.place for entry in model_entries(settings)] == ["shared", "bundled"]
    find_model(settings, "words")
    with pytest.raises(ModelError, match="root loads no other user's"):
        find_model(settings, "churn")
    os.chown(whole / "model.joblib", NOBODY - 1, NOBODY - 1)
    with pytest.raises(ModelError, match="root loads no other user's"):
        find_model(settings, "words")


def test_a_folders_name_is_the_models(settings: Settings) -> None:
    """A copy under another name is another model."""
    folder = put(settings.state / "models" / "churn")
    folder.rename(folder.with_name("churn2"))
    assert [manifest_of(entry).name for entry in model_entries(settings)] == ["churn2"]
