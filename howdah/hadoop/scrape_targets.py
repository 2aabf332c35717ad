"""What a cluster's Prometheus scrapes, and whether that answers it."""

from dataclasses import dataclass
from typing import Any

from howdah.http_client import HttpClient

__all__ = ["ScrapeTarget", "check_target", "read_targets"]


@dataclass(frozen=True)
class ScrapeTarget:
    """What Prometheus scrapes; ``problem`` is empty when it is well."""

    job: str
    host: str
    problem: str = ""

    def __str__(self) -> str:
        return f"metrics of {self.job} at {self.host}: {self.problem or 'up'}"


def read_targets(prometheus_url: str, http: HttpClient) -> list[dict[str, Any]]:
    """Return what Prometheus says of each target; of Prometheus alone, if it doesn't answer."""
    if not prometheus_url:
        return []
    answer, problem = http.json(f"{prometheus_url}/api/v1/targets?state=active")
    if problem:
        own = {"job": "prometheus", "instance": prometheus_url.removeprefix("http://")}
        return [{"labels": own, "health": problem, "scrapeUrl": ""}]
    return list(answer["data"]["activeTargets"])


def check_target(stated: dict[str, Any], http: HttpClient) -> ScrapeTarget:
    """Read what Prometheus says of a target; what was down a moment ago may answer again."""
    labels, url = stated["labels"], stated["scrapeUrl"]
    problem = stated["health"] if stated["health"] not in ("up", "unknown") else ""
    if problem and url:
        problem = http.text(url)[1]
    return ScrapeTarget(labels["job"], labels["instance"], problem)
