"""Puts folder, data source and dashboards into Grafana, and only what has changed.

Each version of a dashboard that is published has the digest of its definition in its message. So
Grafana itself tells whether the newest one is the definition's, an older one's or somebody's own,
whatever it makes of the JSON when it stores it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from grafana_api.grafana_api import GrafanaClientError, GrafanaException, GrafanaUnauthorizedError
from grafana_api.grafana_face import GrafanaFace

from howdah.errors import ClusterError, UsageError
from metrics.export.grafana_json import DATA_SOURCE, Json

__all__ = ["FOLDER", "Grafana", "publish"]

FOLDER = "howdah"
MESSAGE = "Published by Howdah from definition "
TIMEOUT = 10
NOT_FOUND = 404


class Grafana:
    """One server, asked as ``user``; raises ClusterError where it is down or refuses."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Raises UsageError where ``url`` isn't one."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"{url} isn't Grafana's address", hint="such as http://127.0.0.1:3000")
        self.url = url
        self._user = user
        path = parts.path.strip("/")
        self._face = GrafanaFace(
            (user, password),
            host=f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname,
            port=parts.port,
            url_path_prefix=f"{path}/" if path else "",
            protocol=parts.scheme,
            timeout=TIMEOUT,
        )
        self._face.api.s.trust_env = False  # a proxy can't reach a cluster's loopback

    def folder(self, uid: str) -> Json | None:
        """The folder, None if there is none."""
        return self._ask(self._face.folder.get_folder, uid)

    def create_folder(self, uid: str, title: str) -> None:
        self._ask(self._face.folder.create_folder, title, uid)

    def data_source(self, uid: str) -> Json | None:
        """The data source, None if there is none."""
        return self._ask(self._face.api.GET, f"/datasources/uid/{uid}")

    def create_data_source(self, described: Json) -> None:
        self._ask(self._face.datasource.create_datasource, described)

    def replace_data_source(self, uid: str, described: Json) -> None:
        # by uid: grafana_api's own way is by a number, which Grafana 13 no longer takes
        self._ask(self._face.api.PUT, f"/datasources/uid/{uid}", described)

    def newest_version(self, uid: str) -> Json | None:
        """Number and message of a dashboard's newest version, None if there is no dashboard."""
        answer: Any = self._ask(self._face.api.GET, f"/dashboards/uid/{uid}/versions?limit=1")
        # before Grafana 12 it is a list
        versions = answer["versions"] if isinstance(answer, dict) else answer
        return versions[0] if versions else None

    def save_dashboard(self, described: Json) -> None:
        """Save a version; UsageError where another one has come in between."""
        self._ask(self._face.dashboard.update_dashboard, described)

    def _ask(self, call: Callable[..., Any], *arguments: Any) -> Json | None:
        try:
            answer: Json = call(*arguments)
        except requests.JSONDecodeError as error:
            if error.doc:
                raise ClusterError(
                    f"what answers at {self.url} isn't Grafana", hint="name its address"
                ) from None
            return {}  # done, and no more to say: 204
        except requests.RequestException as error:
            raise ClusterError(
                f"Grafana at {self.url} does not answer: {error}", hint="bin/doctor"
            ) from None
        except GrafanaUnauthorizedError:
            raise ClusterError(
                f"Grafana at {self.url} does not take this password of {self._user}",
                hint="the password that the inventory gave it, or the one set since",
            ) from None
        except GrafanaClientError as error:
            if error.status_code == NOT_FOUND:
                return None
            raise UsageError(f"Grafana at {self.url} refuses: {error.message}") from None
        except GrafanaException as error:
            raise ClusterError(f"Grafana at {self.url} fails: {error.message}") from None
        return answer


def publish(
    grafana: Grafana, dashboards: Sequence[Json], prometheus_url: str, *, overwrite: bool = False
) -> Iterator[tuple[str, str]]:
    """Bring everything up to date; yields each thing and "created", "updated" or "unchanged".

    Raises UsageError, before anything is changed, where somebody has edited a dashboard in
    Grafana; ``overwrite`` replaces it. Its older versions stay in Grafana.
    """
    newest = {board["uid"]: grafana.newest_version(board["uid"]) for board in dashboards}
    edited = [
        board["title"]
        for board in dashboards
        if (version := newest[board["uid"]]) and _digest_in(version) is None
    ]
    if edited and not overwrite:
        raise UsageError(
            f"edited in Grafana since they were published: {', '.join(edited)}",
            hint="save them there under other names, then bin/dashboards publish --overwrite",
        )
    yield "folder", _publish_folder(grafana)
    yield "data source", _publish_data_source(grafana, prometheus_url)
    for board in dashboards:
        yield board["title"], _publish_dashboard(grafana, board, newest[board["uid"]], overwrite)


def _publish_folder(grafana: Grafana) -> str:
    if grafana.folder(FOLDER) is not None:
        return "unchanged"
    grafana.create_folder(FOLDER, "Howdah")
    return "created"


def _publish_data_source(grafana: Grafana, prometheus_url: str) -> str:
    """What somebody has set besides, such as headers, stays."""
    uid = DATA_SOURCE["uid"]
    wanted = DATA_SOURCE | {"name": "Howdah", "access": "proxy", "url": prometheus_url}
    settings = {"httpMethod": "POST", "timeInterval": "15s"}
    there = grafana.data_source(uid)
    if there is None:
        grafana.create_data_source(wanted | {"jsonData": settings})
        return "created"
    merged = there | wanted | {"jsonData": (there.get("jsonData") or {}) | settings}
    if merged == there:
        return "unchanged"
    grafana.replace_data_source(uid, merged)
    return "updated"


def _publish_dashboard(grafana: Grafana, board: Json, newest: Json | None, overwrite: bool) -> str:
    digest = hashlib.sha256(json.dumps(board, sort_keys=True).encode()).hexdigest()[:16]
    if newest and _digest_in(newest) == digest:
        return "unchanged"
    grafana.save_dashboard(
        {
            # the version that it replaces: Grafana refuses if there is a newer one by now
            "dashboard": board | ({"version": newest["version"]} if newest else {}),
            "folderUid": FOLDER,
            "message": MESSAGE + digest,
            "overwrite": overwrite,
        }
    )
    return "updated" if newest else "created"


def _digest_in(version: Json) -> str | None:
    """The digest of the definition that a version came from; None: it is somebody's own."""
    found = re.fullmatch(f"{MESSAGE}([0-9a-f]{{16}})", version.get("message", ""))
    return found[1] if found else None
