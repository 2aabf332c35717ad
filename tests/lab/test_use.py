"""What people do with the cluster, and what nobody else can do."""

import json
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from howdah.http_client import ask
from lab.cluster import Cluster, Text, reach, until
from lab.lab import Lab

pytestmark = pytest.mark.lab

DAEMONS = (
    *(("host", port) for port in (8020, 8032, 8088, 9870, 9100, 9501, 9504, 9506, 9510)),
    *(("worker1", port) for port in (9866, 9864, 8041, 9100, 9502, 9503, 9505)),
)


def listening(lab: Lab) -> list[str]:
    """ADDRESS:PORT of everything that other hosts could connect to, on every host."""
    places = []
    for name, address in lab.addresses.items():
        lines = lab.run(name, "ss --no-header --listening --tcp --numeric").stdout.splitlines()
        bound = [line.split()[3].rpartition(":") for line in lines]
        ports = {port for at, _, port in bound if not at.startswith(("127.", "[::1]"))}
        places += [f"{address}:{port}" for port in sorted(ports, key=int)]
    return places


def test_scores_as_this_machine_does(cluster: Cluster, odd_text: Text) -> None:
    """Odd lines give the same bytes from four splits on the cluster as from the local runner."""
    job = cluster.submit(odd_text, "--splits", "4", "--max-rejected", "1")
    job.end()
    assert cluster.results(job.id) == odd_text.results


def test_others_on_the_host_are_refused(cluster: Cluster, short_text: Text) -> None:
    """Whoever isn't in the group howdah is told so, and reaches no daemon."""
    refused = cluster(f"submit {short_text.name}", user="eve", exits=6).stderr
    assert "eve may not submit to this cluster" in refused
    assert "howdah_users" in refused
    places = [f"{cluster.lab.addresses[host]}:{port}" for host, port in DAEMONS]
    assert cluster.lab.run("host", reach(places), user="ada").stdout.split() == places
    assert cluster.lab.run("host", reach(places), user="eve").stdout.split() == []


def test_a_borrowed_name_opens_nothing(cluster: Cluster, short_text: Text) -> None:
    """Who calls herself somebody else is refused like herself."""
    names = "LOGNAME=ada USER=ada HADOOP_USER_NAME=ada"
    command = f"{names} /opt/src/howdah/bin/submit {short_text.name}"
    done = cluster.lab.run("host", command, user="eve", check=False)
    assert done.returncode == 6, done.stderr
    assert cluster.lab.run("host", "ls -A ~eve").stdout.count("results") == 0


def test_outsiders_reach_nothing(cluster: Cluster) -> None:
    """From elsewhere no port answers; from the admin network ssh does, and nothing else."""
    places = listening(cluster.lab)
    assert {f"{cluster.lab.addresses[host]}:{port}" for host, port in DAEMONS} <= set(places)
    assert cluster.lab.outsider(reach(places)).stdout.split() == []
    admin = subprocess.run(
        ["sh", "-c", reach(places)], check=True, capture_output=True, text=True
    ).stdout.split()
    assert admin == [f"{address}:22" for address in cluster.lab.addresses.values()]


def test_no_password_opens_a_host(cluster: Cluster) -> None:
    """sshd asks for a key and for nothing else."""
    for name in cluster.lab.names:
        *login, who = cluster.lab.ssh(name)
        command = [*login, "-o", "PubkeyAuthentication=no", who, "true"]
        refused = subprocess.run(command, check=False, capture_output=True, text=True)
        assert refused.returncode == 255
        assert "Permission denied (publickey)" in refused.stderr


def test_tunnel_opens_the_pages(cluster: Cluster) -> None:
    """The line that bin/cluster tunnel prints works for whoever may submit."""
    cluster.lab.run(
        "host",
        "install -d -o ada -m 700 ~ada/.ssh &&"
        " install -o ada -m 600 ~/.ssh/authorized_keys ~ada/.ssh/authorized_keys",
    )
    line = cluster("cluster tunnel", user="ada").stdout
    first, *words, who = shlex.split(line)
    assert (first, who) == ("ssh", "ada@host")
    *login, _ = cluster.lab.ssh("host")
    command = [*login, *words, f"ada@{cluster.lab.addresses['host']}"]
    with subprocess.Popen(command) as tunnel:
        try:
            until(lambda: can_open("http://localhost:8088/cluster", "All Applications"), line)
            assert can_open(
                "http://localhost:9870/dfshealth.html", "<title>Namenode information</title>"
            )
            assert can_open("http://localhost:19888/jobhistory", "JobHistory")
        finally:
            tunnel.terminate()


def can_open(page: str, says: str) -> bool:
    try:
        return says in ask(page, timeout=10).text
    except OSError:
        return False


def test_two_people_share_fairly(cluster: Cluster, long_text: Text) -> None:
    """While both want more, whoever has less comes to more than a third of the cores: when that is
    depends on when the first one's tasks end."""
    options = ("--splits", "10", "--max-rejected", "1")
    with ThreadPoolExecutor() as pool:  # who comes first would have all cores for a while
        started = {
            user: pool.submit(cluster.detach, long_text, *options, user=user)
            for user in ("ada", "ben")
        }
    jobs = {user: each.result() for user, each in started.items()}
    running: list[dict[str, Any]] = []
    shares = []

    def both_have_ended() -> bool:
        running[:] = cluster.applications("states=ACCEPTED,RUNNING")
        wants = {
            app["user"]: sum(
                request["numContainers"]
                for request in app.get("resourceRequests", [])
                if request["resourceName"] == "*"
            )
            for app in running
        }
        cores = {app["user"]: app["allocatedVCores"] for app in running}
        if len(wants) == 2 and all(wants.values()) and min(cores.values()) > 0:
            shares.append(min(cores.values()) / sum(cores.values()))
        return not running

    def moves() -> list[float]:
        return [app["progress"] for app in running]

    until(both_have_ended, "both jobs have ended", 300, moves)
    assert len(shares) > 5
    assert max(shares) > 1 / 3, shares
    for user, job in jobs.items():
        assert cluster.state(job, user) == "done"
        assert cluster.results(job, user) == long_text.results


def test_ten_jobs_at_once_all_finish(cluster: Cluster, short_text: Text) -> None:
    """What is queued is done in its turn."""
    people = ["ada", "ben"] * 5
    before = {user: done_jobs(cluster, user) for user in ("ada", "ben")}
    with ThreadPoolExecutor() as pool:
        names = [f"queued-{number}.txt" for number in range(10)]
        for user, name in zip(people, names, strict=True):
            cluster.lab.run("host", f"cp {short_text.name} {name}", user=user)
        started = [
            pool.submit(cluster, f"submit {name} --detach --max-rejected 1", user=user)
            for user, name in zip(people, names, strict=True)
        ]
        for each in started:
            each.result()
    unfinished = "states=ACCEPTED,RUNNING"
    moves = cluster.moves(unfinished)
    until(lambda: not cluster.applications(unfinished), "all have ended", 400, moves)
    for user in ("ada", "ben"):
        assert done_jobs(cluster, user) == before[user] + 5


def done_jobs(cluster: Cluster, user: str) -> int:
    """How many of a person's jobs are done; none may have failed."""
    jobs = json.loads(cluster("status --json", user=user).stdout)
    assert "failed" not in {job["state"] for job in jobs}, jobs
    return [job["state"] for job in jobs].count("done")


def test_doctor_finds_nothing(cluster: Cluster) -> None:
    """A cluster that is used, and as it was installed, needs no mending."""
    cluster("doctor")
