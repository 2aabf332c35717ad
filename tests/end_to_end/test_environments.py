"""A model that needs other packages than Howdah's own, in an environment of its own."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from howdah.environments.installed import environment_name
from howdah.environments.publishing import forget_local, publish
from howdah.settings import SYSTEMD, load
from mr.models.manifest import read_manifest
from mr.spec import MODEL_FILE
from tests.conftest import MODELS, SHARED, Howdah, InProcess
from tests.end_to_end.watching import cluster_of, hdfs_of
from tests.models_of_the_world.environments import REQUIRES, Packages, requires, run_programs

DAY = 86_400_000  # ms


@dataclass(frozen=True)
class Old:
    """A model of scikit-learn 1.2 and LightGBM 3.3: what its manifest states of its environment,
    the table that it was fitted to, and what these libraries said of that."""

    name: str
    stated: Mapping[str, Any]
    table: Path
    scores: list[float]
    labels: list[str]


@pytest.fixture(scope="module")
def old(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    """It is shared by all, since the checkout's owner has added it."""
    folder = tmp_path_factory.mktemp("old")
    said = run_programs(packages("sk12"), folder, "for_adding")["for_adding"]["pipeline.joblib"]
    name, table = f"test-{uuid.uuid4().hex[:8]}", folder / "table.csv"
    options = ("--sample", table, "--requires", requires("sk12"))
    InProcess(SHARED, folder, "local")("models", "add", name, "pipeline.joblib", *options)
    stated = read_manifest(MODELS / name / MODEL_FILE).environment
    assert stated
    yield Old(name, stated, table, said["scores"], said["labels"])
    (MODELS / name).rename(folder / name)


@pytest.mark.hadoop
def test_a_model_of_another_scikit_learn_gives_its_own_scores(
    local: Howdah, hadoop: Howdah, old: Old
) -> None:
    """The same bytes on this machine and on YARN, which unpacks its packages for all users; who
    submits renews the time by which the janitor goes, and run.json names what predicted."""
    settings = load({"HOWDAH_STATE": str(hadoop.state)})
    client, cluster = hdfs_of(hadoop), cluster_of(hadoop)
    path = publish(old.stated, settings, cluster)
    client.set_times(path, access_time=1000 * int(time.time()) - 100 * DAY)

    arguments = (old.table, "--model", old.name)
    here, there = local.score(*arguments), hadoop.score(*arguments)
    assert (there / "scores.tsv").read_bytes() == (here / "scores.tsv").read_bytes()
    found = [line.split("\t")[3:] for line in (here / "scores.tsv").read_text().splitlines()[1:]]
    assert [float(score) for score, _ in found] == pytest.approx(old.scores, abs=1e-6)
    assert [label for _, label in found] == old.labels
    told = json.loads((there / "run.json").read_text())["environments"][old.name]
    assert told["lock"] == old.stated["lock"]
    assert sorted(told["requires"]) == sorted(REQUIRES["sk12"])

    unpacked = hadoop.state / "cluster" / "data" / "nodemanager" / "local" / "filecache"
    assert len([*unpacked.rglob(Path(path).name)]) == 1
    assert client.status(path)["accessTime"] > 1000 * time.time() - DAY
    assert client.status(path)["modificationTime"] == old.stated["time"]


@pytest.mark.hadoop
def test_an_environment_in_hdfs_stays_while_it_is_used(hadoop: Howdah, old: Old) -> None:
    """It is compared with what the model's manifest names; once no model that can be seen has it,
    and no job was submitted with it for long, it goes, and a job would put it there again. The
    host of a cluster doesn't need its packages once HDFS has them."""
    settings = load({"HOWDAH_STATE": str(hadoop.state)})
    client, cluster = hdfs_of(hadoop), cluster_of(hadoop)
    path = publish(old.stated, settings, cluster)
    uri = f"{cluster.fs_uri}{path}"
    assert f"{old.name}: ok" in hadoop("models", "check").stdout
    client.set_times(path, modification_time=old.stated["time"] + 1000)
    assert f"{uri} isn't the archive" in hadoop("models", "check", exits=4).stdout
    client.set_times(path, modification_time=old.stated["time"])

    kept = SHARED / "environments" / environment_name(old.stated["lock"])
    now, shared = time.time(), load({"HOWDAH_STATE": str(SHARED)})
    several = replace(cluster, service_manager=SYSTEMD)
    for hosts, before, goes in ((cluster, now, False), (several, now - 3600, False),
                                (several, now + 1, True)):  # fmt: skip
        home = forget_local(old.stated, shared, hosts, before, remove=False)
        assert home == (kept if goes else None)

    client.set_times(path, access_time=1000 * int(time.time()) - 100 * DAY)
    assert uri not in hadoop("janitor", "--dry-run").stdout
    aside = MODELS / f".{old.name}"
    (MODELS / old.name).rename(aside)
    try:
        assert uri in hadoop("janitor", "--dry-run").stdout
        client.set_times(path, access_time=1000 * int(time.time()) - 80 * DAY)
        assert uri not in hadoop("janitor", "--dry-run").stdout
    finally:
        aside.rename(MODELS / old.name)
