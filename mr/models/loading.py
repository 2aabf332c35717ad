"""Loads a model's files: only those that its manifest vouches for."""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from mr.models.manifest import Manifest, ModelFileError, sha256_of

__all__ = ["load_files", "untrusted_types"]


def load_files(manifest: Manifest, folder: Path, prefix: str = "") -> dict[str, Any]:
    """Load every file of the model, by name; each is compared with its sha256 first.

    The files of a compiled model make one: ``trees``. The zip of its maker's modules is put at the
    end of ``sys.path``. Where several models share ``folder``, their files' names have a ``prefix``
    there.

    Raises ModelFileError for a missing or altered file, and for a skops file that holds
    types which skops doesn't trust.
    """
    for name, sha256 in manifest.files.items():
        path = folder / f"{prefix}{name}"
        if not path.is_file():
            raise ModelFileError(f"{name} of model {manifest.name} is missing from {folder}")
        if sha256_of(path) != sha256:
            raise ModelFileError(
                f"{path} is not the file that model {manifest.name}'s manifest names:"
                " its sha256 differs"
            )
    if manifest.code:
        sys.path.append(str(folder.absolute() / f"{prefix}{manifest.code}"))
    others = (".npz", ".so", ".zip")
    dumped = [name for name in manifest.files if Path(name).suffix not in others]
    if dumped and manifest.input not in ("frame", "series"):
        import_without_pandas()
    loaded = {name: _load(folder / f"{prefix}{name}") for name in dumped}
    if manifest.compiled is None:
        return loaded
    from mr.models.compiled_trees import load_compiled

    steps = next(iter(loaded.values()), None)
    return {"trees": load_compiled(folder, steps, manifest.labels, prefix)}


def _load(path: Path) -> Any:
    if untrusted := untrusted_types(path):
        raise ModelFileError(
            f"{path.name} holds types that skops does not trust: {', '.join(untrusted)}"
        )
    if path.suffix == ".skops":
        import skops.io

        return skops.io.load(path)
    import joblib

    return joblib.load(path)


def untrusted_types(path: Path) -> list[str]:
    """The types in a skops file that skops does not trust; loads nothing of it."""
    if path.suffix != ".skops":
        return []
    from skops.io import get_untrusted_types

    names: list[str] = get_untrusted_types(file=path)
    return names


def import_without_pandas() -> None:
    """Import scikit-learn without its optional import of pandas, which takes 0.4 s a task."""
    if "pandas" in sys.modules:
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        with suppress(ImportError):  # an environment may have none
            import sklearn  # noqa: F401
    finally:
        del sys.modules["pandas"]
