"""
`/__emulator__/`: what a test or a demo does to the environment behind the client's back.

Off unless asked for, because it needs no sign-in.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .answers import Refusal
from .control_request import json_object
from .entra.control import routes as sign_in_routes
from .faults import Barrier
from .tables import BY_SET, Table

if TYPE_CHECKING:
    from .app import Emulation

PREFIX = "/__emulator__"
_LONGEST_WAIT = 120.0


def control_app(emulation: Emulation) -> Starlette:
    """The routes of the control surface."""
    control = _Control(emulation)
    routes = [
        Route("/faults", control.faults, methods=["POST", "DELETE"]),
        Route("/barriers", control.barriers, methods=["POST"]),
        Route("/barriers/{name}/{verb}", control.barrier, methods=["POST"]),
        Route("/requests", control.requests, methods=["GET", "DELETE"]),
        Route("/commits", control.commits, methods=["GET"]),
        Route("/tokens", control.tokens, methods=["GET", "POST"]),
        Route("/clock", control.clock, methods=["GET", "POST"]),
        Route("/switches", control.switches, methods=["GET", "POST"]),
        Route("/limits", control.limits, methods=["POST"]),
        Route("/environments", control.environments, methods=["POST"]),
        Route("/privileges", control.privileges, methods=["POST"]),
        Route("/snapshots", control.snapshots, methods=["POST"]),
        Route("/reset", control.reset, methods=["POST"]),
        Route("/stats", control.stats, methods=["GET"]),
        Route("/rows/{set}", control.rows, methods=["GET", "POST"]),
        Route("/rows/{set}/{id}", control.row, methods=["GET", "PATCH", "DELETE"]),
    ]
    routes += sign_in_routes(emulation)
    return Starlette(routes=routes, exception_handlers={Refusal: _refused})


async def _refused(_request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)
    return JSONResponse({"error": refusal.message}, refusal.status)


class _Control:
    def __init__(self, emulation: Emulation) -> None:
        self.emulation = emulation
        self.service = emulation.service
        self.saved: dict[str, Any] = {}

    async def faults(self, request: Request) -> JSONResponse:
        if request.method == "DELETE":
            self.emulation.faults.clear()
        else:
            self.emulation.faults.add(await json_object(request))
        return JSONResponse({})

    async def barriers(self, request: Request) -> JSONResponse:
        rule = await json_object(request)
        name = str(uuid.uuid4())
        self.emulation.faults.add_barrier(name, rule)
        return JSONResponse({"name": name})

    async def barrier(self, request: Request) -> JSONResponse:
        barrier = self.emulation.faults.barriers.get(request.path_params["name"])
        if barrier is None:
            raise Refusal(404, "", "No such barrier.")
        if request.path_params["verb"] == "release":
            barrier.released.set()
            return JSONResponse({})
        seconds = float((await json_object(request)).get("seconds", _LONGEST_WAIT))
        return JSONResponse({"reached": await _within(barrier, seconds)})

    async def requests(self, request: Request) -> JSONResponse:
        if request.method == "DELETE":
            self.emulation.journal.clear()
            self.emulation.entra.requests.clear()
            self.service.commits.clear()
            return JSONResponse({})
        return JSONResponse(self.emulation.journal.as_dicts())

    async def commits(self, _request: Request) -> JSONResponse:
        return JSONResponse([asdict(commit) for commit in self.service.commits])

    async def tokens(self, request: Request) -> JSONResponse:
        entra = self.emulation.entra
        if request.method == "POST":
            wish = await json_object(request)
            if wish.get("revoke"):
                entra.tokens.revoke_all()
            entra.tokens.seconds = int(wish.get("seconds", entra.tokens.seconds))
            applications = [
                {"client_id": client_id, "secrets": [secret]}
                for client_id, secret in wish.get("applications", {}).items()
            ]
            entra.directory.register({"applications": applications})
        return JSONResponse(entra.token_requests())

    async def clock(self, request: Request) -> JSONResponse:
        if request.method == "POST":
            self.service.clock.advance(float((await json_object(request))["seconds"]))
        return JSONResponse({"now": self.service.clock.now()})

    async def switches(self, request: Request) -> JSONResponse:
        if request.method == "POST":
            self.service.switches.set(await json_object(request))
        return JSONResponse(self.service.switches.as_dict())

    async def limits(self, request: Request) -> JSONResponse:
        for name, value in (await json_object(request)).items():
            self.emulation.set_limit(name, value)
        return JSONResponse({})

    async def environments(self, request: Request) -> JSONResponse:
        self.emulation.discovery.add(await json_object(request))
        return JSONResponse({})

    async def privileges(self, request: Request) -> JSONResponse:
        denied = (await json_object(request)).get("denied", [])
        self.service.denied_privileges = {name.lower() for name in denied}
        return JSONResponse({})

    async def snapshots(self, request: Request) -> JSONResponse:
        wish = await json_object(request)
        name = str(wish.get("name"))
        if not wish.get("restore"):
            self.saved[name] = self.service.store.snapshot()
        elif name in self.saved:
            self.service.store.restore(self.saved[name])
        else:
            # Copies are kept in memory: a restart loses them.
            raise Refusal(404, "", f"There is no snapshot {name!r}.")
        return JSONResponse({})

    async def reset(self, _request: Request) -> JSONResponse:
        self.emulation.reset()
        return JSONResponse({})

    async def stats(self, _request: Request) -> JSONResponse:
        return JSONResponse(self.emulation.stats())

    async def rows(self, request: Request) -> JSONResponse:
        table = _table(request)
        if request.method == "GET":
            return JSONResponse(list(self.service.store.all(table.logical)))
        values = await json_object(request)
        if table.key not in values:
            values[table.key] = str(uuid.uuid4())
        _known_columns(table, values)
        return JSONResponse(self.service.insert(table, values, "by hand"))

    async def row(self, request: Request) -> JSONResponse:
        table = _table(request)
        row = self.service.require(table, request.path_params["id"])
        if request.method == "PATCH":
            values = await json_object(request)
            _known_columns(table, values)
            row = self.service.change(table, row, values, "by hand")
        if request.method == "DELETE":
            self.service.remove(table, row, "by hand")
            return JSONResponse({})
        return JSONResponse(row)


async def _within(barrier: Barrier, seconds: float) -> bool:
    try:
        await asyncio.wait_for(barrier.reached.wait(), seconds)
    except (TimeoutError, asyncio.TimeoutError):
        return False
    return True


def _table(request: Request) -> Table:
    name = request.path_params["set"]
    if name not in BY_SET:
        raise Refusal(404, "", f"No entity set {name!r}; there are {', '.join(sorted(BY_SET))}.")
    return BY_SET[name]


def _known_columns(table: Table, values: dict[str, Any]) -> None:
    known = {column.name for column in table.columns} | {item.column for item in table.lookups}
    unknown = set(values) - known - {table.key, "createdon", "modifiedon"}
    if unknown:
        raise Refusal(400, "", f"{table.entity_set} has no columns {sorted(unknown)}.")
