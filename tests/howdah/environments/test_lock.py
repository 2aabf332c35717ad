"""Locks: what is resolved, as of when, and what is said where nothing fits."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from howdah import installer
from howdah.environments.libraries import ALWAYS
from howdah.environments.lock import PYTHON, Lock, make_lock, pins_of
from howdah.errors import ModelError, UsageError
from tests.howdah.environments.package_index import COMPILED, OTHER_PYTHON, PackageIndex

SCIPY = ("numpy", "scipy")


def lock_of(requires: Sequence[str], always: Sequence[str] = ALWAYS) -> Lock:
    """Their lock, as of what the index has now."""
    with TemporaryDirectory() as scratch:
        return make_lock(requires, Path(scratch), always)


def pins(*requires: str) -> dict[str, str]:
    """The versions that a lock pins, by name."""
    return dict(pin.split("==") for pin in pins_of(lock_of(requires).text))


def test_what_isnt_pinned_is_as_of_the_pinned_releases_date(index: PackageIndex) -> None:
    """scikit-learn 1.2.2 allows any numpy, and can't be imported with the newest."""
    index.put("numpy", "2.0", "2024-06-16")
    index.put("scipy", "1.10", "2023-02-20")
    index.put("scipy", "1.15", "2025-01-03")
    index.put("scikit-learn", "1.2.2", "2023-03-09", tag=COMPILED, requires=SCIPY)
    found = pins("scikit-learn==1.2.2")
    assert found == {
        "numpy": "1.0",
        "pandas": "1.0",
        "scikit-learn": "1.2.2",
        "scipy": "1.10",
    }


def test_of_several_releases_the_oldest_with_machine_code_counts(index: PackageIndex) -> None:
    """It is the one that can't know what came later; text alone has no such ties."""
    index.put("numpy", "1.24", "2023-02-05")
    index.put("numpy", "2.0", "2024-06-16")
    index.put("scikit-learn", "1.2.2", "2023-03-09", tag=COMPILED, requires=["numpy"])
    index.put("lightgbm", "4.6.0", "2025-02-15", tag=COMPILED, requires=["numpy"])
    index.put("six", "1.16.0", "2021-05-05")
    assert pins("six==1.16.0", "scikit-learn==1.2.2", "lightgbm==4.6.0")["numpy"] == "1.24"


def test_the_newest_release_counts_where_the_oldest_ones_date_is_too_early(
    index: PackageIndex,
) -> None:
    """What the newer one needs wasn't there yet."""
    index.put("numpy", "2.0", "2024-06-16")
    index.put("scikit-learn", "1.2.2", "2023-03-09", tag=COMPILED, requires=["numpy"])
    index.put("lightgbm", "4.6.0", "2025-02-15", tag=COMPILED, requires=["numpy>=2"])
    index.put("numpy", "2.9", "2026-01-01")
    assert pins("scikit-learn==1.2.2", "lightgbm==4.6.0")["numpy"] == "2.0"


def test_a_release_that_is_older_than_this_python_gets_its_first_wheels(
    index: PackageIndex,
) -> None:
    """A release for any Python may be: then numpy had none for this one."""
    index.put("lightgbm", "3.2.1", "2021-04-12", tag=COMPILED, requires=["numpy"])
    index.put("numpy", "2.0", "2024-06-16")
    assert pins("lightgbm==3.2.1") | {"lightgbm": ""} == dict.fromkeys(
        ("numpy", "pandas"), "1.0"
    ) | {"lightgbm": ""}


def test_the_same_requirements_always_make_the_same_lock(index: PackageIndex) -> None:
    """In whatever order they are; later releases don't change it."""
    index.put("six", "1.16.0", "2023-05-05")
    index.put("toolz", "1.0.0", "2023-05-05")
    first = lock_of(["six==1.16.0", "toolz==1.0.0"])
    index.put("numpy", "9.9", "2026-01-01")
    assert lock_of(["toolz==1.0.0", "six==1.16.0"]).text == first.text
    assert first.requires == ("six==1.16.0", "toolz==1.0.0")
    assert len(first.sha256) == 64


def test_skops_is_taken_from_when_its_known_holes_were_closed(index: PackageIndex) -> None:
    """An old scikit-learn's date comes before that, and the newest skops refuses more."""
    index.put("scikit-learn", "1.5.2", "2024-09-11", tag=COMPILED, requires=["numpy"])
    for version, date in (
        ("0.10.0", "2024-05-27"),
        ("0.12.0", "2025-07-24"),
        ("0.16", "2026-06-01"),
    ):
        index.put("skops", version, date)
    lock = lock_of(["scikit-learn==1.5.2"], ["numpy", "skops>=0.12"])
    assert "skops==0.12.0" in pins_of(lock.text)


