"""A model that needs other packages than Howdah's own, in an environment of its own."""

import json
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from howdah.environments.environment import Environment, build_environment, seal
from howdah.environments.publishing import forget_local, publish
from howdah.models.model_checks import ENVIRONMENT_LOCK
from howdah.settings import SYSTEMD, load
from mr.models.manifest import sha256_of
from tests.conftest import MODELS, SHARED, Howdah
from tests.end_to_end.watching import cluster_of, hdfs_of

REQUIRES = ("scikit-learn==1.5.2",)
DAY = 86_400_000  # ms
TRAINING = """
import json, sys
sys.path.insert(0, sys.argv[1])
import joblib, numpy, sklearn
from sklearn.ensemble import GradientBoostingClassifier
rows = numpy.array(json.loads(sys.stdin.read()))
truth = numpy.where(rows.sum(axis=1) > 1, "left", "stayed")
model = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(rows, truth)
joblib.dump(model, sys.argv[2])
print(json.dumps([sklearn.__version__, model.predict_proba(rows)[:, 0].tolist()]))
"""


@dataclass(frozen=True)
class Old:
    """A model of scikit-learn 1.5.2, with the table that it was fitted to and its own scores."""

    name: str
    environment: Environment
    stated: dict[str, Any]
    rows: list[list[float]]
    scores: list[float]

    def write_table(self, path: Path) -> None:
        lines = [",".join(map(repr, row)) for row in self.rows]
        path.write_text("a,b,c\n" + "\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Old]:
    """It is shared by all, as if the checkout's owner had added it."""
    environment = seal(build_environment(REQUIRES, load({"HOWDAH_STATE": str(SHARED)})))
    chance = random.Random(1)
    rows = [[round(chance.gauss(0, 1), 3) for _ in range(3)] for _ in range(3000)]
    folder = tmp_path_factory.mktemp("old")
    trained = subprocess.run(
        [sys._base_executable, "-s", "-S", "-E", "-B", "-c", TRAINING,  # type: ignore[attr-defined]
         environment.folder, folder / "model.joblib"],
        input=json.dumps(rows), capture_output=True, check=True, text=True, cwd=folder,
    )  # fmt: skip
    version, scores = json.loads(trained.stdout)
    assert version == "1.5.2"
    name = f"test-{uuid.uuid4().hex[:8]}"
    stated = environment.manifest
    (folder / "model.toml").write_text(manifest(name, stated, folder / "model.joblib"))
    (folder / ENVIRONMENT_LOCK).write_text(environment.lock_text)
    MODELS.mkdir(parents=True, exist_ok=True)
    folder.rename(MODELS / name)
    yield Old(name, environment, stated, rows, scores)
    (MODELS / name).rename(folder)


def manifest(name: str, environment: dict[str, Any], file: Path) -> str:
    """The model's manifest, as bin/models add writes it."""
    stated = {
        "name": name,
        "pipeline": "tabular",
        "kind": "binary",
        "scikit_learn": "1.5.2",
        "format": "joblib",
        "labels": ["left", "stayed"],
        "positive": 0,
        "features": ["a", "b", "c"],
        "memory_mb": 400,
    }
    tables = {
        "libraries": {"scikit-learn": "1.5.2"},
        "environment": environment,
        "files": {file.name: sha256_of(file)},
    }
    lines = [f"{field} = {json.dumps(value)}" for field, value in stated.items()]
    for table, values in tables.items():
        lines += ["", f"[{table}]"]
        lines += [f'"{field}" = {json.dumps(value)}' for field, value in values.items()]
    return "\n".join(lines) + "\n"


@pytest.mark.hadoop
def test_a_model_of_another_scikit_learn_gives_its_own_scores(
    local: Howdah, hadoop: Howdah, old: Old, tmp_path: Path
) -> None:
    """The same bytes on this machine and on YARN, which unpacks its packages for all users; who
    submits renews the time by which the janitor goes, and run.json names what predicted."""
    old.write_table(tmp_path / "table.csv")
    settings = load({"HOWDAH_STATE": str(hadoop.state)})
    client, cluster = hdfs_of(hadoop), cluster_of(hadoop)
    path = publish(old.stated, settings, cluster)
    client.set_times(path, access_time=1000 * int(time.time()) - 100 * DAY)

    arguments = ("table.csv", "--model", old.name)
    here, there = local.score(*arguments), hadoop.score(*arguments)
    assert (there / "scores.tsv").read_bytes() == (here / "scores.tsv").read_bytes()
    found = [line.split("\t")[3] for line in (here / "scores.tsv").read_text().splitlines()[1:]]
    assert [float(score) for score in found] == [round(score, 6) for score in old.scores]
    told = json.loads((there / "run.json").read_text())["environments"][old.name]
    assert (told["lock"], told["requires"]) == (old.environment.lock, list(REQUIRES))

    unpacked = hadoop.state / "cluster" / "data" / "nodemanager" / "local" / "filecache"
    assert len([*unpacked.rglob(Path(path).name)]) == 1
    assert client.status(path)["accessTime"] > 1000 * time.time() - DAY
    assert client.status(path)["modificationTime"] == old.environment.time


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
    client.set_times(path, modification_time=old.environment.time + 1000)
    assert f"{uri} isn't the archive" in hadoop("models", "check", exits=4).stdout
    client.set_times(path, modification_time=old.environment.time)

    now, shared = time.time(), load({"HOWDAH_STATE": str(SHARED)})
    several = replace(cluster, service_manager=SYSTEMD)
    for hosts, before, goes in ((cluster, now, False), (several, now - 3600, False),
                                (several, now + 1, True)):  # fmt: skip
        home = forget_local(old.stated, shared, hosts, before, remove=False)
        assert home == (old.environment.home if goes else None)

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
