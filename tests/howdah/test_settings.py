"""What commands ask of their settings."""

from dataclasses import replace
from pathlib import Path

import pytest

from howdah.cluster.configuration import read_cluster
from howdah.errors import ClusterError
from howdah.settings import AUTO, SETUP, Runner, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a machine without a cluster."""
    return Settings(tmp_path, tmp_path, None)


def test_jobs_run_on_the_cluster_if_there_is_one(settings: Settings, tmp_path: Path) -> None:
    """Unless this machine was asked for."""
    cluster = read_cluster(SETUP / "inventory" / "local", tmp_path)
    configured = replace(settings, cluster=cluster)
    assert [settings.runner(AUTO), configured.runner(AUTO)] == [Runner.LOCAL, Runner.HADOOP]
    assert configured.runner("local") == Runner.LOCAL
    assert configured.require_cluster() is cluster


def test_who_needs_a_cluster_is_told_how_to_get_one(settings: Settings) -> None:
    """In the words of whoever needs it."""
    with pytest.raises(ClusterError, match=r"^no cluster is configured\n  try: bin/cluster up$"):
        settings.require_cluster()
    with pytest.raises(ClusterError, match=r"^it is gone\n  try: look$"):
        settings.require_cluster("it is gone", hint="look")
