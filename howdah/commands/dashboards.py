"""`bin/dashboards`: what is watched, checked, put into Grafana, or drawn as pages."""

import argparse
import getpass
import sys
import time
from pathlib import Path

from howdah.answer import Answer
from howdah.commands.arguments import CommandParser, moment
from howdah.errors import ClusterError, HowdahError, UsageError
from howdah.settings import Settings

__all__ = ["parser", "run"]

EXAMPLES = """examples:
  bin/dashboards check
  bin/dashboards publish --password-file ~/grafana
  bin/dashboards render --from 6h -o report
  bin/dashboards rules > howdah.yml

exit status of check: 0 all rules are loaded and everything has data; 1 it isn't so"""


def parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    command = CommandParser(
        prog="bin/dashboards",
        description="Dashboards and alerts: check them, publish them, draw them.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = command.add_subparsers(dest="verb", required=True, metavar="VERB")

    check = verbs.add_parser(
        "check", help="name rules that Prometheus hasn't, and what has no data"
    )
    check.add_argument("--json", action="store_true", help="print JSON")
    publish = verbs.add_parser("publish", help="put folder, data source and dashboards in Grafana")
    publish.add_argument("--grafana", metavar="URL", help="default: the cluster's")
    publish.add_argument("--user", default="admin", help="default %(default)s")
    publish.add_argument(
        "--password-file", type=Path, metavar="FILE", help="asked for on a terminal if missing"
    )
    publish.add_argument(
        "--overwrite", action="store_true", help="replace dashboards edited in Grafana, too"
    )
    render = verbs.add_parser("render", help="draw each dashboard as one HTML file")
    render.add_argument(
        "--from", dest="start", default="1h", metavar="TIME", help="default an hour ago, 1h"
    )
    render.add_argument(
        "--to",
        dest="end",
        default="0s",
        metavar="TIME",
        help="default now; 30m, 6h, 2d: so long ago; or as 2026-11-21T20:00",
    )
    render.add_argument(
        "-o", "--output", type=Path, default=Path("dashboards"), metavar="DIR",
        help="default ./dashboards",
    )  # fmt: skip
    verbs.add_parser("rules", help="print the alert rules as Prometheus reads them")
    for verb in (check, publish, render):
        verb.add_argument("--prometheus", metavar="URL", help="default: the cluster's")
    return command


def run(args: argparse.Namespace, settings: Settings, answer: Answer) -> int:
    """Do what the verb says."""
    if args.verb == "rules":
        from metrics.export.prometheus_rules import rules_yaml

        print(rules_yaml(), end="")
        return 0
    prometheus_url = args.prometheus or _url(settings, "Prometheus", "bin/cluster up --monitoring")
    if args.verb == "check":
        return _check(prometheus_url, answer)
    if args.verb == "publish":
        return _publish(args, settings, prometheus_url)
    return _render(args, settings, prometheus_url)


def _url(settings: Settings, what: str, how: str) -> str:
    """Where the cluster's ``what`` is; ``how`` is what installs one."""
    url: str = getattr(settings.cluster, f"{what.lower()}_url", "")
    if not url:
        raise ClusterError(
            f"this cluster has no {what}" if settings.cluster else "no cluster is configured",
            hint=f"{how}, or --{what.lower()} URL",
        )
    return url


def _check(prometheus_url: str, answer: Answer) -> int:
    from howdah.monitoring.coverage import all_queries, queries_without_data, rule_faults
    from howdah.monitoring.prometheus import Prometheus
    from metrics.catalog import ALERTS

    prometheus = Prometheus(prometheus_url)
    unlike = list(rule_faults(prometheus))
    found = queries_without_data(prometheus)
    asked = len(list(all_queries()))
    answer.tell(
        rules=len(ALERTS),
        faults=[{"rule": name, "reason": reason} for name, reason in unlike],
        expressions=asked,
        without_data=[
            {"for": gap.expression.asked_for, "expression": gap.expression.promql,
             "reason": gap.reason} for gap in found
        ],
    )  # fmt: skip
    for name, reason in unlike:
        answer.say(f"rule {name}: {reason}")
    for gap in found:
        answer.say(f"{gap.expression.asked_for}: {gap.reason}", f"  {gap.expression.promql}")
    loaded = f"all {len(ALERTS)} rules are loaded as they are here"
    answer.say("rules are not as they are here; bin/cluster up loads them" if unlike else loaded)
    answer.say(f"{asked - len(found)} of {asked} expressions have data")
    if not (unlike or found):
        return 0
    what = f"{len(unlike)} rules aren't as they are here, {len(found)} expressions have no data"
    answer.tell(error=HowdahError(what, hint="bin/cluster up; bin/doctor").described())
    return HowdahError.exit_status


def _publish(args: argparse.Namespace, settings: Settings, prometheus_url: str) -> int:
    from howdah.monitoring.grafana import Grafana, publish
    from metrics.catalog import DASHBOARDS
    from metrics.export.grafana_json import dashboard_json

    how = "bin/cluster up with grafana_package in the inventory of several machines"
    url = args.grafana or _url(settings, "Grafana", how)
    grafana = Grafana(url, args.user, _password(args))
    master = settings.cluster.resourcemanager_url if settings.cluster else ""
    boards = [dashboard_json(dashboard, master) for dashboard in DASHBOARDS]
    for what, done in publish(grafana, boards, prometheus_url, overwrite=args.overwrite):
        print(f"{what}: {done}")
    return 0


def _password(args: argparse.Namespace) -> str:
    if args.password_file is None:
        if not sys.stdin.isatty():
            raise UsageError("no password for Grafana", hint="--password-file FILE")
        return getpass.getpass(f"Grafana's password of {args.user}: ")
    try:
        password: str = args.password_file.read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read the password: {error}") from None
    return password


def _render(args: argparse.Namespace, settings: Settings, prometheus_url: str) -> int:
    from howdah.monitoring.html_pages import render
    from howdah.monitoring.prometheus import Prometheus

    now = time.time()
    start, end = moment(args.start, now), moment(args.end, now)
    master = settings.cluster.resourcemanager_url if settings.cluster else ""
    links = {"ResourceManager": f"{master}/cluster"} if master else {}
    for page in render(Prometheus(prometheus_url), start, end, args.output, links):
        print(page)
    return 0
