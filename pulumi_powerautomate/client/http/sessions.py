"""
The session that requests go through, without what `requests` does and a bearer client must not.

A `.netrc` entry would replace our token, a redirect would carry a PATCH elsewhere as a GET, cookies
would pin every request to one web server, and an environment's proxy would stand before the
loopback.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.utils import get_environ_proxies

from ...config import CLOUDS, Connection, follow, is_loopback
from ...errors import AuthenticationError, one_line
from . import wire_log
from .throttle import Deadline, retry_after

CONNECT_SECONDS = 10.0
_TOKEN_SECONDS = 30.0
# A sign-in that begins when the operation is almost over gets this long all the same.
_LEAST_SECONDS = 1.0
_MOST_TOKEN_BYTES = 1024 * 1024
# A proxy of the machine must not stand before the machine's own loopback, nor before the metadata
# service of the virtual machine it runs in.
NO_PROXY = {"http": "", "https": ""}
_METADATA_SERVICE = "169.254.169.254"
# Whoever fetches a token does so for an operation, in the operation's thread.
_this = threading.local()


class Bearer(AuthBase):
    """An auth object, because `requests` consults `.netrc` whenever there is none."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _NoAuth(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def new_session(max_concurrency: int) -> requests.Session:
    """A session that keeps as many connections as there may be requests at once, and no cookie."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=max_concurrency, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # What the environment says about a host is looked up by `network_of`.
    session.trust_env = False
    return session


def network_of(url: str, verify: bool | str) -> dict[str, Any]:
    """Proxies and certificates for a host, as arguments of a request."""
    host = urlsplit(url).hostname or ""
    here = is_loopback(host) or host == _METADATA_SERVICE
    proxies = NO_PROXY if here else get_environ_proxies(url)
    if verify is True:
        verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return {"proxies": proxies, "verify": verify}


@contextlib.contextmanager
def signing_in_by(deadline: Deadline) -> Iterator[None]:
    """Let requests for a token, made in this thread meanwhile, end when an operation has to."""
    _this.deadline = deadline
    try:
        yield
    finally:
        _this.deadline = None


def read_body(response: requests.Response, deadline: Deadline, most: int) -> bytes:
    """The body, in pieces, so that a server dripping bytes cannot outlast the deadline."""
    pieces, size = [], 0
    while piece := response.raw.read1(65536, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise requests.exceptions.ContentDecodingError("the response is too large")
        if deadline.remaining() == 0.0:
            raise requests.exceptions.ReadTimeout("the response did not arrive in time")
    return b"".join(pieces)


@dataclass(frozen=True, repr=False)
class TokenResponse:
    """A response of a sign-in service, as `msal` reads it."""

    status_code: int
    text: str
    headers: Any

    def raise_for_status(self) -> None:
        """Raise for a status of 400 and above."""
        if self.status_code >= 400:
            raise requests.HTTPError(f"HTTP {self.status_code}")


class SignInSession:
    """
    The HTTP session of sign-ins: our limits, no redirects.

    Attributes:
        transient: the last response said to come back later, or none came.
        retry_after: seconds that the last response asked to wait, or None.
    """

    def __init__(self, session: requests.Session, connection: Connection) -> None:
        self._session = session
        self._verify: bool | str = connection.get("ca_bundle") or True
        self._trusted = _sign_in_roots(connection)
        self.transient = False
        self.retry_after: float | None = None

    def get(self, url: str, **arguments: Any) -> TokenResponse:
        """Send a GET."""
        return self._send("GET", url, arguments)

    def post(self, url: str, **arguments: Any) -> TokenResponse:
        """Send a POST; credentials are in it, so only where one signs in."""
        target = next(filter(None, (follow(url, root) for root in self._trusted)), "")
        if not target.startswith("https://"):
            raise AuthenticationError(
                f"Sign-in: the sign-in service points at another host ({one_line(url, 80)}); not "
                "followed, because the credentials would go there. Check authority_host."
            )
        return self._send("POST", target, arguments)

    def pinning_session(self) -> requests.Session:
        """
        The base of `msal`'s session for Service Fabric, whose certificate it compares with
        a thumbprint; it takes nothing but a session of `requests`.
        """
        session = new_session(1)
        session.auth = _NoAuth()
        session.trust_env = False
        session.max_redirects = 0
        return session

    def close(self) -> None:
        """Nothing to do: the session is the transport's."""

    def _send(self, method: str, url: str, arguments: dict[str, Any]) -> TokenResponse:
        deadline: Deadline | None = getattr(_this, "deadline", None)
        left = max(_LEAST_SECONDS, deadline.remaining()) if deadline else _TOKEN_SECONDS
        arguments.setdefault("timeout", (min(CONNECT_SECONDS, left), min(_TOKEN_SECONDS, left)))
        self.transient, self.retry_after = True, None
        started = time.monotonic()
        wire_log.sent(method, url, arguments.get("headers") or {}, arguments.get("data"))
        try:
            with self._session.request(
                method,
                url,
                allow_redirects=False,
                auth=_NoAuth(),
                stream=True,
                **network_of(url, self._verify),
                **arguments,
            ) as response:
                raw = read_body(response, Deadline(_TOKEN_SECONDS), _MOST_TOKEN_BYTES)
        except Exception as error:
            self.transient = not isinstance(error, requests.exceptions.SSLError)
            wire_log.failed(method, url, error)
            raise
        status, seconds = response.status_code, time.monotonic() - started
        wire_log.responded(method, url, status, response.headers, raw, seconds)
        self.transient = status == 429 or status >= 500
        self.retry_after = retry_after(response.headers)
        return TokenResponse(status, raw.decode("utf-8", "replace"), response.headers)


def _sign_in_roots(connection: Connection) -> frozenset[str]:
    """Where credentials may be posted: the sign-in services, and who vouches for a federation."""
    urls = [authority for cloud in CLOUDS for authority in cloud.authorities]
    urls += [connection.authority_host, connection.get("oidc_request_url") or ""]
    return frozenset(filter(None, urls))
