"""bin/top: a real Prometheus's values, in terminals of several sizes, pipes and JSON."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from howdah.monitoring.prometheus import Prometheus
from howdah.settings import Cluster
from metrics.catalog import SIGNALS
from metrics.dashboards import SECTIONS
from tests.conftest import Howdah
from tests.end_to_end.models import STONE, Gated
from tests.end_to_end.watching import Terminal, until
from tests.metrics.serving import await_value, free_port, prometheus, target

HOSTS = ("host", "worker1", "worker2")
ESCAPES = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")
ENTERED, LEFT = "\033[?1049h\033[?25l", "\033[?25h\033[?1049l"


def exposition() -> str:
    """Three hosts, the last of which is overloaded; HDFS misses a block; a job has ended."""
    lines = [
        'hadoop_namenode_missingblocks{name="FSNamesystem"} 1',
        'hadoop_namenode_capacityremaining{name="FSNamesystem"} 3e12',
        'howdah_jobs{state="running",pipeline="text",model="churn"} 2',
        'howdah_last_job_seconds{pipeline="text",model="churn"} 92.4',
    ]
    for number, host in enumerate(HOSTS):
        lines += [
            f'node_load1{{instance="{host}"}} {number * 1.2}',
            f'node_cpu_seconds_total{{instance="{host}",cpu="0",mode="idle"}} 5',
            f'node_memory_MemAvailable_bytes{{instance="{host}"}} 25',
            f'node_memory_MemTotal_bytes{{instance="{host}"}} 100',
        ]
    return "\n".join([*lines, ""])


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A real Prometheus that scrapes them."""
    folder = tmp_path_factory.mktemp("prometheus")
    with target(exposition()) as address, prometheus(folder, address) as client:
        await_value(client, SIGNALS["cpu_busy"].expression, folder)
        yield client


def configured(local: Howdah, prometheus_url: str) -> Howdah:
    """Clients of a cluster that has Prometheus, and whose daemons are all down."""
    silent = f"http://127.0.0.1:{free_port()}"
    cluster = Cluster(
        inventory="", service_manager="systemd", hadoop_version="", hadoop_bin="",
        streaming_jar="", python="", logs_dir="", fs_uri="", webhdfs_url=silent, secondary_url="",
        resourcemanager_url=silent, historyserver_url=silent, workers=(), hadoop_user="",
        prometheus_url=prometheus_url,
    )  # fmt: skip
    local.state.mkdir()
    (local.state / "cluster.json").write_text(json.dumps(asdict(cluster)))
    return local


@pytest.fixture
def client(local: Howdah, watched: Prometheus) -> Howdah:
    """Howdah beside that Prometheus."""
    return configured(local, watched.url)


def screens(terminal: Terminal) -> list[list[str]]:
    """What has been drawn, without escape sequences: screen by screen, line by line."""
    drawn = terminal.seen.split("\033[H")[1:]
    return [ESCAPES.sub("", one).replace("\r", "").split("\n") for one in drawn]


@pytest.mark.parametrize("columns", [40, 80, 132, 200])
def test_it_fits_the_terminal(client: Howdah, columns: int) -> None:
    """No line is wider than the window; what is most telling is there in all of them."""
    terminal = Terminal(client, "top")
    terminal.resize(columns, 40)
    terminal.wait_for("worker2")
    terminal.wait_for("JOBS")
    terminal.press("q")
    assert terminal.exit_status() == 0
    *_, lines = screens(terminal)
    assert max(map(len, lines)) <= columns
    (overloaded,) = (line for line in lines if line.startswith("worker2"))
    assert "✖ 2.4" in overloaded
    assert [line for line in lines if line.isupper()] == ["HOSTS", "HDFS", "YARN", "JOBS"]
    assert any("Blocks missing ✖ 1" in line for line in lines)


def test_a_low_window_shows_the_first_lines(client: Howdah) -> None:
    """As many lines as it has, and how many more there are; a higher one shows them at once."""
    terminal = Terminal(client, "top", "--every", "1000")
    terminal.resize(80, 8)
    terminal.wait_for("more lines")
    assert len(screens(terminal)[-1]) == 8
    terminal.resize(80, 50)
    terminal.wait_for("JOBS")
    terminal.press("q")
    assert terminal.exit_status() == 0


