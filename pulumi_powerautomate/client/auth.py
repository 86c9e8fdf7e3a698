"""
Bearer tokens: fetched once per process and audience, shared by all lanes, renewed before expiry.

`msal` keeps its cache safe between threads but not its first request: as many lanes as start cold
would each send one. A lock around the whole makes it a single request.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..connection import Connection
from ..errors import AuthenticationError, one_line

# A sign-in that failed is not tried again for so long: the lanes that waited for it would all do
# so, one after the other, against a service that is down or that may lock the application out.
_SECONDS_AFTER_FAILURE = 5.0

# Renewed this long before the end, so that no request is sent with a token about to expire.
_MARGIN_SECONDS = 300.0


class TokenHttp(Protocol):
    """What `msal` needs of a client for HTTP."""

    def get(self, url: str, **arguments: Any) -> Any: ...
    def post(self, url: str, **arguments: Any) -> Any: ...
    def close(self) -> None: ...


class TokenSource:
    """The token of one connection."""

    def __init__(self, connection: Connection, http: TokenHttp) -> None:
        self._connection = connection
        self._http = http
        self._lock = threading.Lock()
        self._token = ""
        self._fresh_until = 0.0
        self._application: Any = None
        self._failure: AuthenticationError | None = None
        self._failed_at = 0.0

    def token(self) -> str:
        """
        A valid token; the first caller fetches it while the others wait.

        Raises:
            ConfigurationError: a credential is missing.
            AuthenticationError: the identity service refused.
        """
        given = self._connection.get("access_token")
        if given:
            return given
        with self._lock:
            if time.monotonic() < self._fresh_until:
                return self._token
            if self._failure and time.monotonic() - self._failed_at < _SECONDS_AFTER_FAILURE:
                raise AuthenticationError(str(self._failure), self._failure.code)
            try:
                self._token, seconds = self._fetch()
            except AuthenticationError as error:
                self._failure, self._failed_at = error, time.monotonic()
                raise
            self._failure = None
            self._fresh_until = time.monotonic() + max(seconds - _MARGIN_SECONDS, seconds / 2)
            return self._token

    def discard(self, token: str) -> None:
        """Forget a token that was refused, unless another lane has renewed it already."""
        with self._lock:
            if token == self._token and self._application is not None:
                self._fresh_until = 0.0
                self._application.remove_tokens_for_client()

    def _fetch(self) -> tuple[str, float]:
        if self._application is None:
            self._application = self._confidential_client()
        scope = audience(self._connection.environment_url) + "/.default"
        try:
            result = self._application.acquire_token_for_client([scope])
        except Exception as error:
            raise _unreachable(self._connection, error) from None
        if "access_token" not in result:
            raise _refused(result)
        return str(result["access_token"]), float(result.get("expires_in", 3600))

    def _confidential_client(self) -> Any:
        tenant = self._connection.require("tenant_id")
        client_id = self._connection.require("client_id")
        secret = self._connection.require("client_secret")
        import msal

        try:
            return msal.ConfidentialClientApplication(
                client_id,
                client_credential=secret,
                authority=f"{self._connection.authority_host}/{tenant}",
                # Asking login.microsoftonline.com about a host we were told to use adds a request
                # and a dependency on the public cloud to every other cloud.
                instance_discovery=False,
                http_client=self._http,
            )
        except Exception as error:
            raise _unreachable(self._connection, error) from None


def audience(environment_url: str) -> str:
    """The resource a token is for: the environment without the `.api.` of its alternative host."""
    parts = urlsplit(environment_url)
    return f"{parts.scheme}://{parts.netloc.replace('.api.', '.', 1)}"


def _unreachable(connection: Connection, error: Exception) -> AuthenticationError:
    host = urlsplit(connection.authority_host).netloc
    if "certificate" in str(error).lower():
        return AuthenticationError(
            f"Sign-in: the certificate of {host} is not trusted. Set ca_bundle "
            "(POWERAUTOMATE_CA_BUNDLE) to the file of your certificate authority."
        )
    if isinstance(error, ValueError):
        return AuthenticationError(
            f"Sign-in: {host} does not know the tenant {connection.get('tenant_id')!r}. "
            "Check tenant_id and authority_host."
        )
    return AuthenticationError(
        f"Sign-in: {host} cannot be reached ({type(error).__name__}). Check authority_host, the "
        "network and HTTPS_PROXY."
    )


_REMEDIES = {
    "AADSTS7000215": "client_secret is not valid: use the secret's value, not its id.",
    "AADSTS7000222": "client_secret has expired: create a new one.",
    "AADSTS700016": "client_id is not known in this tenant: check client_id and tenant_id.",
    "AADSTS90002": "tenant_id is not known: check it and the cloud (authority_host).",
}


def _refused(result: dict[str, Any]) -> AuthenticationError:
    text = str(result.get("error_description") or result.get("error") or "no reason given")
    first = one_line(text.splitlines()[0], 300)
    code = first.split(":", 1)[0] if first.startswith("AADSTS") else ""
    remedy = _REMEDIES.get(code, "")
    return AuthenticationError(f"Sign-in was refused: {first.rstrip('.')}. {remedy}".strip(), code)
