"""A request to the sign-in service or to one of the token endpoints around it, taken apart."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, unquote, unquote_plus

from .refusals import refuse


@dataclass
class SignInRequest:
    """A request, for handlers. `note` goes into the request log: no secret, code, key or token."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    note: dict[str, object] = field(default_factory=dict)

    @cached_property
    def parts(self) -> list[str]:
        """The segments of the path."""
        return [unquote(part) for part in self.path.split("/") if part]

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The body's parameters."""
        try:
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        except UnicodeDecodeError:
            raise refuse(900144, parameter="grant_type") from None

    @cached_property
    def basic(self) -> tuple[str, str]:
        """Client id and secret of an Authorization header (client_secret_basic)."""
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return "", ""
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        name, _, secret = text.partition(":")
        return unquote_plus(name), unquote_plus(secret)

    def require(self, parameter: str) -> str:
        """A parameter of the form, or the documented refusal."""
        value = self.form.get(parameter, "")
        if not value:
            raise refuse(900144, parameter=parameter)
        return value
