"""
An application that signs in as itself: with a secret, a certificate, or a federated assertion.

A fresh `msal` application serves each token: `TokenSource` asks once an hour, and what `msal` would
keep in between are failures (a 5xx is repeated from its cache for five seconds or longer) and
tokens that the service has refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...config import Connection
from .certificate import load_certificate
from .credential import Grant, TokenHttp
from .error_responses import granted
from .workload_identity import assertion_source


class ApplicationCredential:
    """The client credentials flow of an app registration."""

    def __init__(self, connection: Connection, http: TokenHttp) -> None:
        self._connection = connection
        self._http = http
        self._tenant = connection.require("tenant_id")
        self._client_id = connection.require("client_id")
        make: Callable[[], Any] = {
            "client_secret": lambda: connection.require("client_secret"),
            "client_certificate": lambda: load_certificate(connection),
            "oidc": lambda: {"client_assertion": assertion_source(connection, http)},
        }[connection.auth_method]
        self._credential = make()

    def fetch(self, audience: str, *, renew: bool) -> Grant:
        """A token for the application itself; see `Credential`."""
        import msal

        application = msal.ConfidentialClientApplication(
            self._client_id,
            client_credential=self._credential,
            authority=f"{self._connection.authority_host}/{self._tenant}",
            # Asking login.microsoftonline.com about a host we were told to use adds a request
            # and a dependency on the public cloud to every other cloud.
            instance_discovery=False,
            http_client=self._http,
        )
        return granted(application.acquire_token_for_client([f"{audience}/.default"]), audience)
