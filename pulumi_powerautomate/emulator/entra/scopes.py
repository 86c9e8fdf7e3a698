"""Scopes in requests for tokens: those of the v2.0 endpoint, the resource of the older one."""

from __future__ import annotations

from dataclasses import dataclass

from .refusals import refuse
from .request import SignInRequest

_OPENID = frozenset({"openid", "profile", "email", "offline_access"})


@dataclass(frozen=True)
class Scopes:
    """One resource, and what OpenID Connect adds."""

    resource: str
    openid: frozenset[str]

    @property
    def granted(self) -> str:
        """The scopes of a person's token, as the response names them."""
        return f"{self.resource}/user_impersonation {self.resource}/.default"


def for_application(request: SignInRequest) -> str:
    """The resource of a client credentials request."""
    if "resource" in request.form and "scope" not in request.form:
        return request.form["resource"].rstrip("/")
    scope = request.require("scope")
    if " " in scope.strip() or not scope.endswith("/.default"):
        raise refuse(1002012, scope=scope)
    return scope.removesuffix("/.default").rstrip("/")


def for_user(text: str) -> Scopes:
    """The scopes of a person's request."""
    names = text.split()
    openid = _OPENID.intersection(names)
    resources = {_resource(name) for name in names if name not in _OPENID}
    if len(resources) > 1:
        raise refuse(28000, scope=text)
    if not resources:
        raise refuse(70011, scope=text)
    return Scopes(resources.pop(), openid)


def _resource(scope: str) -> str:
    head, slash, _ = scope.rpartition("/")
    if not slash or "://" not in scope:
        raise refuse(70011, scope=scope)
    return head.rstrip("/")
