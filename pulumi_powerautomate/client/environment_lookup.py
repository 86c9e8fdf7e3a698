"""
From the name of an environment to its address, once per process.

The look costs a token and one request, so only connections that name their environment pay it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..config import Connection, check_environment_url, missing_credentials
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .auth import TokenSource

_lock = threading.Lock()


@dataclass(frozen=True)
class _Found:
    """An address, and what signed in to learn it: a person is not asked twice."""

    url: str
    tokens: TokenSource


_found: dict[str, _Found] = {}


def locate(connection: Connection) -> Connection:
    """
    The connection with its environment's address; the same one when it has that already.

    Raises:
        ConfigurationError: nothing is called so, or a credential is missing.
        AuthenticationError: signing in was refused.
        TransportError: the discovery service gave no usable answer.
    """
    wanted = connection.get("environment")
    if connection.environment_url or not wanted:
        return connection
    with _lock:
        key = _key(connection)
        if key not in _found:
            _found[key] = _look_up(connection, wanted)
        url = _found[key].url
    origins = {**connection.origins, "environment_url": connection.origins["environment"]}
    return replace(connection, environment_url=url, origins=origins)


def tokens_of(connection: Connection) -> TokenSource | None:
    """The token source that looked up this connection's environment, if there is one."""
    found = _found.get(_key(connection))
    return found.tokens if found else None


def _look_up(connection: Connection, wanted: str) -> _Found:
    problems = missing_credentials(connection)
    if problems:
        raise ConfigurationError(" ".join(problems))
    origin = connection.origins["environment"]
    if connection.auth_method == "access_token":
        raise ConfigurationError(
            f"environment is {wanted!r} ({origin}), and looking it up needs a sign-in: "
            "access_token is for one environment only. Set environment_url to its address."
        )
    # Imported here: a connection with an address loads nothing of this.
    from .environments import Discovery

    discovery = Discovery(connection)
    try:
        found = discovery.find(wanted, f"environment ({origin})")
    finally:
        discovery.close()
    where = f"the discovery service, environment {wanted!r}"
    url = check_environment_url(found.url, where, connection.get("trusted_host") or "")
    return _Found(url, discovery.transport.tokens)


def _key(connection: Connection) -> str:
    return repr(sorted(connection.settings.items()))