def test_xgboost_comes_without_what_graphics_processors_need(
    index: PackageIndex, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is such a build; the release is the same."""
    for version in ("1.7.6", "2.1.4"):
        index.put("xgboost", version, "2025-02-06", tag=COMPILED, requires=["nvidia-nccl-cu12"])
    index.put("xgboost-cpu", "2.1.4", "2025-02-06", tag=COMPILED)
    index.put("nvidia-nccl-cu12", "2.0", "2024-01-01", tag=COMPILED)
    lock = lock_of(["xgboost==2.1.4"])
    assert lock.requires == ("xgboost-cpu==2.1.4",)
    assert "xgboost-cpu==2.1.4 for xgboost==2.1.4" in capsys.readouterr().err
    older = lock_of(["xgboost==1.7.6"])
    assert older.requires == ("xgboost==1.7.6",)
    assert capsys.readouterr().err == ""
    assert "nccl" not in older.text


def test_plots_are_left_out_where_only_known_libraries_are_required(index: PackageIndex) -> None:
    """Another package may need them."""
    index.put("catboost", "1.2.7", "2024-09-07", tag=COMPILED, requires=["plotly"])
    index.put("plotly", "5.0", "2023-01-01")
    index.put("charts", "1.0", "2023-01-01")
    assert "plotly" not in pins("catboost==1.2.7")
    assert "plotly" in pins("catboost==1.2.7", "charts==1.0")


def test_a_release_without_a_wheel_says_which_is_the_nearest_that_has_one(
    index: PackageIndex,
) -> None:
    """The index is asked for that."""
    index.put("scikit-learn", "0.24.2", "2021-04-28", tag=OTHER_PYTHON)
    for version in ("1.3.0", "1.2.0"):
        index.put("scikit-learn", version, "2023-04-28", tag=COMPILED)
    said = f"scikit-learn 0.24.2 has no wheel for Python {PYTHON} on .*; 1.2.0 is the oldest"
    with pytest.raises(ModelError, match=said):
        lock_of(["scikit-learn==0.24.2"])
    index.put("scikit-learn", "1.9.9", "2026-04-28", tag=OTHER_PYTHON)
    with pytest.raises(ModelError, match=r"1\.3\.0 is the newest one before it that has one"):
        lock_of(["scikit-learn==1.9.9"])
    index.put("ours", "1.0", "2021-04-28", tag=OTHER_PYTHON)
    with pytest.raises(ModelError, match="no other release of it has one"):
        lock_of(["ours==1.0"])


def test_what_the_index_doesnt_have_is_named(index: PackageIndex) -> None:
    """A release, or a package."""
    index.put("six", "1.16.0")
    with pytest.raises(UsageError, match=r"the package index has no six 1\.99\.0"):
        lock_of(["six==1.99.0"])
    with pytest.raises(UsageError, match="siks was not found"):
        lock_of(["siks==1.16.0"])


def test_what_cant_be_together_is_told_in_uvs_words(index: PackageIndex) -> None:
    """Without its marks."""
    index.put("catboost", "1.2.7", "2024-09-07", requires=["numpy<1"])
    with pytest.raises(UsageError, match=r"^these packages can't be together: Because .*numpy<1"):
        lock_of(["catboost==1.2.7"])


def test_an_index_without_dates_gives_the_newest_and_says_so(
    index: PackageIndex, capsys: pytest.CaptureFixture[str]
) -> None:
    """As mirrors do."""
    index.dated = False
    index.put("numpy", "2.0")
    index.put("six", "1.16.0")
    assert pins("six==1.16.0")["numpy"] == "2.0"
    assert (
        "states no dates, so these are the newest releases: numpy==2.0" in capsys.readouterr().err
    )


def test_no_variable_of_uvs_adds_another_index(
    index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor has it packages linked to a cache that goes when they are installed."""
    index.put("six", "1.16.0")
    monkeypatch.setenv("UV_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_LINK_MODE", "symlink")
    assert pins("six==1.16.0")["six"] == "1.16.0"


def test_an_index_that_doesnt_answer_is_no_fault_of_the_requirements(
    index: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its address isn't right, or the network is down."""
    settings = {"index-url": "http://127.0.0.1:9/simple"}
    monkeypatch.setattr(installer, "pip_settings", lambda: settings)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(ModelError, match="the package index could not be asked"):
        lock_of(["six==1.16.0"])


def test_the_real_index_gives_an_old_scikit_learn_a_numpy_of_its_time() -> None:
    """Which it can be imported with; nothing is installed."""
    found = pins("scikit-learn==1.2.2", "xgboost==2.1.4")
    assert found["numpy"].startswith("1.")
    assert found["scipy"].startswith("1.10.")
    assert found["xgboost-cpu"] == "2.1.4"


@pytest.mark.parametrize("status", [401, 403, 404, 407])
def test_an_index_that_refuses_is_no_index_without_the_package(
    index: PackageIndex, status: int
) -> None:
    """Nor is a proxy before it; whoever is told that a name is wrong would look for the mistake."""
    index.put("six", "1.16.0")
    index.refusal = status
    with pytest.raises(ModelError, match="says of numpy, too, that it has none") as error:
        lock_of(["six==1.16.0"])
    assert "pip index versions numpy" in str(error.value)


def test_a_release_that_was_yanked_is_what_the_model_was_made_with_all_the_same(
    index: PackageIndex,
) -> None:
    """Of what isn't pinned, another one is taken."""
    index.put("six", "1.16.0")
    index.yanked = {"six"}
    assert pins("six==1.16.0")["six"] == "1.16.0"
    index.put("other", "1.0", requires=["six"])
    with pytest.raises(UsageError, match="six"):
        lock_of(["other==1.0"])


def test_pandas_3_gets_the_library_that_it_has_texts_in(index: PackageIndex) -> None:
    """The process of a model needs it no more than older ones of pandas do; it takes 135 MB."""
    index.put("six", "1.16.0")
    assert "pyarrow" not in pins("six==1.16.0")
    assert "pyarrow" not in pins("pandas==1.0")
    index.put("pandas", "3.0.1", "2026-02-01")
    assert pins("pandas==3.0.1")["pyarrow"] == "1.0"
