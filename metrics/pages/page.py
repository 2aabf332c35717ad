"""A dashboard's page: one file of HTML with its style in it, and no script."""

import time
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from metrics.catalog import DASHBOARDS
from metrics.definition import Dashboard
from metrics.firing import FiringAlert
from metrics.pages.panels import draw
from metrics.reading import Level, Window
from metrics.series import Series
from metrics.units import format_value

__all__ = ["compose", "moment"]

STYLE = Path(__file__).with_name("page.css")
MOST_SHOWN = 8  # alerts
LEVELS = {level.word: level for level in Level}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Howdah: {title}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p>{description}</p>
<p class="when">{when}</p>
<nav>{links}</nav>
</header>
<main>
{alerts}
{rows}
</main>
<footer>{foot}</footer>
</body>
</html>
"""


def compose(
    dashboard: Dashboard,
    found: Mapping[str, Sequence[Series]],
    fired: Sequence[FiringAlert] | None,
    window: Window,
    links: Mapping[str, str],
) -> str:
    """The page of ``dashboard``; ``found`` has each signal's series, ``links`` pages elsewhere.

    ``fired`` None: whether an alert did isn't known.
    """
    rows = (
        f'<div class="row">{"".join(draw(panel, found, window) for panel in row)}</div>'
        for row in dashboard.rows
    )
    return PAGE.format(
        title=escape(dashboard.title),
        description=escape(dashboard.description),
        style=STYLE.read_text(),
        when=_span(window),
        links=_links(dashboard, links),
        alerts=_alerts(fired, window),
        rows="\n".join(rows),
        foot=f"Howdah; a value each {format_value(window.step, 's')}, out of Prometheus",
    )


def moment(at: float) -> str:
    """A time as it is here: "21 Nov 2026 19:00 UTC"."""
    return time.strftime("%-d %b %Y %H:%M %Z", time.localtime(at))


def _span(window: Window) -> str:
    """From when to when, and how long that is: the day only once if it is one."""
    start, end = time.localtime(window.start), time.localtime(window.end)
    until = moment(window.end)
    if start[:3] == end[:3]:
        until = time.strftime("%H:%M %Z", end)
    length = format_value(window.end - window.start, "s")
    return f"{time.strftime('%-d %b %Y %H:%M', start)} to {until} ({length})"


def _links(here: Dashboard, elsewhere: Mapping[str, str]) -> str:
    pages = [
        f'<a href="{one.uid}.html"{" aria-current=page" * (one == here)}>{escape(one.title)}</a>'
        for one in DASHBOARDS
    ]
    pages += [
        f'<a class="away" href="{escape(url)}">{escape(title)} ↗</a>'
        for title, url in elsewhere.items()
    ]
    return "".join(pages)


def _alerts(fired: Sequence[FiringAlert] | None, window: Window) -> str:
    """A line for each alert, those that still fire at the end first."""
    if fired is None:
        return ""
    ordered = sorted(fired, key=lambda one: not _lasts(one, window))
    lines = [_alert(one, window) for one in ordered[:MOST_SHOWN]]
    if not fired:
        lines = [f'<li class="well"><b>{Level.WELL.sign}</b> No alert fired in this time.</li>']
    elif len(fired) > MOST_SHOWN:
        lines.append(f"<li>and {len(fired) - MOST_SHOWN} more</li>")
    return f'<ul class="alerts">{"".join(lines)}</ul>'


def _alert(one: FiringAlert, window: Window) -> str:
    level = LEVELS.get(one.severity, Level.WARNING)
    since = time.strftime("%H:%M", time.localtime(one.start))
    until = time.strftime("%H:%M", time.localtime(one.end))
    times = f", {one.times} times in all" if one.times > 1 else ""
    if _lasts(one, window):
        return (
            f'<li class="{level.word}"><b class="{level.word}">{level.sign} {level.word}</b>'
            f" {escape(one.summary)} <span>since {since}{times}</span>"
            f"<small>{escape(one.runbook)}</small></li>"
        )
    return (
        f"<li><b>{level.sign} {level.word}, over</b>"
        f" {escape(one.summary)} <span>{since} to {until}{times}</span></li>"
    )


def _lasts(one: FiringAlert, window: Window) -> bool:
    return one.end > window.end - 1.5 * window.step
