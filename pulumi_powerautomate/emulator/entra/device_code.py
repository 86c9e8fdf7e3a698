"""
Signing in with a code on another device.

Source: "Microsoft identity platform and the OAuth 2.0 device authorization grant flow", and RFC
8628 for `slow_down`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from ..clock import Clock
from ..responses import Response, ServiceError
from .directory import User
from .refusals import SignInRefusal, json_response, refuse
from .request import SignInRequest

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SECONDS = 900
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass
class _Device:
    """One that waits for somebody."""

    client_id: str
    scope: str
    user_code: str
    expires: float
    interval: float
    asked: float = 0.0
    user: User | None = None
    declined: bool = False


class DeviceCodes:
    """The codes that were given out."""

    def __init__(self, clock: Clock, slows_down: Callable[[], bool]) -> None:
        self._clock = clock
        self._slows_down = slows_down
        self._devices: dict[str, _Device] = {}
        self.interval = 5

    def reset(self) -> None:
        """Forget them."""
        self._devices.clear()
        self.interval = 5

    def start(self, request: SignInRequest, base: str) -> Response:
        """Give out a code."""
        scope = request.require("scope")
        code = secrets.token_urlsafe(48)
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(9))
        self._devices[code] = _Device(
            request.form["client_id"].lower(),
            scope,
            user_code,
            self._clock.now() + _SECONDS,
            self.interval,
        )
        where = f"{base}/common/oauth2/deviceauth"
        return json_response(
            200,
            {
                "user_code": user_code,
                "device_code": code,
                "verification_uri": where,
                "expires_in": _SECONDS,
                "interval": self.interval,
                "message": f"To sign in, use a web browser to open the page {where} and enter the "
                f"code {user_code} to authenticate.",
            },
        )

    def redeem(self, client_id: str, code: str) -> tuple[User, str]:
        """Who signed in and for which scopes, or why not yet."""
        device = self._devices.get(code)
        if device is None or device.client_id != client_id:
            raise refuse(70018)
        now = self._clock.now()
        if device.expires <= now:
            raise refuse(70019)
        if device.declined:
            raise SignInRefusal(65004, more={"error": "authorization_declined"})
        too_soon = now - device.asked < device.interval - 1
        device.asked = now
        if device.user is not None:
            del self._devices[code]
            return device.user, device.scope
        if too_soon and self._slows_down():
            device.interval += 5
            raise SignInRefusal(70016, more={"error": "slow_down"})
        raise refuse(70016)

    def waiting(self) -> list[dict[str, object]]:
        """The devices that wait, for the control surface."""
        return [
            {"user_code": device.user_code, "client_id": device.client_id, "scope": device.scope}
            for device in self._devices.values()
            if device.user is None and not device.declined and device.expires > self._clock.now()
        ]

    def decide(self, user_code: str, user: User | None) -> None:
        """Somebody typed the code in and agreed, or declined."""
        for device in self._devices.values():
            if device.user_code == user_code:
                device.user, device.declined = user, user is None
                return
        raise ServiceError(404, "", f"No device waits with the code {user_code!r}.")
