"""Tokens: signed, remembered, and good until the emulator's clock says otherwise."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from .. import seed
from ..clock import Clock
from .directory import Application, User

TOKEN_SECONDS = 3599
REFRESH_SECONDS = 90 * 24 * 3600.0


class SigningKey:
    """A key pair, made when it is first needed, and what the public needs to check with it."""

    @cached_property
    def _private(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def kid(self) -> str:
        """The name of the key."""
        return secrets.token_urlsafe(20)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A signed token."""
        headers = {"typ": "JWT", "kid": self.kid, "x5t": self.kid}
        return jwt.encode(dict(claims), self._private, algorithm="RS256", headers=headers)

    def jwks(self) -> dict[str, Any]:
        """The JWK set."""
        key = RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        return {"keys": [{**key, "kid": self.kid, "use": "sig", "alg": "RS256"}]}


@dataclass
class Token:
    """The meaning of an access token."""

    client_id: str
    audience: str
    issued: float
    expires: float
    user_id: str | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    revoked: bool = False


@dataclass
class RefreshToken:
    """The meaning of a refresh token."""

    client_id: str
    user_id: str
    issued: float
    expires: float
    revoked: bool = False


class Tokens:
    """The tokens that were given out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.key = SigningKey()
        self.seconds = TOKEN_SECONDS
        self.access: dict[str, Token] = {}
        self.refresh: dict[str, RefreshToken] = {}

    def reset(self) -> None:
        """Forget them."""
        self.access.clear()
        self.refresh.clear()
        self.seconds = TOKEN_SECONDS

    def good(self, bearer: str) -> Token | None:
        """The token of a bearer, when it is one of ours that is still valid."""
        token = self.access.get(bearer)
        if token is None or token.revoked or token.expires <= self._clock.now():
            return None
        return token

    def revoke_all(self) -> None:
        """Make every token that was given out worthless."""
        for token in self.access.values():
            token.revoked = True
        for refresh in self.refresh.values():
            refresh.revoked = True

    def for_application(
        self, application: Application, audience: str, appidacr: str, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The response to an application that signed in as itself; `appidacr` says with what."""
        named = {
            "appid": application.client_id,
            "app_displayname": application.name,
            "appidacr": appidacr,
            "idtyp": "app",
            "oid": application.object_id,
            "sub": application.object_id,
            **({"roles": application.roles} if application.roles else {}),
        }
        return self._issue(application.client_id, audience, named, None, claims)

    def for_identity(self, client_id: str, object_id: str, audience: str) -> dict[str, Any]:
        """The response to a managed identity, before the endpoint gives it its shape."""
        named = {
            "appid": client_id,
            "appidacr": "2",
            "idtyp": "app",
            "oid": object_id,
            "sub": object_id,
        }
        return self._issue(client_id, audience, named, None, {})

    def for_user(
        self, application: Application, user: User, audience: str, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The access token of a person, without refresh and id token."""
        named = {
            "appid": application.client_id,
            "app_displayname": application.name,
            "appidacr": "0" if application.public else "1",
            "idtyp": "user",
            "oid": user.object_id,
            "sub": user.object_id,
            "name": user.name,
            "upn": user.username,
            "unique_name": user.username,
            "scp": "user_impersonation",
            "amr": ["pwd"],
        }
        return self._issue(application.client_id, audience, named, user.object_id, claims)

    def for_refreshing(self, client_id: str, user_id: str) -> str:
        """A refresh token, good for 90 days."""
        now = self._clock.now()
        value = "1.AXk" + secrets.token_urlsafe(64)
        self.refresh[value] = RefreshToken(client_id, user_id, now, now + REFRESH_SECONDS)
        return value

    def identifying(self, base: str, client_id: str, user: User, nonce: str | None) -> str:
        """An id token."""
        now = int(self._clock.now())
        claims = {
            "aud": client_id,
            "iss": f"{base}/{seed.TENANT}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "name": user.name,
            "oid": user.object_id,
            "preferred_username": user.username,
            "sub": user.object_id,
            "tid": seed.TENANT,
            "ver": "2.0",
        }
        return self.key.sign({**claims, **({"nonce": nonce} if nonce else {})})

    def _issue(
        self,
        client_id: str,
        audience: str,
        named: Mapping[str, Any],
        user_id: str | None,
        asked: Mapping[str, Any],
    ) -> dict[str, Any]:
        now = self._clock.now()
        expires = now + self.seconds
        bearer = self.key.sign(
            {
                "aud": audience,
                "iss": f"https://sts.windows.net/{seed.TENANT}/",
                "iat": int(now),
                "nbf": int(now),
                "exp": int(expires),
                **named,
                "tid": seed.TENANT,
                "uti": secrets.token_urlsafe(16),
                "ver": "1.0",
            }
        )
        self.access[bearer] = Token(client_id, audience, now, expires, user_id, dict(asked))
        return {
            "token_type": "Bearer",
            "expires_in": self.seconds,
            "ext_expires_in": self.seconds,
            "access_token": bearer,
        }


def client_info(user: User) -> str:
    """Who signed in, for the cache of the client."""
    text = json.dumps({"uid": user.object_id, "utid": seed.TENANT})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
