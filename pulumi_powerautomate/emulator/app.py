"""
The server: one application that responds for the environment, the sign-in service and the control.

It is plain ASGI, because a fault has to reach below HTTP: cut a connection, or stop in mid body.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
import time
from collections.abc import Mapping
from typing import Any

from . import batch, discovery, guard, seed, table_rules
from .authentication import identify
from .entra import Entra
from .environment import Environment
from .error_annotations import annotate
from .faults import CORRUPTING, Fault, Faults
from .fixed_rows import fixed_rows
from .impersonation import impersonated
from .limits import Limits
from .request import Request
from .request_log import Entry, RequestLog
from .responses import Response, ServiceError, service_headers, unexpected
from .router import VERSIONS, Router
from .solutions import jobs
from .store import Store
from .switches import Switches
from .upgrade import upgrade
from .wire import Wire, fault_response, from_elsewhere

CONTROL_PREFIX = "/__emulator__"
_API_PATH = re.compile(r"^/api/data/(?P<version>[^/]+)(?:/(?P<rest>.*))?$", re.DOTALL)


class App:
    """An environment that is being served."""

    def __init__(self, environment: Environment, *, latency_ms: float = 0.0) -> None:
        self.environment = environment
        self.router = Router(environment)
        self.entra = Entra(environment.clock, environment.switches)
        self.discovery = discovery.Discovery(environment, self.entra)
        self.url = ""
        self.faults = Faults()
        self.request_log = RequestLog()
        self.latency = self._initial_latency = latency_ms / 1000
        self.limits: dict[str, Limits] = {}
        self.limit_settings: dict[str, Any] = {}
        self.control: Any = None
        # What a controllable emulator may be called by, beside numbers and `localhost`.
        self.names: frozenset[str] = frozenset()
        self._busy = 0
        self._most_busy = 0
        self._resets = 0
        self._handling = 0.0
        self._connections: set[Any] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
        controlling = path.startswith(CONTROL_PREFIX + "/")
        if self.control is not None:
            headers = {key.decode("latin-1").lower(): value.decode("latin-1")
                       for key, value in scope["headers"]}  # fmt: skip
            reason = guard.rejection(headers, self.names, control=controlling)
            if reason is not None:
                wire = Wire(receive, send, self.environment.clock)
                await wire.response(ServiceError(403, "", reason).response())
                return
        if self.control is not None and controlling:
            inner = {**scope, "path": scope["path"][len(CONTROL_PREFIX) :], "root_path": ""}
            await self.control(inner, receive, send)
            return
        self._connections.add(scope["client"])
        resets = self._resets
        self._busy += 1
        self._most_busy = max(self._most_busy, self._busy)
        try:
            await self._serve(scope, path, Wire(receive, send, self.environment.clock))
        finally:
            # A request that hangs outlives the environment that it was sent to.
            if resets == self._resets:
                self._busy -= 1

    def reset(self) -> None:
        """Back to a new environment with nothing remembered."""
        self.environment.clock.offset = 0.0
        self.environment.reset()
        self.entra.reset()
        self.discovery.reset()
        self.faults.clear()
        self.request_log.clear()
        self.limits.clear()
        self.limit_settings.clear()
        self.latency = self._initial_latency
        self._resets += 1
        self._busy = 0
        self._most_busy = 0
        self._handling = 0.0
        self._connections.clear()
        self.environment.switches.reset()

    def set_limit(self, name: str, value: Any) -> None:
        """Change a service protection limit, or the latency."""
        if name == "latency_ms":
            self.latency = float(value) / 1000
        elif name in ("requests", "execution_seconds", "concurrency", "window"):
            self.limit_settings[name] = value
            self.limits.clear()
        else:
            raise ServiceError(400, "", f"No limit {name!r}.")

    def stats(self) -> dict[str, Any]:
        """Counters."""
        return {
            "requests": len(self.request_log.entries),
            "commits": len(self.environment.commits),
            "most_at_once": self._most_busy,
            "connections": len(self._connections),
            "handling_seconds": self._handling,
            "throttled": sum(limits.refused for limits in self.limits.values()),
        }

    async def _serve(self, scope: Any, path: str, wire: Wire) -> None:
        headers = {key.decode("latin-1").lower(): value.decode("latin-1")
                   for key, value in scope["headers"]}  # fmt: skip
        started = time.time()
        body = await wire.body(int(self.environment.switches["max_request_bytes"]))
        match = _API_PATH.match(path)
        inner = path if match is None else (match["rest"] or "")
        query = scope["query_string"].decode("latin-1")
        signing_in = match is None
        entry = (
            None
            if signing_in
            else self.request_log.add(
                scope["method"], inner, query, headers, len(body or b""), started
            )
        )
        rules = self.faults.pick(scope["method"], inner, only_with_path=signing_in)
        try:
            await self._pass_barriers(scope["method"], inner, "before_commit", signing_in)
            if await self._act(rules, "before_commit", wire, entry):
                return
            request = Request(
                method=scope["method"],
                path=inner,
                query=query,
                headers=headers,
                body=body or b"",
                base=f"{scope['scheme']}://{headers.get('host', 'localhost')}",
                version=match["version"] if match else "",
            )
            if match is None:
                response = self._before_the_environment(request)
            else:
                response = await self._response_to(request, too_large=body is None)
            await self._pass_barriers(scope["method"], inner, "after_commit", signing_in)
            if await self._act(rules, "after_commit", wire, entry):
                return
            corruption = next((rule for rule in rules if _corrupts(rule)), None)
            if entry is not None:
                entry.status = response.status
                entry.retry_after = response.headers.get("Retry-After", "")
                entry.fault = entry.fault or (corruption.do if corruption else "")
            await wire.response(response, corruption)
        finally:
            if entry is not None:
                entry.ended = time.time()

    def _before_the_environment(self, request: Request) -> Response:
        """The response of a service outside the environment: signing in, or discovery."""
        found = discovery.PATH.match(request.path)
        if found is None:
            return self.entra.handle(
                request.method, request.path, request.query, request.headers, request.body
            )
        try:
            response = self.discovery.response(
                dataclasses.replace(request, path=found["rest"] or ""), self.url
            )
        except ServiceError as error:
            response = error.response()
        note = {"endpoint": "discovery", "method": request.method, "path": found["rest"] or ""}
        self.entra.requests.append({**note, "query": request.query, "status": response.status})
        return response

    async def _response_to(self, request: Request, *, too_large: bool) -> Response:
        limits: Limits | None = None
        entered = False
        started = time.perf_counter()
        try:
            sender = identify(self.environment, self.entra, request)
            request.caller = impersonated(self.environment, sender, request.headers)
            if self.environment.switches["limits"] == "on":
                limits = self._limits(request.caller.user_id)
                limits.enter()
                entered = True
            if self.latency:
                await asyncio.sleep(self.latency)
            if too_large:
                raise ServiceError(413, "0x80060888", "The request entity is too large.")
            response = self.handled(request)
        except ServiceError as error:
            response = error.response()
        finally:
            if limits is not None and entered:
                limits.leave(time.perf_counter() - started)
        annotate(response, request)
        response.headers = {**service_headers(), **response.headers}
        if response.status >= 400:
            response.headers.setdefault("Content-Type", "application/json; odata.metadata=minimal")
        if limits is not None:
            response.headers.update(limits.headers())
        return response

    def handled(self, request: Request) -> Response:
        """Carry a request out; what was rejected leaves no trace, and nothing is left to others."""
        started = time.perf_counter()
        try:
            if not VERSIONS.fullmatch(request.version):
                raise ServiceError(404, "0x80060888", f"No API version '{request.version}'.")
            if jobs.running(self.environment) is not None:
                with self.environment.unit():
                    jobs.advance(self.environment)
            if request.path == "$batch" and request.method == "POST":
                return batch.run(request, self.router.handle, self.environment)
            return self.environment.carried_out(lambda: self.router.handle(request))
        except ServiceError as error:
            return error.response()
        except Exception as error:
            return unexpected(error).response()
        finally:
            self._handling += time.perf_counter() - started

    def _limits(self, user_id: str) -> Limits:
        if user_id not in self.limits:
            self.limits[user_id] = Limits(self.environment.clock, **self.limit_settings)
        return self.limits[user_id]

    async def _pass_barriers(self, method: str, path: str, when: str, signing_in: bool) -> None:
        for barrier in self.faults.hold(method, path, when, only_with_path=signing_in):
            barrier.reached.set()
            await barrier.released.wait()

    async def _act(self, rules: list[Fault], when: str, wire: Wire, entry: Entry | None) -> bool:
        """Let faults act at a moment; whether that was the end of the request."""
        for rule in rules:
            if rule.when != when or rule.do in CORRUPTING:
                continue
            if entry is not None:
                entry.fault = rule.do
            if rule.do == "delay":
                await asyncio.sleep(float(rule.detail.get("seconds", 1.0)))
                continue
            if rule.do == "hang":
                await asyncio.sleep(float(rule.detail.get("seconds", 3600)))
            response = fault_response(rule)
            if response is None:
                wire.abort()
                return True
            if entry is not None:
                entry.status = response.status
                entry.retry_after = response.headers.get("Retry-After", "")
            if not from_elsewhere(rule):
                response.headers = {**service_headers(), **response.headers}
            await wire.response(response)
            return True
        return False


def _corrupts(rule: Fault) -> bool:
    return rule.do in CORRUPTING or rule.when == "mid_body"


def new_environment(
    database: str | None,
    switches: Mapping[str, Any],
    extra: Mapping[str, Any] | None,
) -> Environment:
    """An environment from a file or in memory; `extra` rows are added when it is new."""
    store = Store(database)
    is_new = store.empty
    store.provide(fixed_rows())
    environment = Environment(store, Switches(switches), table_rules.complete)
    if not is_new:
        upgrade(environment)
        return environment
    with environment.unit():
        environment.add_rows(seed.rows())
        environment.add_rows(extra or {})
    environment.commits.clear()
    return environment
