"""The REST pages of one daemon of YARN's, asked over connections that are kept."""

from typing import Any

from howdah.http_client import HttpClient, cluster_errors

__all__ = ["TIMEOUT", "RestApi"]

TIMEOUT = 20
HINT = "bin/cluster status; bin/cluster up"


class RestApi:
    """Pages below ``base``; raises ClusterError, with ``who`` was asked, where nothing answers."""

    def __init__(self, who: str, base: str, http: HttpClient) -> None:
        self._who = who
        self._base = base
        self._http = http

    def ask(self, path: str, *, method: str = "GET", **options: Any) -> Any:
        """The answer, whatever its status."""
        url = f"{self._base}/{path}"
        with cluster_errors(self._who, url, hint=HINT):
            return self._http.ask(url, method=method, **options)

    def find(self, path: str, *, strict: bool = True) -> dict[str, Any] | None:
        """What a page says; None if it isn't there, ClusterError if it isn't as it should be.

        Unless ``strict``, a page that can't be given now is one that isn't there (yet).
        """
        response = self.ask(path)
        if response.status_code == 404 or not (strict or response.status_code == 200):
            return None
        with cluster_errors(self._who, response.url, hint=HINT):
            response.raise_for_status()
            return dict(response.json())

    def read(self, path: str) -> dict[str, Any]:
        """What a page says; nothing if it isn't there."""
        return self.find(path) or {}
