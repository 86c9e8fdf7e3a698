"""
The tokens of one connection: fetched once per process and audience, renewed before they end.

Threads that start together would each send a token request; a lock around the whole makes it one.
"""

from __future__ import annotations

import threading
import time
from copy import copy
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...config import Connection
from ...errors import AuthenticationError, PowerAutomateError
from ...redaction import keep_secret
from .credential import Credential, Grant, TokenHttp
from .error_responses import unreachable

# Renewed this long before the end, so that no request is sent with a token about to expire.
_MARGIN_SECONDS = 300.0
_MOST_TRIES = 3
_FIRST_PAUSE = 1.0
# A sign-in service that asks for a longer pause is reported instead of waited for.
_LONGEST_PAUSE = 60.0
# A sign-in service that did not answer is not asked again for so long.
_SECONDS_AFTER_SILENCE = 5.0


@dataclass
class _Held:
    """A token, and until when it is used."""

    token: str
    fresh_until: float
    refused: bool = False


class TokenSource:
    """Bearer tokens of one connection."""

    def __init__(self, connection: Connection, http: TokenHttp) -> None:
        self._connection = connection
        self._http = http
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._credential: Credential | None = None
        self._failed: dict[str, tuple[PowerAutomateError, float]] = {}

    def token(self, audience: str | None = None) -> str:
        """
        A valid token; the first caller fetches it while the others wait.

        Args:
            audience: the origin it is for; the environment by default.

        Raises:
            ConfigurationError: a credential is missing or of no use.
            AuthenticationError: the identity service refused.
        """
        given = self._connection.get("access_token")
        if given and self._connection.auth_method == "access_token":
            return given
        audience = audience or audience_of(self._connection.environment_url)
        arrived = time.monotonic()
        with self._lock:
            held = self._held.get(audience)
            if held is None or held.refused or time.monotonic() >= held.fresh_until:
                self._share_failure(audience, arrived)
                grant = self._fetched(audience, renew=held is not None and held.refused)
                life = max(grant.seconds - _MARGIN_SECONDS, grant.seconds / 2)
                held = self._held[audience] = _Held(grant.token, time.monotonic() + life)
            return held.token

    def discard(self, token: str) -> None:
        """Use a token that was refused no more, unless another thread has renewed it already."""
        with self._lock:
            for held in self._held.values():
                if held.token == token:
                    held.refused = True

    def _share_failure(self, audience: str, arrived: float) -> None:
        """
        Raise the failure of a fetch that the caller has waited for.

        All who waited would try again, one after the other, against a service that is down or that
        may lock the application out.
        """
        if audience not in self._failed:
            return
        failure, failed_at = self._failed[audience]
        silent = isinstance(failure, AuthenticationError) and not failure.code
        if arrived < failed_at or (silent and arrived - failed_at < _SECONDS_AFTER_SILENCE):
            # Each thread raises one of its own: a shared one would gather the tracebacks of all.
            raise copy(failure)

    def _fetched(self, audience: str, *, renew: bool) -> Grant:
        try:
            grant = self._fetch(audience, renew=renew)
        except PowerAutomateError as error:
            self._failed[audience] = (error, time.monotonic())
            raise
        self._failed.pop(audience, None)
        return grant

    def _fetch(self, audience: str, *, renew: bool) -> Grant:
        tries = 0
        while True:
            tries += 1
            try:
                if self._credential is None:
                    self._credential = _credential(self._connection, self._http)
                self._http.transient = False
                grant = self._credential.fetch(audience, renew=renew)
                keep_secret(grant.token)
                return grant
            except PowerAutomateError:
                if not self._may_try_again(tries):
                    raise
            except Exception as error:
                if not self._may_try_again(tries):
                    raise unreachable(self._connection, error, self._http.transient) from None

    def _may_try_again(self, tries: int) -> bool:
        """Wait as the service asked; False when there is no use in it."""
        pause = self._http.retry_after
        if pause is None:
            pause = _FIRST_PAUSE * 2 ** (tries - 1)
        if not self._http.transient or tries >= _MOST_TRIES or pause > _LONGEST_PAUSE:
            return False
        time.sleep(pause)
        return True


def audience_of(environment_url: str) -> str:
    """The resource a token is for: the environment without the `.api.` of its alternative host."""
    parts = urlsplit(environment_url)
    return f"{parts.scheme}://{parts.netloc.replace('.api.', '.', 1)}"


def _credential(connection: Connection, http: TokenHttp) -> Credential:
    if connection.auth_method == "msi":
        from .managed_identity import ManagedIdentityCredential

        return ManagedIdentityCredential(connection, http)
    if connection.auth_method in ("cli", "azd"):
        from .developer_cli import ToolCredential

        return ToolCredential(connection)
    if connection.auth_method in ("device_code", "browser"):
        from .interactive import PersonCredential

        return PersonCredential(connection, http)
    from .service_principal import ApplicationCredential

    return ApplicationCredential(connection, http)
