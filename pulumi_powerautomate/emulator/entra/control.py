"""The part of the control surface that is about signing in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..answers import Refusal
from ..control_request import json_object
from .directory import User, known
from .registration import register

if TYPE_CHECKING:
    from ..app import Emulation


def routes(emulation: Emulation) -> list[Route]:
    """Below `/sign-in/`."""
    control = _Control(emulation)
    return [
        Route("/sign-in/register", control.register, methods=["POST"]),
        Route("/sign-in/requests", control.requests, methods=["GET"]),
        Route("/sign-in/policies", control.policies, methods=["POST"]),
        Route("/sign-in/devices", control.devices, methods=["GET", "POST"]),
        Route("/sign-in/browser", control.browser, methods=["POST"]),
        Route("/sign-in/machines/{kind}", control.machine, methods=["POST"]),
        Route("/sign-in/jobs/{kind}", control.job, methods=["POST"]),
        Route("/sign-in/workload-token", control.workload_token, methods=["POST"]),
    ]


class _Control:
    def __init__(self, emulation: Emulation) -> None:
        self.emulation = emulation
        self.entra = emulation.entra

    async def register(self, request: Request) -> JSONResponse:
        register(self.entra, self.emulation.service, await json_object(request))
        return JSONResponse({})

    async def requests(self, _request: Request) -> JSONResponse:
        return JSONResponse(self.entra.requests)

    async def policies(self, request: Request) -> JSONResponse:
        self.entra.policies.set(await json_object(request))
        return JSONResponse({})

    async def devices(self, request: Request) -> JSONResponse:
        if request.method == "POST":
            wish = await json_object(request)
            known(wish, ("user_code", "user", "interval"))
            if "interval" in wish:
                self.entra.devices.interval = int(wish["interval"])
            if "user_code" in wish:
                self.entra.devices.decide(wish["user_code"], self._user(wish))
        return JSONResponse(self.entra.devices.waiting())

    async def browser(self, request: Request) -> JSONResponse:
        wish = await json_object(request)
        known(wish, ("user",))
        self.entra.signed_in = self._user(wish)
        return JSONResponse({})

    async def machine(self, request: Request) -> JSONResponse:
        wish = await json_object(request)
        known(wish, ("folder",))
        kind = request.path_params["kind"]
        url = self.emulation.url
        return JSONResponse(self.entra.identities.machine(kind, url, self.entra.base, wish))

    async def job(self, request: Request) -> JSONResponse:
        kind = request.path_params["kind"]
        return JSONResponse(self.entra.workloads.job(kind, await json_object(request)))

    async def workload_token(self, request: Request) -> JSONResponse:
        return JSONResponse({"token": self.entra.workloads.mint(await json_object(request))})

    def _user(self, wish: Mapping[str, Any]) -> User | None:
        name = wish.get("user")
        if name is None:
            return None
        user = self.entra.directory.user(str(name))
        if user is None:
            raise Refusal(404, "", f"Nobody is called {name!r} in the tenant.")
        return user
