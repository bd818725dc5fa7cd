"""The part of Prefect's REST API needed to report runs.

Not Prefect's own client: importing it takes more than two seconds of processor time, and its events go through a thread
that delays a process's exit if the server is unreachable.
"""

from __future__ import annotations

import base64
import os
import ssl
from typing import Any, Self
from urllib.parse import urlsplit

TIMEOUT = 5.0
"""Seconds for one answer."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Away(Exception):
    """The server does not answer, or can't at present."""


class Gone(Exception):
    """The server does not know the requested object: it has lost its database."""


class Refused(Exception):
    """The server rejects the request permanently."""


class Api:
    """One connection to the API at ``url``, such as ``http://127.0.0.1:4200/api``. Raises Away, Gone, Refused."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        import httpx  # imported by whoever connects: a run starts without

        self.url = url.rstrip("/")
        parts = urlsplit(url)
        authorities = os.environ.get("PREFECT_API_SSL_CERT_FILE")
        self._unreachable = httpx.TransportError
        self._client = httpx.Client(
            timeout=timeout,
            headers=_authorization(),
            trust_env=parts.hostname not in _LOOPBACK,  # no proxy between this machine and itself
            verify=ssl.create_default_context(cafile=authorities) if parts.scheme == "https" else False,
        )

    @classmethod
    def of_environment(cls) -> Self:
        """The server in ``PREFECT_API_URL``. KeyError if it is not set."""
        return cls(os.environ["PREFECT_API_URL"])

    def post(self, path: str, body: Any) -> Any:
        """Returns the response."""
        return self._ask("POST", path, body)

    def patch(self, path: str, body: Any) -> None:
        self._ask("PATCH", path, body)

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, path: str, body: Any) -> Any:
        try:
            answer = self._client.request(method, f"{self.url}/{path}", json=body)
        except self._unreachable as error:
            raise Away(f"{self.url} does not answer: {error}") from error
        match answer.status_code:
            case 404 | 409:
                raise Gone(f"{self.url} no longer knows this run (it answers {answer.status_code})")
            case code if code == 429 or code >= 500:
                raise Away(f"{self.url} answers {code}")
            case code if code >= 400:
                raise Refused(f"{self.url} answers {code}: {answer.text[:200]}")
        return answer.json() if answer.content else None


def _authorization() -> dict[str, str]:
    """From the environment, like Prefect's own client."""
    if password := os.environ.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {base64.b64encode(password.encode()).decode()}"}
    if key := os.environ.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    return {}
