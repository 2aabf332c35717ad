"""Alerts by mail: the role's own configuration, the real Alertmanager, and a real mail server."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from queue import Queue

import requests
import yaml

from howdah.cluster.ansible_display import Display
from howdah.cluster.configuration import read_variables
from howdah.cluster.playbook import try_playbook
from howdah.http_client import ask
from howdah.settings import ROOT, SETUP, Settings
from tests.metrics.receiver import mailbox
from tests.metrics.serving import free_port

TEMPLATE = SETUP / "project" / "roles" / "alertmanager" / "templates" / "alertmanager.yml.j2"
MAIL = {"alert_mail_to": "ops@example.org", "alert_mail_from": "howdah@example.org"}
ALERT = {
    "labels": {"alertname": "DiskFull", "instance": "anna", "severity": "critical"},
    "annotations": {"summary": "/data of anna is 95% full", "runbook": "bin/janitor"},
}
PATIENCE = 60


def configured(folder: Path, smarthost: str) -> str:
    """What the role writes for an inventory that names mail, or what it says against it."""
    written = folder / "written.yml"
    preflight = {"name": "monitoring", "tasks_from": "preflight"}
    play = {
        "hosts": "masters",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.import_role": preflight},
            {"ansible.builtin.template": {"src": str(TEMPLATE), "dest": str(written)}},
        ],
    }
    (folder / "write.yml").write_text(json.dumps([play]))
    settings = Settings(ROOT, folder / "state", None)
    inventory = SETUP / "inventory" / "local"
    named = MAIL | {"alert_mail_smarthost": smarthost}
    variables = read_variables(inventory) | named | {"systemd": False, "state_dir": ""}
    display = Display(stream=None)
    played = try_playbook(str(folder / "write"), inventory, settings, variables, display)
    return played.complaint or written.read_text()


@contextmanager
def alertmanager(folder: Path, smarthost: str) -> Iterator[str]:
    """The URL of one that the role has configured; it waits for no second alert of a kind."""
    configuration = yaml.safe_load(configured(folder, smarthost))
    configuration["route"] |= {"group_wait": "0s", "group_interval": "1s"}
    (folder / "alertmanager.yml").write_text(json.dumps(configuration))
    address = f"127.0.0.1:{free_port()}"
    url = f"http://{address}"
    with (folder / "alertmanager.log").open("w") as log:
        server = subprocess.Popen(
            [
                "prometheus-alertmanager",
                f"--config.file={folder}/alertmanager.yml",
                f"--storage.path={folder}/data",
                f"--web.listen-address={address}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )
        try:
            until = time.monotonic() + PATIENCE
            ready = False
            while not ready:
                assert time.monotonic() < until, (folder / "alertmanager.log").read_text()
                with suppress(requests.ConnectionError):
                    ready = ask(f"{url}/-/ready", timeout=PATIENCE).ok
            yield url
        finally:
            server.terminate()
            server.wait()


def tell(url: str, **more: str) -> None:
    """Tell Alertmanager of the alert, as Prometheus does."""
    assert ask(f"{url}/api/v2/alerts", method="POST", timeout=10, json=[ALERT | more]).ok


def text_of(mail: EmailMessage) -> str:
    """What is to be read in it."""
    body = mail.get_body()
    assert isinstance(body, EmailMessage)
    text: str = body.get_content()
    return text


def test_an_alert_comes_by_mail(tmp_path: Path) -> None:
    """When it begins and when it has ended: to whom, from whom, what it is, what to do."""
    with mailbox() as (port, mails), alertmanager(tmp_path, f"127.0.0.1:{port}") as url:
        tell(url)
        begun = mails.get(timeout=PATIENCE)
        tell(url, endsAt=datetime.now(UTC).isoformat())
        ended = mails.get(timeout=PATIENCE)
    assert begun["Subject"].startswith("[FIRING:1] DiskFull")
    assert ended["Subject"].startswith("[RESOLVED] DiskFull")
    for mail in (begun, ended):
        assert (mail["To"], mail["From"]) == (MAIL["alert_mail_to"], MAIL["alert_mail_from"])
        assert mail["Envelope-To"] == f"<{MAIL['alert_mail_to']}>"
        assert mail["Envelope-From"].startswith(f"<{MAIL['alert_mail_from']}>")
        for told in (*ALERT["annotations"].values(), "anna", "critical"):
            assert told in text_of(mail)


def test_mail_for_another_machine_is_encrypted_or_not_sent(tmp_path: Path) -> None:
    """A server that can't encrypt gets none; Alertmanager counts that it has failed."""
    failed = 'alertmanager_notification_requests_failed_total{integration="email"} '
    mails: Queue[EmailMessage]
    # the same server, by an address that isn't loopback's name
    with mailbox() as (port, mails), alertmanager(tmp_path, f"0.0.0.0:{port}") as url:
        tell(url)
        until = time.monotonic() + PATIENCE
        while f"{failed}0\n" in (metrics := ask(f"{url}/metrics", timeout=10).text):
            assert time.monotonic() < until
        assert failed in metrics
        assert mails.empty()
    log = (tmp_path / "alertmanager.log").read_text()
    assert "does not advertise the STARTTLS extension" in log


def test_a_mail_server_without_a_port_is_refused(tmp_path: Path) -> None:
    """Before anything is installed, with what is needed."""
    assert "must be host:port" in configured(tmp_path, "mail.example.org")
