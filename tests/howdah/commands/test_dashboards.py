"""`bin/dashboards`, as far as it needs no server."""

from datetime import datetime
from pathlib import Path

import pytest

from howdah.__main__ import main
from howdah.commands.arguments import moment
from howdah.errors import UsageError
from metrics.export.prometheus_rules import rules_yaml

NOW = 1_795_258_198.0


@pytest.mark.parametrize(
    ("text", "ago"), [("0s", 0), ("90s", 90), ("30m", 1800), ("6h", 21_600), ("2d", 172_800)]
)
def test_times_ago(text: str, ago: float) -> None:
    """Seconds, minutes, hours and days."""
    assert moment(text, NOW) == NOW - ago


def test_times_of_the_clock() -> None:
    """Local ones, or with their zone."""
    assert moment("2026-11-21T20:00", NOW) == datetime(2026, 11, 21, 20).timestamp()
    assert moment("2026-11-21T20:00+00:00", NOW) == 1_795_291_200


@pytest.mark.parametrize("text", ["", "yesterday", "6 h", "-1h", "6w"])
def test_other_times(text: str) -> None:
    """Are refused, with what would do."""
    with pytest.raises(UsageError, match="isn't a time") as refused:
        moment(text, NOW)
    assert "6h" in str(refused.value)


def test_rules_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """As they are installed, and nothing besides."""
    assert main(["dashboards", "rules"]) == 0
    assert capsys.readouterr().out == rules_yaml()


def test_rendering_needs_a_prometheus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a cluster it is said how to name one."""
    monkeypatch.setenv("HOWDAH_STATE", str(tmp_path))
    assert main(["dashboards", "render"]) == 6
    assert "--prometheus URL" in capsys.readouterr().err
