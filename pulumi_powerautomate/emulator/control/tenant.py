"""The part of the control surface that is about signing in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..entra.directory import User, known
from ..entra.registration import register
from ..responses import ServiceError
from .request import json_object

if TYPE_CHECKING:
    from ..app import App


def routes(app: App) -> list[Route]:
    """Below `/sign-in/`."""
    control = _Control(app)
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
    def __init__(self, app: App) -> None:
        self.app = app
        self.entra = app.entra

    async def register(self, request: Request) -> JSONResponse:
        register(self.entra, self.app.environment, await json_object(request))
        return JSONResponse({})

    async def requests(self, _request: Request) -> JSONResponse:
        return JSONResponse(self.entra.requests)

    async def policies(self, request: Request) -> JSONResponse:
        self.entra.policies.set(await json_object(request))
        return JSONResponse({})

    async def devices(self, request: Request) -> JSONResponse:
        if request.method == "POST":
            options = await json_object(request)
            known(options, ("user_code", "user", "interval"))
            if "interval" in options:
                self.entra.devices.interval = int(options["interval"])
            if "user_code" in options:
                self.entra.devices.decide(options["user_code"], self._user(options))
        return JSONResponse(self.entra.devices.waiting())

    async def browser(self, request: Request) -> JSONResponse:
        options = await json_object(request)
        known(options, ("user",))
        self.entra.signed_in = self._user(options)
        return JSONResponse({})

    async def machine(self, request: Request) -> JSONResponse:
        options = await json_object(request)
        known(options, ("folder",))
        kind = request.path_params["kind"]
        url = self.app.url
        return JSONResponse(self.entra.identities.machine(kind, url, self.entra.base, options))

    async def job(self, request: Request) -> JSONResponse:
        kind = request.path_params["kind"]
        return JSONResponse(self.entra.workloads.job(kind, await json_object(request)))

    async def workload_token(self, request: Request) -> JSONResponse:
        return JSONResponse({"token": self.entra.workloads.mint(await json_object(request))})

    def _user(self, options: Mapping[str, Any]) -> User | None:
        name = options.get("user")
        if name is None:
            return None
        user = self.entra.directory.user(str(name))
        if user is None:
            raise ServiceError(404, "", f"Nobody is called {name!r} in the tenant.")
        return user
