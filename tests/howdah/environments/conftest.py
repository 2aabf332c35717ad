"""What these tests share: a package index of their own, and a checkout."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from howdah import installer
from howdah.settings import Settings
from tests.howdah.environments.package_index import PackageIndex, serving


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """The index that pip and uv ask, with a numpy, a pandas and a pyarrow."""
    with serving() as index:
        # as pip's own settings would say it; to ask pip takes half a second
        settings = {"index-url": f"{index.url}/simple"}
        monkeypatch.setattr(installer, "pip_settings", lambda: settings)
        for name in ("numpy", "pandas", "pyarrow"):
            index.put(name, "1.0", "2022-01-01")
        yield index


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout, and a state folder that is another's."""
    return Settings(tmp_path / "checkout", tmp_path / "home", None)


@pytest.fixture
def owner(settings: Settings) -> Settings:
    """The same for whoever owns the checkout."""
    return Settings(settings.root, settings.root / ".howdah", None)
