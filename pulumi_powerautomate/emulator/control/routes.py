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

from ..faults import Barrier
from ..flows import drafts
from ..query import is_guid
from ..responses import ServiceError
from ..tables import BY_SET, Table
from .request import json_object
from .tenant import routes as sign_in_routes

if TYPE_CHECKING:
    from ..app import App

_LONGEST_WAIT = 120.0


def control_app(app: App) -> Starlette:
    """The routes of the control surface."""
    control = _Control(app)
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
        Route("/drafts/{id}", control.draft, methods=["POST", "DELETE"]),
        Route("/rows/{set}", control.rows, methods=["GET", "POST"]),
        Route("/rows/{set}/{id}", control.row, methods=["GET", "PATCH", "DELETE"]),
    ]
    routes += sign_in_routes(app)
    return Starlette(routes=routes, exception_handlers={ServiceError: _refused})


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ServiceError)
    return JSONResponse({"error": error.message}, error.status)


class _Control:
    def __init__(self, app: App) -> None:
        self.app = app
        self.environment = app.environment
        self.saved: dict[str, Any] = {}

    async def faults(self, request: Request) -> JSONResponse:
        if request.method == "DELETE":
            self.app.faults.clear()
        else:
            self.app.faults.add(await json_object(request))
        return JSONResponse({})

    async def barriers(self, request: Request) -> JSONResponse:
        rule = await json_object(request)
        name = str(uuid.uuid4())
        self.app.faults.add_barrier(name, rule)
        return JSONResponse({"name": name})

    async def barrier(self, request: Request) -> JSONResponse:
        barrier = self.app.faults.barriers.get(request.path_params["name"])
        if barrier is None:
            raise ServiceError(404, "", "No such barrier.")
        if request.path_params["verb"] == "release":
            barrier.released.set()
            return JSONResponse({})
        seconds = float((await json_object(request)).get("seconds", _LONGEST_WAIT))
        return JSONResponse({"reached": await _within(barrier, seconds)})

    async def requests(self, request: Request) -> JSONResponse:
        if request.method == "DELETE":
            self.app.request_log.clear()
            self.app.entra.requests.clear()
            self.environment.commits.clear()
            return JSONResponse({})
        return JSONResponse(self.app.request_log.as_dicts())

    async def commits(self, _request: Request) -> JSONResponse:
        return JSONResponse([asdict(commit) for commit in self.environment.commits])

    async def tokens(self, request: Request) -> JSONResponse:
        entra = self.app.entra
        if request.method == "POST":
            options = await json_object(request)
            if options.get("revoke"):
                entra.tokens.revoke_all()
            entra.tokens.seconds = int(options.get("seconds", entra.tokens.seconds))
            applications = [
                {"client_id": client_id, "secrets": [secret]}
                for client_id, secret in options.get("applications", {}).items()
            ]
            entra.directory.register({"applications": applications})
        return JSONResponse(entra.token_requests())

    async def clock(self, request: Request) -> JSONResponse:
        if request.method == "POST":
            self.environment.clock.advance(float((await json_object(request))["seconds"]))
        return JSONResponse({"now": self.environment.clock.now()})

    async def switches(self, request: Request) -> JSONResponse:
        if request.method == "POST":
            self.environment.switches.set(await json_object(request))
        return JSONResponse(self.environment.switches.as_dict())

    async def limits(self, request: Request) -> JSONResponse:
        for name, value in (await json_object(request)).items():
            self.app.set_limit(name, value)
        return JSONResponse({})

    async def environments(self, request: Request) -> JSONResponse:
        self.app.discovery.add(await json_object(request))
        return JSONResponse({})

    async def privileges(self, request: Request) -> JSONResponse:
        denied = (await json_object(request)).get("denied", [])
        self.environment.denied_privileges = {name.lower() for name in denied}
        return JSONResponse({})

    async def snapshots(self, request: Request) -> JSONResponse:
        options = await json_object(request)
        name = str(options.get("name"))
        if not options.get("restore"):
            self.saved[name] = self.environment.store.snapshot()
        elif name in self.saved:
            self.environment.store.restore(self.saved[name])
        else:
            # Copies are kept in memory: a restart loses them.
            raise ServiceError(404, "", f"There is no snapshot {name!r}.")
        return JSONResponse({})

    async def reset(self, _request: Request) -> JSONResponse:
        self.app.reset()
        return JSONResponse({})

    async def stats(self, _request: Request) -> JSONResponse:
        return JSONResponse(self.app.stats())

    async def draft(self, request: Request) -> JSONResponse:
        flow_id = str(request.path_params["id"]).lower()
        if not is_guid(flow_id):
            raise ServiceError(400, "", f"{flow_id!r} is no id of a flow.")
        if request.method == "DELETE":
            drafts.discard(self.environment, flow_id)
            return JSONResponse({})
        values = await json_object(request)
        wrong = [name for name, value in values.items()
                 if name not in drafts.COLUMNS or not isinstance(value, str)]  # fmt: skip
        if wrong:
            raise ServiceError(
                400, "", f"A draft has the texts {', '.join(drafts.COLUMNS)}; not {wrong}."
            )
        with self.environment.unit():
            return JSONResponse(drafts.save(self.environment, flow_id, values))

    async def rows(self, request: Request) -> JSONResponse:
        table = _table(request)
        if request.method == "GET":
            return JSONResponse(list(self.environment.store.all(table.logical)))
        values = await json_object(request)
        if table.key not in values:
            values[table.key] = str(uuid.uuid4())
        _known_columns(table, values)
        return JSONResponse(self.environment.insert(table, values, "by hand"))

    async def row(self, request: Request) -> JSONResponse:
        table = _table(request)
        row = self.environment.require(table, request.path_params["id"])
        if request.method == "PATCH":
            values = await json_object(request)
            _known_columns(table, values)
            row = self.environment.change(table, row, values, "by hand")
        if request.method == "DELETE":
            self.environment.remove(table, row, "by hand")
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
        raise ServiceError(
            404, "", f"No entity set {name!r}; there are {', '.join(sorted(BY_SET))}."
        )
    return BY_SET[name]


def _known_columns(table: Table, values: dict[str, Any]) -> None:
    known = {column.name for column in table.columns} | {item.column for item in table.lookups}
    unknown = set(values) - known - {table.key, "createdon", "modifiedon"}
    if unknown:
        raise ServiceError(400, "", f"{table.entity_set} has no columns {sorted(unknown)}.")
