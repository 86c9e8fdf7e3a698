"""Who sends a request to the API: the token, and the user of the environment behind it."""

from __future__ import annotations

from . import seed
from .entra import Entra
from .entra.tokens import Token
from .environment import Environment
from .request import Caller, Request
from .responses import Response, ServiceError


def identify(environment: Environment, entra: Entra, request: Request) -> Caller:
    """The caller, or the documented refusal: 401 for the token, 403 for the user."""
    token = good_token(environment, entra, request)
    if token is None:
        return _member(environment, request, applicationid=seed.CLIENT)
    fresh = environment.switches["fresh_environment_403_seconds"]
    # Before its start is it when a test has moved the clock back.
    if 0 <= environment.clock.now() - environment.started < fresh:
        raise _not_a_member()
    return _member(environment, request, **_column(token))


def good_token(environment: Environment, entra: Entra, request: Request) -> Token | None:
    """The token of a request, made out to where it goes; None for the developer's."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        bearer = ""
    if bearer == seed.DEVELOPER_TOKEN and environment.switches["strict_tokens"] == "off":
        return None
    token = entra.caller(bearer)
    if token is None or token.audience != request.base:
        raise _unauthorized(bearer, request.base)
    challenge = entra.policies.challenge(token)
    if challenge is not None:
        raise _Unauthorized(401, "", "", {"WWW-Authenticate": challenge})
    return token


def _column(token: Token) -> dict[str, str]:
    """The column that identifies the user: the id of an application, the object id of a person."""
    if token.user_id is not None:
        return {"azureactivedirectoryobjectid": token.user_id}
    return {"applicationid": token.client_id}


def _member(environment: Environment, request: Request, **column: str) -> Caller:
    user = environment.store.find("systemuser", **column)
    if user is None or user["isdisabled"]:
        raise _not_a_member()
    return Caller(str(user["systemuserid"]))


def _unauthorized(bearer: str, base: str) -> ServiceError:
    if not bearer:
        where = (
            "Bearer authorization_uri=https://login.microsoftonline.com/"
            f"{seed.TENANT}/oauth2/authorize, resource_id={base}/"
        )
    else:
        where = "Bearer error=invalid_token, error_description=The access token is not valid"
    return _Unauthorized(401, "", "", {"WWW-Authenticate": where})


class _Unauthorized(ServiceError):
    def response(self) -> Response:
        headers = {**self.headers, "Content-Type": "text/html"}
        return Response(401, None, headers, raw=b"HTTP Error 401 - Unauthorized: Access is denied")


def _not_a_member() -> ServiceError:
    return ServiceError(403, "0x80072560", "The user is not a member of the organization.")
