"""A model with packages of its own, on several hosts."""

from typing import Any

import pytest

from lab.cluster import CHECKOUT, Cluster, Text

pytestmark = pytest.mark.lab

REQUIRES = "scikit-learn==1.5.2"
FOLDER = "/howdah/environments"
# It says which scikit-learn it runs with
MODULE = """
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin


class Telling(RegressorMixin, BaseEstimator):
    n_features_in_ = 1

    def fit(self, rows, truth):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, rows):
        return [float(row[0]) + int(sklearn.__version__.replace(".", "")) for row in rows]
"""
PICKLE = b"\x80\x02ctelling\nTelling\n)\x81."  # of an instance of it
NUMBERS = Text("telling.csv", {})
SCORES = "number\tscore\n1\t153.000000\n2\t154.000000\n3\t155.000000\n"


def test_packages_of_a_model_are_in_hdfs_for_everybody(cluster: Cluster) -> None:
    """Root adds a model for all: its packages are then HDFS' superuser's, and no longer on the
    host's disk. Members' jobs run on them; what runs on the host gets them back, checked."""
    cluster.lab.run("host", "rm -rf ~ada/.howdah/environments")
    for person in ("root", "home/ada", "home/ben"):
        home = cluster.root / person
        (home / "telling.py").write_text(MODULE)
        (home / "telling.pkl").write_bytes(PICKLE)
        (home / NUMBERS.name).write_text("1\n2\n3\n")
    add = "models add {} telling.pkl --code telling.py --features number:number --requires {}"
    cluster(add.format("telling", REQUIRES))
    (archive,) = archives(cluster)
    assert (archive["owner"], archive["permission"]) == ("hdfs", "644")
    assert environments(cluster, CHECKOUT) == []

    jobs = {
        user: cluster.submit(NUMBERS, "--model", "telling", "--splits", splits, user=user)
        for user, splits in (("ada", "3"), ("ben", "1"))
    }
    for user, job in jobs.items():
        job.end()
        assert cluster.results(job.id, user)["scores.tsv"].decode() == SCORES
    assert environments(cluster, "/home/ada") == []
    here = "--model telling --runner local --detach"
    cluster(f"submit {NUMBERS.name} {here}", user="ada")
    assert environments(cluster, "/home/ada") == [archive["pathSuffix"].partition("-")[0]]

    cluster(add.format("mine", REQUIRES), user="ada")
    assert archives(cluster) == [archive]
    assert "telling: ok" in cluster("models check").stdout
    cluster("doctor")


def archives(cluster: Cluster) -> list[dict[str, Any]]:
    """What HDFS knows of each archive of an environment, but for when it was last read."""
    asked = f"host:9870/webhdfs/v1{FOLDER}?op=LISTSTATUS&user.name=hdfs"
    found = cluster.ask(asked)["FileStatuses"]["FileStatus"]
    return [status | {"accessTime": 0} for status in found]


def environments(cluster: Cluster, folder: str) -> list[str]:
    """The environments on the host, of those who have their state there."""
    listed = cluster.lab.run("host", f"ls {folder}/.howdah/environments", check=False)
    return listed.stdout.split()
