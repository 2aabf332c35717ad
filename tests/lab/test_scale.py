"""``bin/bench scale`` in small, on the lab's cluster."""

import json
from pathlib import Path

import pytest

from lab.cluster import Cluster
from tests.conftest import ROOT, Howdah

pytestmark = pytest.mark.lab


def test_throughput_is_told_with_that_of_one_worker(cluster: Cluster, tmp_path: Path) -> None:
    """Jobs of both sizes have the right scores, and afterwards every worker has all it had."""
    before = capacities(cluster)
    command = ("scale", "--rows", 200, "--rounds", 1, "--only", "2", "--json")
    figures = json.loads(Howdah(tmp_path / "state", ROOT, "hadoop")("bench", *command).stdout)
    assert figures.keys() == {"scale_2_over_1"}
    assert capacities(cluster) == before


def capacities(cluster: Cluster) -> dict[str, int]:
    """The memory in MB that each worker has for containers."""
    nodes = cluster.ask("host:8088/ws/v1/cluster/nodes?states=RUNNING")["nodes"]["node"]
    return {node["nodeHostName"]: node["totalResource"]["memory"] for node in nodes}
