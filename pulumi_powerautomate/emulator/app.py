"""
The server: one application that answers for the environment, the sign-in service and the control.

It is plain ASGI, because a fault has to reach below HTTP: cut a connection, or stop in mid body.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
import time
from collections.abc import Mapping
from typing import Any

from . import batch, discovery, seed, solution_jobs
from .answers import Answer, Refusal, service_headers
from .api import VERSIONS, Api
from .caller import identify
from .control import PREFIX, control_app
from .entra import Entra
from .faults import SPOILS, Fault, Faults
from .journal import Entry, Journal
from .limits import Limits
from .request import Request
from .service import Service
from .wire import Wire, from_elsewhere, instead

_API_PATH = re.compile(r"^/api/data/(?P<version>[^/]+)(?:/(?P<rest>.*))?$", re.DOTALL)


class Emulation:
    """An environment that is being served."""

    def __init__(self, service: Service, *, control: bool, latency_ms: float = 0.0) -> None:
        self.service = service
        self.api = Api(service)
        self.entra = Entra(service.clock, service.switches)
        self.discovery = discovery.Discovery(service, self.entra)
        self.url = ""
        self.faults = Faults()
        self.journal = Journal()
        self.latency = self._initial_latency = latency_ms / 1000
        self.limits: dict[str, Limits] = {}
        self.limit_settings: dict[str, Any] = {}
        self._control = control_app(self) if control else None
        self._busy = 0
        self._most_busy = 0
        self._resets = 0
        self._handling = 0.0
        self._connections: set[Any] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
        if self._control is not None and path.startswith(PREFIX + "/"):
            inner = {**scope, "path": scope["path"][len(PREFIX) :], "root_path": ""}
            await self._control(inner, receive, send)
            return
        self._connections.add(scope["client"])
        resets = self._resets
        self._busy += 1
        self._most_busy = max(self._most_busy, self._busy)
        try:
            await self._serve(scope, path, Wire(receive, send, self.service.clock))
        finally:
            # A request that hangs outlives the environment that it was sent to.
            if resets == self._resets:
                self._busy -= 1

    def reset(self) -> None:
        """Back to a new environment with nothing remembered."""
        self.service.clock.offset = 0.0
        self.service.reset()
        self.entra.reset()
        self.discovery.reset()
        self.faults.clear()
        self.journal.clear()
        self.limits.clear()
        self.limit_settings.clear()
        self.latency = self._initial_latency
        self._resets += 1
        self._busy = 0
        self._most_busy = 0
        self._handling = 0.0
        self._connections.clear()
        self.service.switches.reset()

    def set_limit(self, name: str, value: Any) -> None:
        """Change a service protection limit, or the latency."""
        if name == "latency_ms":
            self.latency = float(value) / 1000
        elif name in ("requests", "execution_seconds", "concurrency", "window"):
            self.limit_settings[name] = value
            self.limits.clear()
        else:
            raise Refusal(400, "", f"No limit {name!r}.")

    def stats(self) -> dict[str, Any]:
        """Counters."""
        return {
            "requests": len(self.journal.entries),
            "commits": len(self.service.commits),
            "most_at_once": self._most_busy,
            "connections": len(self._connections),
            "handling_seconds": self._handling,
            "throttled": sum(limits.refused for limits in self.limits.values()),
        }

    async def _serve(self, scope: Any, path: str, wire: Wire) -> None:
        headers = {key.decode("latin-1").lower(): value.decode("latin-1")
                   for key, value in scope["headers"]}  # fmt: skip
        started = time.time()
        body = await wire.body(int(self.service.switches["max_request_bytes"]))
        match = _API_PATH.match(path)
        inner = path if match is None else (match["rest"] or "")
        query = scope["query_string"].decode("latin-1")
        signing_in = match is None
        entry = (
            None
            if signing_in
            else self.journal.add(scope["method"], inner, query, headers, len(body or b""), started)
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
                answer = self._before_the_environment(request)
            else:
                answer = await self._answered(request, too_large=body is None)
            await self._pass_barriers(scope["method"], inner, "after_commit", signing_in)
            if await self._act(rules, "after_commit", wire, entry):
                return
            spoilt = next((rule for rule in rules if _spoils(rule)), None)
            if entry is not None:
                entry.status = answer.status
                entry.retry_after = answer.headers.get("Retry-After", "")
                entry.fault = entry.fault or (spoilt.do if spoilt else "")
            await wire.answer(answer, spoilt)
        finally:
            if entry is not None:
                entry.ended = time.time()

    def _before_the_environment(self, request: Request) -> Answer:
        """What is asked of the services that lead to it: signing in, and discovery."""
        found = discovery.PATH.match(request.path)
        if found is None:
            return self.entra.handle(
                request.method, request.path, request.query, request.headers, request.body
            )
        try:
            answer = self.discovery.answer(
                dataclasses.replace(request, path=found["rest"] or ""), self.url
            )
        except Refusal as refusal:
            answer = refusal.answer()
        note = {"endpoint": "discovery", "method": request.method, "path": found["rest"] or ""}
        self.entra.requests.append({**note, "query": request.query, "status": answer.status})
        return answer

    async def _answered(self, request: Request, *, too_large: bool) -> Answer:
        limits: Limits | None = None
        entered = False
        started = time.perf_counter()
        try:
            request.caller = identify(self.service, self.entra, request)
            if self.service.switches["limits"] == "on":
                limits = self._limits(request.caller.user_id)
                limits.enter()
                entered = True
            if self.latency:
                await asyncio.sleep(self.latency)
            if too_large:
                raise Refusal(413, "0x80060888", "The request entity is too large.")
            answer = self._handled(request)
        except Refusal as refusal:
            answer = refusal.answer()
        finally:
            if limits is not None and entered:
                limits.leave(time.perf_counter() - started)
        answer.headers = {**service_headers(), **answer.headers}
        if answer.status >= 400:
            answer.headers.setdefault("Content-Type", "application/json; odata.metadata=minimal")
        if limits is not None:
            answer.headers.update(limits.headers())
        return answer

    def _handled(self, request: Request) -> Answer:
        """Carry a request out; what was refused leaves no trace."""
        if not VERSIONS.fullmatch(request.version):
            raise Refusal(404, "0x80060888", f"No API version '{request.version}'.")
        started = time.perf_counter()
        store = self.service.store
        solution_jobs.advance(self.service)
        if request.path == "$batch" and request.method == "POST":
            answer = batch.run(request, self.api.handle, store)
        else:
            written = len(self.service.commits)
            store.begin()
            answer = self.api.handle(request)
            if answer.status >= 400:
                store.rollback()
                del self.service.commits[written:]
            else:
                store.commit()
        self._handling += time.perf_counter() - started
        return answer

    def _limits(self, user_id: str) -> Limits:
        if user_id not in self.limits:
            self.limits[user_id] = Limits(self.service.clock, **self.limit_settings)
        return self.limits[user_id]

    async def _pass_barriers(self, method: str, path: str, when: str, signing_in: bool) -> None:
        for barrier in self.faults.hold(method, path, when, only_with_path=signing_in):
            barrier.reached.set()
            await barrier.released.wait()

    async def _act(self, rules: list[Fault], when: str, wire: Wire, entry: Entry | None) -> bool:
        """Let faults act at a moment; whether that was the end of the request."""
        for rule in rules:
            if rule.when != when or rule.do in SPOILS:
                continue
            if entry is not None:
                entry.fault = rule.do
            if rule.do == "delay":
                await asyncio.sleep(float(rule.detail.get("seconds", 1.0)))
                continue
            if rule.do == "hang":
                await asyncio.sleep(float(rule.detail.get("seconds", 3600)))
            answer = instead(rule)
            if answer is None:
                wire.abort()
                return True
            if entry is not None:
                entry.status = answer.status
                entry.retry_after = answer.headers.get("Retry-After", "")
            if not from_elsewhere(rule):
                answer.headers = {**service_headers(), **answer.headers}
            await wire.answer(answer)
            return True
        return False


def _spoils(rule: Fault) -> bool:
    return rule.do in SPOILS or rule.when == "mid_body"


def new_service(
    database: str | None,
    switches: Mapping[str, Any],
    extra: Mapping[str, Any] | None,
) -> Service:
    """An environment from a file or in memory; `extra` rows are added when it is new."""
    from .store import Store
    from .switches import Switches

    store = Store(database)
    service = Service(store, Switches(switches))
    if store.empty:
        service.sow(seed.rows())
        service.sow(extra or {})
        service.commits.clear()
    return service
