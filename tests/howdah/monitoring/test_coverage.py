"""What is named as without data, where a real Prometheus watches this machine."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from howdah.__main__ import main
from howdah.errors import ClusterError
from howdah.monitoring.coverage import all_queries, queries_without_data, rule_faults
from howdah.monitoring.prometheus import Prometheus
from howdah.settings import load
from metrics.definition import Alert
from metrics.export.prometheus_rules import rules_yaml
from metrics.signals import hosts
from tests.conftest import Howdah
from tests.end_to_end.watching import until
from tests.metrics.serving import await_value, free_port, prometheus, target


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """This machine, watched for some seconds; no Hadoop is."""
    folder = tmp_path_factory.mktemp("watched")
    address = f"127.0.0.1:{free_port()}"
    log = (folder / "exporter.log").open("w")
    exporter = subprocess.Popen(
        ["prometheus-node-exporter", f"--web.listen-address={address}"], stdout=log, stderr=log
    )
    try:
        with prometheus(folder, address) as client:
            await_value(client, "rate(node_pressure_io_waiting_seconds_total[1m])", folder)
            await_value(client, "rate(node_cpu_seconds_total[1m])", folder)
            yield client
    finally:
        exporter.terminate()
        exporter.wait()
        log.close()


def named(client: Prometheus) -> dict[str, str]:
    """What is without data, and why."""
    return {gap.expression.asked_for: gap.reason for gap in queries_without_data(client)}


def test_every_signal_of_a_machine_has_data(watched: Prometheus) -> None:
    """As the real exporter names things, with this machine's kernel."""
    wanted = {f"signal {signal.name}" for signal in hosts.SIGNALS}
    until(lambda: not wanted & named(watched).keys())  # a scrape that came late leaves a gap


def test_a_rule_that_does_not_hold_has_data(watched: Prometheus) -> None:
    """Alerts that are quiet because all is well are told from those that would never fire."""
    quiet = {"TargetDown", "LoadHigh", "MemoryPressure", "ClockSkew", "DiskFull", "DiskFilling"}
    deaf = {"DataNodeDead", "SafeMode", "HeapFull", "JobFailed", "QueueStuck", "RejectedHigh"}
    until(lambda: not {f"alert {name}" for name in quiet} & named(watched).keys())
    assert {f"alert {name}" for name in deaf} <= named(watched).keys()


def test_what_has_to_happen_first_is_said(watched: Prometheus) -> None:
    """Where nothing is wrong and there is no data yet."""
    missing = named(watched)
    assert missing["signal hdfs_used"] == "no data"
    assert missing["signal last_job_seconds"] == "no data until a job has ended"


def test_what_prometheus_refuses_is_named(
    watched: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its words, and the others are asked all the same."""
    broken = Alert("Broken", "sum(up > 0", "1m", "warning", "", "")
    monkeypatch.setattr("howdah.monitoring.coverage.ALERTS", (broken,))
    assert "parse error" in named(watched)["alert Broken"]


def test_comparisons_only_are_asked_for_their_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of labels, and what stands in quotes, stay."""
    expression = 'a{b=~"x>y",c!="d"} >= 1 and e == 0 or f{g="<"}'
    monkeypatch.setattr(
        "howdah.monitoring.coverage.ALERTS", (Alert("A", expression, "1m", "warning", "", ""),)
    )
    asked = {one.asked_for: one.promql for one in all_queries()}["alert A"]
    assert asked == 'a{b=~"x>y",c!="d"} >= bool 1 and e == bool 0 or f{g="<"}'


def test_rules_as_they_are_here(tmp_path: Path) -> None:
    """However Prometheus writes them, they are the same."""
    with prometheus(tmp_path, rules=rules_yaml()) as client:
        await_value(client, "prometheus_rule_evaluations_total > 0", tmp_path)
        assert list(rule_faults(client)) == []


def test_rules_that_are_not_as_they_are_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing, what is otherwise and in what, what fails, and what is no longer defined."""
    same = Alert("Same", "up==0", "1m", "warning", "{{ $labels.job }}", "Look.")
    fails = replace(same, name="Fails", expression='up + on (none) {__name__="up"}')
    monkeypatch.setattr("metrics.export.prometheus_rules.ALERTS", (
        same, fails, replace(same, name="Older"), replace(same, name="Reworded"),
        replace(same, name="Later"), replace(same, name="Gone"),
    ))  # fmt: skip
    loaded = rules_yaml()
    monkeypatch.setattr("howdah.monitoring.coverage.ALERTS", (
        same,
        fails,
        replace(same, name="Older", expression="up == 1", severity="critical"),
        replace(same, name="Reworded", runbook="Look there."),
        replace(same, name="Later", lasting="2m"),
        replace(same, name="New"),
    ))  # fmt: skip
    with target("") as address, prometheus(tmp_path, address, rules=loaded) as client:
        await_value(client, "prometheus_rule_evaluation_failures_total > 0", tmp_path)
        found = dict(rule_faults(client))
    assert found.pop("Fails").startswith("fails: found duplicate series")
    assert found == {
        "Older": "loaded with another expression, severity",
        "Reworded": "loaded with another text",
        "Later": "loaded with another duration",
        "New": "not loaded",
        "Gone": "loaded, and no longer defined",
    }


def test_prometheus_is_down() -> None:
    """That is said once, not for every expression."""
    with pytest.raises(ClusterError, match="does not answer"):
        queries_without_data(Prometheus(f"http://127.0.0.1:{free_port()}"))


def test_the_command(watched: Prometheus, capsys: pytest.CaptureFixture[str]) -> None:
    """Exits with 1 where something is without data, and says what; as JSON, too."""
    command = ["dashboards", "check", "--prometheus", watched.url]
    assert main(command) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert "rule SafeMode: not loaded" in lines
    assert "alert SafeMode: no data" in lines
    assert last.endswith("expressions have data")
    assert main([*command, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert "signal hdfs_used" in {gap["for"] for gap in told["without_data"]}
    assert {"rule": "SafeMode", "reason": "not loaded"} in told["faults"]


def test_the_command_without_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Says how to get one."""
    monkeypatch.setenv("HOWDAH_STATE", str(tmp_path))
    assert main(["dashboards", "check"]) == 6
    assert "bin/cluster up --monitoring, or --prometheus URL" in capsys.readouterr().err


@pytest.mark.hadoop
def test_after_a_job_a_cluster_has_all_data(monitored: Howdah, tmp_path: Path) -> None:
    """Every expression of every panel and rule, from the real exporters of a real cluster."""
    (tmp_path / "texts.txt").write_text("Thank you!\nYou are an idiot.\n")
    monitored.submit(tmp_path / "texts.txt")
    cluster = load(os.environ | {"HOWDAH_STATE": str(monitored.state)}).cluster
    assert cluster
    client = Prometheus(cluster.prometheus_url)
    deadline = time.monotonic() + 180
    while missing := named(client):  # the newest job's history and a second scrape are to come
        assert time.monotonic() < deadline, missing
        time.sleep(1)
    told = monitored("dashboards", "check").stdout
    assert "have data" in told
    assert "rules are loaded as they are here" in told
