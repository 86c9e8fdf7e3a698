"""
Signing in with a browser: the authorization code flow with PKCE.

The page asks nothing: whoever the control surface has signed in agrees at once. Source: "Microsoft
identity platform and OAuth 2.0 authorization code flow".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from ..clock import Clock
from ..responses import Response
from .aadsts import REFUSALS
from .directory import Application, User
from .refusals import SignInRefusal, refuse
from .request import SignInRequest

_SECONDS = 600


@dataclass
class _Code:
    """An authorization code."""

    client_id: str
    redirect_uri: str
    scope: str
    user: User
    nonce: str | None
    challenge: str
    method: str
    expires: float
    redeemed: bool = False


class Browser:
    """The page, and the codes it gave out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, _Code] = {}

    def reset(self) -> None:
        """Forget the codes."""
        self._codes.clear()

    def authorize(
        self, request: SignInRequest, application: Application, user: User | None
    ) -> Response:
        """Send the browser back with a code, or with why there is none."""
        query = request.query
        where = query.get("redirect_uri", "")
        if not _is_loopback(where):
            # Never sent there: an error that goes to an address nobody registered is a leak.
            return _page(400, refuse(50011, redirect_uri=where, client_id=application.client_id))
        try:
            back = {"code": self._code(query, application, user)}
        except SignInRefusal as error:
            back = {"error": error.error, "error_description": error.text()}
        if "state" in query:
            back["state"] = query["state"]
        if query.get("response_mode") == "form_post":
            return _form(where, back)
        mark = "&" if urlsplit(where).query else "?"
        return Response(302, None, {"Location": f"{where}{mark}{urlencode(back)}"})

    def redeem(self, request: SignInRequest, client_id: str) -> tuple[User, str, str | None]:
        """Who agreed, to which scopes, and the nonce."""
        code = self._codes.get(request.require("code"))
        if code is None or code.client_id != client_id:
            raise refuse(70000)
        if code.redeemed:
            raise refuse(54005)
        if code.expires <= self._clock.now():
            raise refuse(70008)
        given = request.require("redirect_uri")
        if given != code.redirect_uri:
            raise refuse(500112, redirect_uri=given, expected=code.redirect_uri)
        _check_verifier(code, request.form.get("code_verifier", ""))
        code.redeemed = True
        return code.user, request.form.get("scope") or code.scope, code.nonce

    def _code(self, query: Mapping[str, str], application: Application, user: User | None) -> str:
        for parameter in ("response_type", "scope"):
            if not query.get(parameter):
                raise refuse(900144, parameter=parameter)
        if query["response_type"] != "code":
            raise refuse(70003, grant_type=query["response_type"])
        if user is None:
            raise refuse(50058 if query.get("prompt") == "none" else 65004)
        if not user.enabled:
            raise refuse(50057)
        challenge = query.get("code_challenge", "")
        method = query.get("code_challenge_method", "plain")
        if challenge and method not in ("S256", "plain"):
            raise refuse(501481)
        code = "1.AXk" + secrets.token_urlsafe(48)
        self._codes[code] = _Code(
            application.client_id,
            query["redirect_uri"],
            query["scope"],
            user,
            query.get("nonce"),
            challenge,
            method,
            self._clock.now() + _SECONDS,
        )
        return code


def _check_verifier(code: _Code, verifier: str) -> None:
    if not code.challenge:
        return
    shown = verifier
    if code.method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not verifier or not hmac.compare_digest(shown.encode(), code.challenge.encode()):
        raise refuse(501481)


def _is_loopback(uri: str) -> bool:
    """A public client comes back to its own machine, on any port."""
    parts = urlsplit(uri)
    return parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")


def _form(where: str, back: Mapping[str, str]) -> Response:
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in back.items()
    )
    text = (
        "<html><head><title>Working...</title></head><body>"
        f'<form method="POST" name="hiddenform" action="{html.escape(where)}">{fields}'
        "<noscript><p>Script is disabled. Click Submit to continue.</p>"
        '<input type="submit" value="Submit"></noscript></form>'
        "<script>document.forms[0].submit();</script></body></html>"
    )
    return Response(200, None, {"Content-Type": "text/html; charset=utf-8"}, text.encode())


def _page(status: int, error: SignInRefusal) -> Response:
    title = f"Sorry, but we're having trouble signing you in. ({REFUSALS[error.number][0]})"
    text = f"<html><body><h1>{title}</h1><p>{html.escape(error.text())}</p></body></html>"
    return Response(status, None, {"Content-Type": "text/html; charset=utf-8"}, text.encode())
