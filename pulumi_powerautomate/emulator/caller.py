"""Who sends a request to the API: the token, and the user of the environment behind it."""

from __future__ import annotations

from . import seed
from .answers import Answer, Refusal
from .entra import Entra
from .entra.tokens import Token
from .request import Request
from .service import Caller, Service


def identify(service: Service, entra: Entra, request: Request) -> Caller:
    """The caller, or the documented refusal: 401 for the token, 403 for the user."""
    token = good_token(service, entra, request)
    if token is None:
        return _member(service, request, applicationid=seed.CLIENT)
    fresh = service.switches["fresh_environment_403_seconds"]
    # Before its start is it when a test has moved the clock back.
    if 0 <= service.clock.now() - service.started < fresh:
        raise _not_a_member()
    return _member(service, request, **_column(token))


def good_token(service: Service, entra: Entra, request: Request) -> Token | None:
    """The token of a request, made out to where it goes; None for the developer's."""
    bearer = request.headers.get("authorization", "").partition(" ")[2]
    if bearer == seed.DEVELOPER_TOKEN and service.switches["strict_tokens"] == "off":
        return None
    token = entra.caller(bearer)
    if token is None or token.audience != request.base:
        raise _unauthorized(bearer, request.base)
    challenge = entra.policies.challenge(token)
    if challenge is not None:
        raise _Unauthorized(401, "", "", {"WWW-Authenticate": challenge})
    return token


def _column(token: Token) -> dict[str, str]:
    """What finds the user: an application by its id, a person by the object id."""
    if token.user_id is not None:
        return {"azureactivedirectoryobjectid": token.user_id}
    return {"applicationid": token.client_id}


def _member(service: Service, request: Request, **column: str) -> Caller:
    user = service.store.find("systemuser", **column)
    if user is None or user["isdisabled"]:
        raise _not_a_member()
    for header, name in (
        ("callerobjectid", "azureactivedirectoryobjectid"),
        ("mscrmcallerid", "systemuserid"),
    ):
        if header in request.headers:
            user = service.store.find("systemuser", **{name: request.headers[header]})
            if user is None:
                raise Refusal(400, "0x80041103", "The impersonated user does not exist.")
    return Caller(str(user["systemuserid"]))


def _unauthorized(bearer: str, base: str) -> Refusal:
    if not bearer:
        where = (
            "Bearer authorization_uri=https://login.microsoftonline.com/"
            f"{seed.TENANT}/oauth2/authorize, resource_id={base}/"
        )
    else:
        where = "Bearer error=invalid_token, error_description=The access token is not valid"
    return _Unauthorized(401, "", "", {"WWW-Authenticate": where})


class _Unauthorized(Refusal):
    def answer(self) -> Answer:
        headers = {**self.headers, "Content-Type": "text/html"}
        return Answer(401, None, headers, raw=b"HTTP Error 401 - Unauthorized: Access is denied")


def _not_a_member() -> Refusal:
    return Refusal(403, "0x80072560", "The user is not a member of the organization.")
