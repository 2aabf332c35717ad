"""Asking web pages of daemons: straight to them, whatever proxy the environment names."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from howdah.errors import ClusterError

if TYPE_CHECKING:
    import requests

__all__ = ["HttpClient", "ask", "cluster_errors", "problem"]


class HttpClient:
    """Asks pages over connections that it keeps; several threads may share one.

    ``timeout`` is in seconds, for the connection and between two parts of an answer.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._kept: requests.Session | None = None

    def ask(
        self,
        url: str,
        *,
        method: str = "GET",
        accept: str = "application/json",
        params: Mapping[str, str | float] | None = None,
        json: Any = None,
    ) -> "requests.Response":
        """The page's answer, as ``accept`` where it has the choice; redirects are not followed.

        A kept connection may just have been closed by the other side: it is opened again, once.
        """
        import requests

        options = {
            "headers": {"Accept": accept},
            "timeout": self._timeout,
            "params": params,
            "json": json,
            "allow_redirects": False,
        }
        try:
            return self._session().request(method, url, **options)
        except requests.ConnectionError as error:
            if not _was_closed(error):
                raise
        return self._session().request(method, url, **options)

    def text(self, url: str) -> tuple[str, str]:
        """The page and "", or "" and what is wrong; never raises for what doesn't answer."""
        import requests

        try:
            response = self.ask(url)
            response.raise_for_status()
            return response.text, ""
        except requests.RequestException as error:
            return "", problem(error)

    def json(self, url: str) -> tuple[dict[str, Any], str]:
        """The page's content and "", or {} and what is wrong."""
        text, wrong = self.text(url)
        if wrong:
            return {}, wrong
        try:
            return dict(json.loads(text)), ""
        except ValueError as error:
            return {}, f"answers wrongly: {error}"

    def _session(self) -> "requests.Session":
        """Made when it is first needed: requests takes long to import."""
        import requests

        if self._kept is None:
            session = requests.Session()
            session.trust_env = False  # a proxy can't reach a cluster's loopback
            self._kept = session
        return self._kept


def _was_closed(error: "requests.ConnectionError") -> bool:
    """Whether a connection ended without an answer, rather than wasn't made."""
    from urllib3.exceptions import ProtocolError

    return bool(error.args) and isinstance(error.args[0], ProtocolError)


def ask(url: str, *, timeout: float, **options: Any) -> "requests.Response":
    """Ask one page, once (see ``HttpClient.ask``)."""
    return HttpClient(timeout).ask(url, **options)


@contextmanager
def cluster_errors(who: str, url: str, *, hint: str | None = None) -> Iterator[None]:
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
