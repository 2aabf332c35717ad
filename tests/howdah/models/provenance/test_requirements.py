"""What an environment needs: what the file says, what is asked for, and contradictions."""

import importlib.metadata
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from howdah.environments.lock import PYTHON
from howdah.errors import UsageError
from howdah.models.provenance.provenance import Provenance
from howdah.models.provenance.reading import read_provenance
from howdah.models.provenance.requirements import needed_requirements

DATA = Path(__file__).parent / "data"
HERE = importlib.metadata.version("scikit-learn")
OTHER = "3.9" if PYTHON != "3.9" else "3.8"


def found(**libraries: str | None) -> Provenance:
    renamed = {name.replace("_", "-"): version for name, version in libraries.items()}
    return Provenance("joblib", Path("m.joblib"), renamed)


def test_howdahs_own_environment_fits_its_own_scikit_learn(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(LogisticRegression()))
    assert needed_requirements(read_provenance(tmp_path / "model.pkl"), ()) is None
    assert needed_requirements(found(scikit_learn=HERE, numpy=None, pandas=None), ()) is None
    assert needed_requirements(found(scikit_learn=HERE), (f"scikit-learn=={HERE}",)) is None


def test_another_version_or_library_needs_an_environment_of_its_own() -> None:
    assert needed_requirements(found(scikit_learn="1.2.2"), ()) == ("scikit-learn==1.2.2",)
    needed = needed_requirements(found(scikit_learn=HERE, xgboost="2.1.4"), ())
    assert needed == (f"scikit-learn=={HERE}", "xgboost==2.1.4")
    needed = needed_requirements(found(scikit_learn=HERE), ("numpy==2.0.0",))
    assert needed == ("numpy==2.0.0", f"scikit-learn=={HERE}")


def test_a_version_that_isnt_in_the_file_is_asked_for_with_an_example() -> None:
    with pytest.raises(UsageError, match="needs lightgbm, and doesn't say which version") as caught:
        needed_requirements(found(scikit_learn="1.7.2", lightgbm=None), ())
    assert "scikit-learn 1.7.2" in caught.value.message
    assert "--requires 'lightgbm==4.6.0'" in str(caught.value.hint)
    needed = needed_requirements(found(scikit_learn="1.7.2", lightgbm=None), ("lightgbm==4.6.0",))
    assert needed == ("lightgbm==4.6.0", "scikit-learn==1.7.2")


def test_a_file_that_names_no_library_is_asked_about() -> None:
    of_its_makers = replace(found(numpy=None), modules=("churn_steps",))
    with pytest.raises(UsageError, match="doesn't say what it was made with"):
        needed_requirements(of_its_makers, ())
    assert needed_requirements(of_its_makers, (f"scikit-learn=={HERE}",)) is None


def test_parts_of_several_versions_are_told_and_asked_about(tmp_path: Path) -> None:
    states = [LogisticRegression, {"_sklearn_version": "1.2.2"}, {"_sklearn_version": "1.5.2"}]
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(states))
    mixed = read_provenance(tmp_path / "model.pkl")
    with pytest.raises(UsageError, match=r"scikit-learn 1\.2\.2 and 1\.5\.2"):
        needed_requirements(mixed, ())
    needed = needed_requirements(mixed, ("scikit-learn==1.5.2",))
    assert needed == ("scikit-learn==1.5.2",)
    with pytest.raises(UsageError, match="but"):
        needed_requirements(mixed, ("scikit-learn==1.6.0",))


def test_what_the_file_contradicts_is_refused_with_both() -> None:
    with pytest.raises(UsageError, match=r"states scikit-learn 1\.5\.2, but .* 1\.2\.2"):
        needed_requirements(found(scikit_learn="1.2.2"), ("scikit-learn==1.5.2",))
    of_two = Provenance("joblib", Path("m"), {"scikit-learn": "1.5.2"}, oldest_numpy="1.26.1")
    with pytest.raises(UsageError, match=r"numpy 1\.24\.4, but .* numpy 2"):
        needed_requirements(of_two, ("numpy==1.24.4",))


def test_distributions_of_one_library_are_one() -> None:
    needed = needed_requirements(
        read_provenance(DATA / "xgboost-2.1.4.json"), ("xgboost-cpu==2.1.4",)
    )
    assert needed == ("xgboost==2.1.4",)


def test_byte_code_of_another_python_is_refused() -> None:
    other = Provenance("joblib", Path("m"), {"scikit-learn": HERE}, python=OTHER, byte_code=True)
    with pytest.raises(UsageError, match=f"Python {OTHER}".replace(".", r"\.")):
        needed_requirements(other, ())


def test_another_python_without_byte_code_needs_a_sample() -> None:
    other = Provenance("joblib", Path("m"), {"scikit-learn": HERE}, python=OTHER)
    assert needed_requirements(other, ()) is None
    assert other.sample_required
    assert not found(scikit_learn=HERE).sample_required


@pytest.mark.parametrize("version", ["1.2.2\n--index-url http://other/simple", "1.2.2 @ /tmp", "x"])
def test_a_version_in_the_file_that_is_none_reaches_no_resolver(version: str) -> None:
    """uv reads requirements of which each line may be an option or an address."""
    with pytest.raises(UsageError, match="is no release"):
        needed_requirements(found(scikit_learn=version), ())


def test_a_skops_file_gets_no_skops_that_it_could_run_programs_with() -> None:
    """Not of its time, either; scikit-learn 1.2 gets the oldest numpy which that one asks for."""
    old = Provenance("skops", Path("m.skops"), {"scikit-learn": "1.2.2"})
    assert old.extras == ("skops>=0.12",)
    assert needed_requirements(old, ()) == ("numpy==1.26.4", "scikit-learn==1.2.2")
    newer = Provenance("skops", Path("m.skops"), {"scikit-learn": "1.3.0"})
    assert needed_requirements(newer, ()) == ("scikit-learn==1.3.0",)


def test_extras_are_what_loading_needs_in_any_version() -> None:
    assert read_provenance(DATA / "sklearn-1.7.2.skops").extras == ("skops>=0.12",)
    assert read_provenance(DATA / "xgboost-2.1.4.joblib").extras == ("scikit-learn",)
    assert read_provenance(DATA / "sklearn-1.2.2.joblib").extras == ()


@pytest.mark.parametrize("held", [{"a": 1}, np.arange(3), pd.Series([1.0])])
def test_a_pickle_of_no_model_is_told_from_one_whose_versions_are_unknown(
    held: object, tmp_path: Path
) -> None:
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(held))
    with pytest.raises(UsageError, match="is a pickle, and no model's"):
        needed_requirements(read_provenance(tmp_path / "model.pkl"), ())


def test_a_version_without_an_example_isnt_made_up() -> None:
    with pytest.raises(UsageError) as raised:
        needed_requirements(found(scikit_learn="1.5.2", pyod=None), ())
    assert "--requires 'pyod==VERSION'" in str(raised.value.hint)
