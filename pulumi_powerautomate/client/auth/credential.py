"""Interface of an auth method, and the services it may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, repr=False)
class Grant:
    """
    A token and its lifetime.

    Attributes:
        token: the bearer token.
        seconds: how long it is good for, from now.
    """

    token: str
    seconds: float


class TokenHttp(Protocol):
    """
    A client for HTTP, as `msal` needs it.

    Attributes:
        transient: the last response said to come back later, or none came.
        retry_after: seconds that the last response asked to wait, or None.
    """

    transient: bool
    retry_after: float | None

    def get(self, url: str, **arguments: Any) -> Any: ...
    def post(self, url: str, **arguments: Any) -> Any: ...
    def close(self) -> None: ...
    def pinning_session(self) -> Any: ...


class Credential(Protocol):
    """One auth method."""

    def fetch(self, audience: str, *, renew: bool) -> Grant:
        """
        A token for an audience.

        Args:
            audience: the origin that the token will be sent to.
            renew: the last token was refused, so a kept one is no help.

        Raises:
            ConfigurationError: a setting is missing or of no use.
            AuthenticationError: the identity service refused, or cannot be reached.
        """
        ...