@pytest.mark.parametrize(("key", "exits"), [("q", 0), ("\x03", 130)])
def test_the_terminal_is_left_as_it_was(client: Howdah, key: str, exits: int) -> None:
    """q and Ctrl-C end it; the cursor, the other screen and the keys' echo are back."""
    terminal = Terminal(client, "top")
    before = terminal.settings()
    terminal.wait_for(ENTERED)
    terminal.wait_for("HOSTS")
    assert terminal.settings() != before
    terminal.press(key)
    terminal.wait_for(LEFT)
    assert terminal.exit_status() == exits
    assert terminal.settings() == before


def test_it_goes_on_looking(client: Howdah) -> None:
    """It draws again and again by itself."""
    terminal = Terminal(client, "top", "--every", "1")
    for _ in range(3):
        terminal.wait_for("HOSTS")
        terminal.seen = ""
    terminal.press("q")
    assert terminal.exit_status() == 0


def seen(client: Howdah, pattern: str, *arguments: str) -> str:
    """What is said once it has ``pattern``: a scrape that comes late leaves a gap."""

    def look() -> str:
        said = client("top", *arguments).stdout
        return said if re.search(pattern, said, re.MULTILINE) else ""

    return until(look)


def test_a_pipe_gets_plain_text(client: Howdah) -> None:
    """One look, no escape sequences, whatever encoding the reader has; --json has all of it."""
    assert "\033" not in seen(client, r"^worker1 +100 % +1\.2 +75 %$")
    client.environ["PYTHONIOENCODING"] = "ascii"
    seen(client, "worker2", "--once")
    told = json.loads(seen(client, r'"load": \[\s*\{', "--json"))
    loads = {one["labels"]["instance"]: one for one in told["signals"]["load"]}
    assert [(loads[host]["value"], loads[host]["level"]) for host in HOSTS] == [
        (0, "well"),
        (1.2, "well"),
        (2.4, "critical"),
    ]
    assert told["source"] == "Prometheus"


def test_without_prometheus_and_daemons(local: Howdah) -> None:
    """Nobody answers: exit 6 with what to do; live, it says so and goes on asking."""
    howdah = configured(local, f"http://127.0.0.1:{free_port()}")
    done = howdah("top", exits=6)
    assert "neither the NameNode nor the ResourceManager answers" in done.stderr
    terminal = Terminal(howdah, "top")
    terminal.wait_for("answers")
    terminal.press("q")
    assert terminal.exit_status() == 0


def test_without_a_cluster(local: Howdah) -> None:
    """Nothing to look at: exit 6."""
    assert "no cluster is configured" in local("top", exits=6).stderr


@pytest.mark.parametrize("period", ["0.1", "0", "-1", "nan", "inf", "often"])
def test_periods_that_are_none(local: Howdah, period: str) -> None:
    """A number of seconds from 1 is needed."""
    assert "--every" in local("top", "--every", period, exits=2).stderr


def test_every_name_is_a_signals() -> None:
    """What is shown is among the signals."""
    names = {name for section in SECTIONS for name in section.numbers + section.columns}
    assert names <= SIGNALS.keys()


@pytest.mark.hadoop
def test_daemons_of_a_real_cluster(
    hadoop: Howdah, add_model: Callable[..., str], tmp_path: Path
) -> None:
    """Without Prometheus the daemons' own pages tell as much; a running job is listed."""
    unmonitored = replace(hadoop, state=tmp_path / "state")
    unmonitored.state.mkdir()
    record = json.loads((hadoop.state / "cluster.json").read_text())
    (unmonitored.state / "cluster.json").write_text(json.dumps(record | {"prometheus_url": ""}))
    model = add_model(Gated(str(tmp_path)), "--features", "x:number")
    (tmp_path / "stone.csv").write_text(f"{STONE}\n")
    arguments = ["stone.csv", "--model", model, "--runner", "hadoop", "--detach"]
    job = hadoop("submit", *arguments).stdout.strip()

    def listed() -> dict[str, object]:
        told: dict[str, object] = json.loads(unmonitored("top", "--json").stdout)
        jobs = told["jobs"]
        assert isinstance(jobs, list)
        return told if any(one["id"] == job for one in jobs) else {}

    try:
        told = until(listed)
        assert job in unmonitored("top", "--once").stdout
    finally:
        hadoop("cancel", job)
    assert told["source"] == "the daemons' pages"
    signals = told["signals"]
    assert isinstance(signals, dict)
    values = {name: [one["value"] for one in found] for name, found in signals.items()}
    assert values["datanodes_live"] == values["nodemanagers_active"] == [1]
    assert values["blocks_missing"] == values["hdfs_safe_mode"] == [0]
    assert 0 < values["hdfs_used"][0] < 1
    assert 0 <= values["cpu_busy"][0] <= 1
    assert values["load"][0] > 0
