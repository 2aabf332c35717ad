"""`bin/top`: the machines, HDFS, YARN and the jobs, live in a terminal."""

import argparse
import json
import math
import os
import shutil
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from howdah.commands.arguments import seconds_from
from howdah.errors import ClusterError, HowdahError
from howdah.hadoop.health import get_json
from howdah.hadoop.job_name import read_job_name
from howdah.hadoop.yarn import UNFINISHED
from howdah.monitoring.alerts import firing_now
from howdah.monitoring.daemon_signals import read_daemon_signals
from howdah.monitoring.prometheus import Prometheus
from howdah.monitoring.terminal_view import Running, View, draw
from howdah.settings import Cluster, Settings
from howdah.terminal.fullscreen import Screen
from metrics.catalog import SIGNALS
from metrics.dashboards import SECTIONS
from metrics.definition import Signal
from metrics.reading import level_of
from metrics.series import Series

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/top                   until q or Ctrl-C
  bin/top --every 2         a look each 2 seconds
  bin/top --once            one look, as text; so is bin/top | less
  bin/top --json | jq '.signals.cpu_busy'
"""
PERIOD = 5.0  # seconds
SHORTEST_PERIOD = 1.0
ASKED_AT_ONCE = 8


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = argparse.ArgumentParser(
        prog="bin/top",
        description="Show how busy and how well the machines, HDFS, YARN and the jobs are.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--once", action="store_true", help="look once; so it does in a pipe")
    command.add_argument("--json", action="store_true", help="look once, and print JSON")
    command.add_argument(
        "--every",
        type=seconds_from(SHORTEST_PERIOD),
        default=PERIOD,
        metavar="SECONDS",
        help=f"how often to look (default: {PERIOD:g})",
    )
    return command


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Show a look, or one after the other."""
    if settings.cluster is None:
        raise ClusterError("no cluster is configured", hint="bin/cluster up")
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    if args.json:
        print(json.dumps(_as_json(look(settings.cluster)), indent=1))
    elif args.once or not (sys.stdin.isatty() and sys.stdout.isatty()):
        view = look(settings.cluster)
        styled = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(_title(view))
        print("\n".join(draw(view, shutil.get_terminal_size((100, 24)).columns, styled=styled)))
    else:
        _live(settings.cluster, args.every)
    return 0


def look(cluster: Cluster) -> View:
    """What Prometheus knows; where there is none or it is silent, what the daemons say.

    Raises ClusterError where nobody answers.
    """
    note = ""
    if cluster.prometheus_url:
        prometheus = Prometheus(cluster.prometheus_url)
        try:
            return _ask(prometheus, cluster)
        except ClusterError as error:
            note = f"{error.message.partition(': ')[0]}; the daemons were asked instead"
    found = read_daemon_signals(cluster)
    return View(time.time(), "the daemons' pages", found, (), _running(cluster), note)


def _ask(prometheus: Prometheus, cluster: Cluster) -> View:
    names = [name for section in SECTIONS for name in section.numbers + section.columns]
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        firing = pool.submit(firing_now, prometheus)
        running = pool.submit(_running, cluster)
        found = pool.map(lambda name: prometheus.now(SIGNALS[name].expression), names)
        signals = dict(zip(names, found, strict=True))
        return View(time.time(), "Prometheus", signals, firing.result(), running.result())


def _running(cluster: Cluster) -> list[Running]:
    """The applications that haven't ended, as the ResourceManager tells them."""
    states = ",".join(UNFINISHED)
    page, _ = get_json(f"{cluster.resourcemanager_url}/ws/v1/cluster/apps?states={states}")
    found = []
    for one in (page.get("apps") or {}).get("app", []):
        job = read_job_name(one["name"])
        found.append(
            Running(
                id=job.id if job else one["id"],
                user=one["user"],
                state=one["state"].lower(),
                share=one["progress"] / 100,
                seconds=one["elapsedTime"] / 1000,
                cores=max(one["allocatedVCores"], 0),
                name=f"{'/'.join(job.kind)} {Path(job.input).name}" if job else one["name"],
            )
        )
    return sorted(found, key=lambda one: -one.seconds)


def _live(cluster: Cluster, period: float) -> None:
    """Look again and again, and draw, until q is pressed."""
    screen = Screen()
    newest: list[View | Exception] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            try:
                newest[:] = [look(cluster)]
            except Exception as error:
                newest[:] = [error]
            screen.wake()
            ended.wait(period)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with screen:
            pressed = ""
            while pressed.lower() != "q":
                columns, rows = screen.size
                screen.draw(_frame(newest[0] if newest else None, columns, rows, period))
                pressed = screen.wait()
    finally:
        ended.set()
        watcher.join()


def _frame(newest: View | Exception | None, columns: int, rows: int, period: float) -> list[str]:
    """What fits the screen; an error that nobody thought of is raised."""
    if newest and not isinstance(newest, View | HowdahError):
        raise newest
    styled = "NO_COLOR" not in os.environ
    if isinstance(newest, View):
        body = [_title(newest), *draw(newest, columns, styled=styled)]
    else:
        told = str(newest) if newest else "asking the cluster"
        body = [part for line in told.splitlines() for part in textwrap.wrap(line, columns)]
    help_line = f"q ends it; a look each {period:g} s"
    if len(body) > rows - 1:
        body = [line for line in body if line]
    if len(body) > rows - 1:
        help_line = f"{len(body) - rows + 1} more lines in a higher window; {help_line}"
        body = body[: rows - 1]
    return [*body, help_line[:columns]]


def _title(view: View) -> str:
    return f"{time.strftime('%H:%M:%S', time.localtime(view.at))}, from {view.source}"


def _as_json(view: View) -> dict[str, Any]:
    """Signals by name, each with a value and a verdict for every set of labels."""
    return {
        "at": view.at,
        "source": view.source,
        "note": view.note or None,
        "alerts": [asdict(one) for one in view.firing],
        "signals": {
            name: [_described(SIGNALS[name], one) for one in found]
            for name, found in view.found.items()
        },
        "jobs": [asdict(one) for one in view.running],
    }


def _described(signal: Signal, series: Series) -> dict[str, Any]:
    value = series.values[-1]
    return {
        "labels": series.labels,
        "value": value if math.isfinite(value) else None,
        "level": level_of(signal, value).word or None,
    }
