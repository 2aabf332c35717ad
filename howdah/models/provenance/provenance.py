"""What is known of a model's file before it is loaded."""

from dataclasses import dataclass, field
from pathlib import Path

from howdah.environments.lock import PYTHON

__all__ = ["Provenance"]

# A file that was made to do so runs programs in older ones (CVE-2025-54412, CVE-2025-54413)
OLDEST_SKOPS = "0.12"


@dataclass(frozen=True)
class Provenance:
    """Where a model's file comes from, as far as the file says.

    ``format``: ``joblib`` (pickles of any kind), ``skops``, ``onnx``, ``xgboost``, ``lightgbm`` or
    ``catboost``. ``libraries``: the distributions that it needs, with the version that made it;
    None where the file doesn't say, or says several (these are in ``several``). ``modules``: what
    it names that belongs to no known library, so its maker's own. ``python``: the minor version
    of its Python, where that is recorded. ``byte_code``: it holds functions by value, which run
    on no other minor version. ``oldest_numpy``: that can load it, where numpy 2 has made it.
    ``requires``: what an MLflow folder pins and the model needs, ``code`` the folders in it with
    its maker's modules, ``file`` its model's file.
    """

    format: str
    file: Path
    libraries: dict[str, str | None] = field(default_factory=dict)
    several: dict[str, tuple[str, ...]] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    python: str = ""
    byte_code: bool = False
    oldest_numpy: str = ""
    requires: tuple[str, ...] = ()
    code: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def numpy_core(self) -> bool:
        """Whether it refers to ``numpy._core``: numpy 2 has made it."""
        return bool(self.oldest_numpy)

    @property
    def sample_required(self) -> bool:
        """Whether only a sample can show that it predicts here as it did where it was made: it
        was made with another Python, or holds byte code of one that isn't recorded."""
        return self.python != PYTHON if self.python else self.byte_code

    @property
    def extras(self) -> tuple[str, ...]:
        """Packages that are needed to load it and don't change what it predicts, so that their
        versions may be resolved with the pinned ones, as numpy's and pandas' are; and what
        bounds numpy's."""
        extras = []
        if self.format == "skops":
            extras.append(f"skops>={OLDEST_SKOPS}")
        if self.format == "joblib" and "scikit-learn" not in self.libraries:
            extras.append("scikit-learn")  # and joblib with it
        if self.oldest_numpy:
            extras.append(f"numpy>={self.oldest_numpy}")
        return tuple(extras)
