"""
The sign-in service: tenants, applications, and tokens that end by the emulator's clock.

What `msal` asks for is answered as Microsoft Entra answers it, and every request is counted.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from . import seed
from .answers import Answer
from .clock import Clock

_TOKEN_SECONDS = 3599


@dataclass
class Token:
    """What a token stands for."""

    client_id: str
    audience: str
    expires: float
    revoked: bool = False


@dataclass
class Application:
    """A registered application."""

    secret: str
    name: str = ""


@dataclass
class Entra:
    """One tenant."""

    clock: Clock
    applications: dict[str, Application] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    token_seconds: int = _TOKEN_SECONDS
    base: str = ""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Only the application that comes with the emulator, and no token."""
        self.applications = {seed.CLIENT: Application(seed.CLIENT_SECRET, "pulumi-deploy")}
        self.tokens.clear()
        self.requests.clear()
        self.token_seconds = _TOKEN_SECONDS

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a request to the sign-in host."""
        parts = [part for part in path.split("/") if part]
        if parts[:2] == ["common", "discovery"]:
            return self._instances()
        if parts[1:] in (
            ["v2.0", ".well-known", "openid-configuration"],
            [".well-known", "openid-configuration"],
        ):
            return self._configuration(parts[0])
        if parts[1:] in (["oauth2", "v2.0", "token"], ["oauth2", "token"]) and method == "POST":
            return self._token(parts[0], headers, body)
        return Answer(404, {"error": "not_found", "error_description": f"No {path} here."})

    def caller(self, bearer: str) -> Token | None:
        """The token behind a bearer, when it is one of ours that is still good."""
        token = self.tokens.get(bearer)
        if token is None or token.revoked or token.expires <= self.clock.now():
            return None
        return token

    def revoke_all(self) -> None:
        """Make every token that was given out worthless."""
        for token in self.tokens.values():
            token.revoked = True

    def _configuration(self, tenant: str) -> Answer:
        if not _knows(tenant):
            return self._no_tenant(tenant)
        root = f"{self.base}/{tenant}"
        return _json(
            200,
            {
                "issuer": f"{root}/v2.0",
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "response_types_supported": ["code", "id_token", "code id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
        )

    def _instances(self) -> Answer:
        host = self.base.partition("://")[2]
        return _json(
            200,
            {
                "tenant_discovery_endpoint": f"{self.base}/{seed.TENANT}/v2.0/"
                ".well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
                ],
            },
        )

    def _token(self, tenant: str, headers: Mapping[str, str], body: bytes) -> Answer:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        basic = _basic(headers)
        client_id = form.get("client_id") or basic[0]
        self.requests.append(
            {"tenant": tenant, "client_id": client_id, "grant_type": form.get("grant_type", "")}
        )
        if not _knows(tenant):
            return self._no_tenant(tenant)
        if form.get("grant_type") != "client_credentials":
            return self._refused(
                70003, "unsupported_grant_type", "The app requested an unsupported grant type."
            )
        application = self.applications.get(client_id)
        if application is None:
            return self._refused(
                700016,
                "unauthorized_client",
                f"Application with identifier '{client_id}' was not found in the directory "
                "'Contoso'. This can happen if the application has not been installed by the "
                "administrator of the tenant or consented to by any user in the tenant. You may "
                "have sent your authentication request to the wrong tenant.",
            )
        secret = form.get("client_secret") or basic[1]
        if not secret:
            return self._refused(
                7000218,
                "invalid_client",
                "The request body must contain the following parameter: 'client_assertion' or "
                "'client_secret'.",
                401,
            )
        if secret != application.secret:
            return self._refused(
                7000215,
                "invalid_client",
                "Invalid client secret provided. Ensure the secret being sent in the request is "
                "the client secret value, not the client secret ID, for a secret added to app "
                f"'{client_id}'.",
                401,
            )
        scope = form.get("scope") or form.get("resource") or ""
        return self._issue(client_id, scope.removesuffix("/.default").rstrip("/"))

    def _issue(self, client_id: str, audience: str) -> Answer:
        now = self.clock.now()
        expires = now + self.token_seconds
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{seed.TENANT}/",
            "iat": int(now),
            "exp": int(expires),
            "appid": client_id,
            "tid": seed.TENANT,
            "ver": "1.0",
        }
        header = {"typ": "JWT", "alg": "RS256"}
        bearer = ".".join((_encoded(header), _encoded(claims), secrets.token_urlsafe(32)))
        self.tokens[bearer] = Token(client_id, audience, expires)
        return _json(
            200,
            {
                "token_type": "Bearer",
                "expires_in": self.token_seconds,
                "ext_expires_in": self.token_seconds,
                "access_token": bearer,
            },
        )

    def _no_tenant(self, tenant: str) -> Answer:
        return self._refused(
            90002,
            "invalid_request",
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and "
            "are signing into the correct cloud. Check with your subscription administrator, this "
            "may happen if there are no active subscriptions for the tenant.",
        )

    def _refused(self, number: int, error: str, text: str, status: int = 400) -> Answer:
        trace, correlation = uuid.uuid4(), uuid.uuid4()
        stamp = self.clock.stamp().replace("T", " ")
        return _json(
            status,
            {
                "error": error,
                "error_description": f"AADSTS{number}: {text} Trace ID: {trace} "
                f"Correlation ID: {correlation} Timestamp: {stamp}",
                "error_codes": [number],
                "timestamp": stamp,
                "trace_id": str(trace),
                "correlation_id": str(correlation),
                "error_uri": f"{self.base}/error?code={number}",
            },
        )


def _knows(tenant: str) -> bool:
    return tenant.lower() in (seed.TENANT, "contoso.onmicrosoft.com", "contoso.com")


def _basic(headers: Mapping[str, str]) -> tuple[str, str]:
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    name, _, secret = base64.b64decode(value).decode().partition(":")
    return unquote(name), unquote(secret)


def _encoded(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _json(status: int, body: dict[str, Any]) -> Answer:
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8"})
