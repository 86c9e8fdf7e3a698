"""
Policies of the tenant that a test switches on, and refusals on demand.

Source: "Claims challenges, claims requests and client capabilities".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from .. import seed
from ..responses import ServiceError
from .aadsts import REFUSALS
from .directory import known
from .refusals import SignInRefusal, refuse
from .tokens import Token


class ConditionalAccess:
    """Demands beyond a credential."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing is demanded."""
        self._block = False
        self._mfa = False
        self._challenge: dict[str, Any] = {}
        self._next: list[int] = []

    def set(self, options: Mapping[str, Any]) -> None:
        """
        Change what is demanded: `block` refuses everybody, `mfa` every sign-in without a browser,
        `challenge` every call of the API with a token that lacks these claims. `refuse` is the
        number of a refusal that the next `times` requests for a token get.
        """
        known(options, ("block", "mfa", "challenge", "refuse", "times"))
        self._block = bool(options.get("block", self._block))
        self._mfa = bool(options.get("mfa", self._mfa))
        self._challenge = dict(options.get("challenge", self._challenge) or {})
        number = options.get("refuse")
        if number is not None:
            if number not in REFUSALS:
                numbers = ", ".join(map(str, sorted(REFUSALS)))
                raise ServiceError(400, "", f"No refusal {number!r}; there are {numbers}.")
            self._next += [number] * int(options.get("times", 1))

    def check_request(self, client_id: str) -> None:
        """Refuse when a test has asked for it."""
        if self._next:
            raise refuse(self._next.pop(0), client_id=client_id, name=client_id)

    def check_token(self, resource: str, *, person: bool, browser: bool) -> None:
        """Refuse a token that a policy stands against."""
        if self._block:
            raise refuse(53003)
        if self._mfa and person and not browser:
            values = {"essential": True, "values": ["mfa"]}
            claims = json.dumps({"access_token": {"capolids": values}})
            raise SignInRefusal(
                50076, {"resource": resource}, {"suberror": "basic_action", "claims": claims}
            )

    def challenge(self, token: Token) -> str | None:
        """The `WWW-Authenticate` of an API that wants more than this token has."""
        if not self._challenge or _satisfies(token, self._challenge):
            return None
        claims = base64.b64encode(json.dumps(self._challenge).encode()).decode()
        return (
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/'
            f'{seed.TENANT}/oauth2/authorize", error="insufficient_claims", claims="{claims}"'
        )


def requested_claims(text: str) -> dict[str, Any]:
    """The `claims` parameter of a request."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise refuse(900144, parameter="claims")
    return value


def _satisfies(token: Token, challenge: Mapping[str, Any]) -> bool:
    for name, demand in challenge.get("access_token", {}).items():
        if name == "nbf":
            if token.issued < float(demand.get("value", 0)):
                return False
        elif token.claims.get("access_token", {}).get(name) != demand:
            return False
    return True
