"""
Assertions of a federated identity: who the CI system, or the cluster, says that we are.

Each source is asked again for every token, because its assertions live for minutes (GitHub, Azure
Pipelines) or are replaced in their file (Kubernetes).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ...config import Connection
from ...config.trusted_hosts import check_credential_url
from ...errors import AuthenticationError, ConfigurationError
from .credential import TokenHttp

_AZURE_PIPELINES_VERSION = "7.1"
_LARGEST_FILE = 64 * 1024


def assertion_source(connection: Connection, http: TokenHttp) -> Callable[[], str]:
    """A function that returns a fresh assertion at each call."""
    token = connection.get("oidc_token")
    if token:
        return lambda: token
    path = connection.get("oidc_token_file_path")
    if path:
        return lambda: _from_file(path, connection.origins["oidc_token_file_path"])
    if _is_azure_pipelines(connection):
        return lambda: _from_azure_pipelines(connection, http)
    return lambda: _from_github(connection, http)


def _is_azure_pipelines(connection: Connection) -> bool:
    origin = connection.origins.get("oidc_request_url", "")
    return bool(connection.get("ado_pipeline_service_connection_id")) or "SYSTEM_" in origin


def _from_file(path: str, origin: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_LARGEST_FILE + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigurationError(
            f"oidc_token_file_path: {path} cannot be read ({reason}; {origin})."
        ) from None
    if not text or len(text) > _LARGEST_FILE:
        raise ConfigurationError(f"oidc_token_file_path: {path} holds no token ({origin}).")
    return text


def _from_github(connection: Connection, http: TokenHttp) -> str:
    """Source: GitHub documentation, "OpenID Connect reference"."""
    url = _with_query(
        connection.require("oidc_request_url"), {"audience": connection.cloud.audience}
    )
    response = http.get(url, headers=_headers(connection))
    return _assertion(response, "value", "GitHub", "give the job `permissions: id-token: write`")


def _from_azure_pipelines(connection: Connection, http: TokenHttp) -> str:
    """Source: Azure DevOps REST API, "Oidctoken - Create"."""
    service_connection = connection.require("ado_pipeline_service_connection_id")
    url = _with_query(
        connection.require("oidc_request_url"),
        {"api-version": _AZURE_PIPELINES_VERSION, "serviceConnectionId": service_connection},
    )
    headers = {
        **_headers(connection),
        "Content-Type": "application/json",
        # Without it a bad token is answered with a redirect to a sign-in page.
        "X-TFS-FedAuthRedirect": "Suppress",
    }
    response = http.post(url, headers=headers, data="")
    return _assertion(
        response,
        "oidcToken",
        "Azure Pipelines",
        "map `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` and check "
        "ado_pipeline_service_connection_id",
    )


def _headers(connection: Connection) -> dict[str, str]:
    token = connection.require("oidc_request_token")
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _with_query(url: str, more: Mapping[str, str]) -> str:
    parts = urlsplit(check_credential_url(url, "oidc_request_url"))
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode({**more, **given})))


def _assertion(response: Any, member: str, who: str, remedy: str) -> str:
    try:
        value = json.loads(response.text)[member] if response.status_code == 200 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        value = None
    if not isinstance(value, str) or not value:
        raise AuthenticationError(
            f"Sign-in: {who} gave no identity token (HTTP {response.status_code}); {remedy}."
        )
    return value
