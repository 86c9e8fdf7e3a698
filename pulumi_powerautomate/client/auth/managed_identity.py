"""The managed identity of the machine or service this runs on; `msal` knows their endpoints."""

from __future__ import annotations

import json
import os
from typing import Any

from ...config import Connection
from ...errors import AuthenticationError, one_line
from .credential import Grant, TokenHttp
from .error_responses import granted

_API_VERSION = "2018-02-01"


class ManagedIdentityCredential:
    """
    The system-assigned identity, or with `client_id` a user-assigned one.

    Virtual machines (IMDS), App Service, Functions, Container Apps, Arc, Service Fabric and Machine
    Learning.
    """

    def __init__(self, connection: Connection, http: TokenHttp) -> None:
        self._client_id = connection.get("client_id")
        self._endpoint = connection.get("msi_endpoint")
        self._http = http

    def fetch(self, audience: str, *, renew: bool) -> Grant:
        """A token from the endpoint of the place this runs in; see `Credential`."""
        if self._endpoint:
            return granted(self._from_endpoint(self._endpoint, audience), audience)
        import msal

        identity: Any = (
            msal.UserAssignedManagedIdentity(client_id=self._client_id)
            if self._client_id
            else msal.SystemAssignedManagedIdentity()
        )
        on_service_fabric = bool(os.environ.get("IDENTITY_SERVER_THUMBPRINT"))
        client = msal.ManagedIdentityClient(
            identity,
            http_client=self._http.pinning_session() if on_service_fabric else self._http,
        )
        try:
            result = client.acquire_token_for_client(resource=audience)
        except (OSError, ValueError) as error:
            if self._http.transient:
                raise
            raise AuthenticationError(
                f"Sign-in with the managed identity failed ({one_line(str(error), 200)}). Check "
                "that this machine or service has one; elsewhere set auth to another way."
            ) from None
        return granted(result, audience)

    def _from_endpoint(self, endpoint: str, audience: str) -> Any:
        """Source: "How to use managed identities to acquire an access token" (Microsoft Learn)."""
        query = {"api-version": _API_VERSION, "resource": audience}
        if self._client_id:
            query["client_id"] = self._client_id
        answer = self._http.get(endpoint, params=query, headers={"Metadata": "true"})
        return json.loads(answer.text)
