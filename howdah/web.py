"""Asking a daemon's web page: straight to it, whatever proxy the environment names."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

__all__ = ["ask"]


def ask(
    url: str,
    *,
    timeout: float,
    method: str = "GET",
    accept: str = "application/json",
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
            json=json,
            allow_redirects=False,
        )
