"""Asking a daemon's web page: straight to it, whatever proxy the environment names."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from howdah.errors import ClusterError

if TYPE_CHECKING:
    import requests

__all__ = ["ask", "asking", "problem"]


def ask(
    url: str,
    *,
    timeout: float,
    method: str = "GET",
    accept: str = "application/json",
    params: Mapping[str, str | float] | None = None,
    json: Any = None,
) -> "requests.Response":
    """The page's answer, as ``accept`` where it has the choice; redirects are not followed."""
    import requests

    with requests.Session() as session:
        session.trust_env = False  # a proxy can't reach a cluster's loopback
        return session.request(
            method,
            url,
            headers={"Accept": accept},
            timeout=timeout,
            params=params,
            json=json,
            allow_redirects=False,
        )


@contextmanager
def asking(who: str, url: str, *, hint: str | None = None) -> Iterator[None]:
    """Raise ClusterError, with who is asked and where, for what requests raises within."""
    import requests

    try:
        yield
    except requests.RequestException as error:
        where = "/".join(url.split("/")[:3])
        raise ClusterError(f"{who} at {where} {problem(error)}", hint=hint) from None


def problem(error: "requests.RequestException") -> str:
    """What is wrong, to be said after who was asked: "does not answer"."""
    import requests

    if isinstance(error, requests.ConnectionError):
        return "does not answer"
    if isinstance(error, requests.Timeout):
        return "takes too long to answer"
    return f"answers wrongly: {error}"
