"""A client of Prometheus's HTTP API, as far as screens and checks need it."""

from typing import Any

import requests

from howdah.errors import ClusterError
from howdah.http_client import HttpClient
from metrics.series import Series

__all__ = ["Prometheus"]

TIMEOUT = 10


class Prometheus:
    """One server; raises ClusterError where it doesn't answer or refuses an expression."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = HttpClient(TIMEOUT)

    def now(self, expression: str) -> list[Series]:
        """The newest value of each series."""
        found = self._ask("query", query=expression)
        if found["resultType"] == "scalar":
            return [_series({}, [found["result"]])]
        return [_series(one["metric"], [one["value"]]) for one in found["result"]]

    def between(self, expression: str, start: float, end: float, step: float) -> list[Series]:
        """A value for each ``step`` seconds from ``start`` to ``end``."""
        found = self._ask("query_range", query=expression, start=start, end=end, step=step)
        return [_series(one["metric"], one["values"]) for one in found["result"]]

    def rules(self) -> list[dict[str, Any]]:
        """The groups of rules that it has loaded, as its API tells them."""
        groups: list[dict[str, Any]] = self._ask("rules")["groups"]
        return groups

    def formatted(self, expression: str) -> str:
        """The expression as Prometheus writes it: the same for all that mean the same."""
        return str(self._ask("format_query", query=expression))

    def _ask(self, what: str, **parameters: str | float) -> Any:
        try:
            url = f"{self.url}/api/v1/{what}"
            answer = self._http.ask(url, params=parameters).json()
            status = answer["status"]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise ClusterError(
                f"Prometheus at {self.url} does not answer: {error}",
                hint="bin/doctor; bin/cluster up --monitoring starts it on a single machine",
            ) from None
        if status != "success":
            raise ClusterError(f"Prometheus refused {parameters['query']}: {answer['error']}")
        return answer["data"]


def _series(labels: dict[str, str], samples: list[list[Any]]) -> Series:
    return Series(
        labels,
        tuple(float(time) for time, _ in samples),
        tuple(float(value) for _, value in samples),
    )
