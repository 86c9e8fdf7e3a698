"""The proxy: `python -S -m tests.reliability.fault_proxy HOST:PORT`; its ports as JSON."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from . import faults, wire

_PATIENCE = 120.0


@dataclass
class _Rule:
    """A fault for the nth request and the next ones that match, a number of times."""

    wish: Mapping[str, Any]
    seen: int = 0
    hits: int = 0

    def takes(self, request: wire.Message) -> bool:
        wish = self.wish
        if not re.search(wish.get("path", "."), request.target):
            return False
        if not re.fullmatch(wish.get("method", ".*"), request.method):
            return False
        self.seen += 1
        if self.seen < wish.get("nth", 1) or self.hits >= wish.get("times", 1):
            return False
        self.hits += 1
        return True


@dataclass
class _Turn:
    """One request on its way; `rule` is empty when it meets no fault."""

    proxy: Proxy
    request: wire.Message
    number: int
    rule: Mapping[str, Any]
    chance: random.Random
    client: socket.socket

    def forward(self) -> wire.Message:
        response = self.proxy.ask(self.request)
        self.proxy.answered(self.request, response)
        return response

    def forward_partly(self) -> None:
        raw = self.request.raw()
        with self.proxy.connect() as server:
            server.sendall(raw[: len(raw) * 2 // 3])

    def deliver_later(self) -> None:
        self.proxy.late.append(self.request)

    def earlier(self, *, same: bool) -> wire.Message | None:
        return self.proxy.earlier(self.request, same=same)

    def until_another(self, seconds: float) -> None:
        self.proxy.until_another(seconds)


@dataclass
class Proxy:
    """Between clients and a server."""

    server: tuple[str, int]
    rules: list[_Rule] = field(default_factory=list)
    late: list[wire.Message] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    seed: int = 0
    limit: int = 0
    """How many connections at once are taken; the others are reset. Any number when 0."""
    _number: int = 0
    _connections: int = 0
    _answers: int = 0
    _first: dict[tuple[str, str], wire.Message] = field(default_factory=dict)
    _last: dict[tuple[str, str], wire.Message] = field(default_factory=dict)
    _lock: threading.Condition = field(default_factory=threading.Condition)

    def serve(self, listener: socket.socket) -> None:
        """Take connections, each on a thread of its own."""
        while True:
            client, _ = listener.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def control(self, listener: socket.socket) -> None:
        """Obey one line after the other."""
        while True:
            person, _ = listener.accept()
            with person, person.makefile("rwb") as lines:
                for line in lines:
                    lines.write(json.dumps(self._obey(json.loads(line))).encode() + b"\n")
                    lines.flush()

    def connect(self) -> socket.socket:
        """A connection to the server."""
        server = socket.create_connection(self.server, timeout=_PATIENCE)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return server

    def ask(self, request: wire.Message) -> wire.Message:
        """Let the server carry a request out."""
        with self.connect() as server, server.makefile("rb") as stream:
            server.sendall(request.raw())
            response = wire.read(stream, answers_head=request.method == "HEAD")
        if response is None:
            raise wire.CutShortError
        return response

    def answered(self, request: wire.Message, response: wire.Message) -> None:
        """Keep a response for those that ask later."""
        key = request.method, request.target
        with self._lock:
            self._answers += 1
            self._first.setdefault(key, response)
            self._last.pop(key, None)
            self._last[key] = response
            self._lock.notify_all()

    def earlier(self, request: wire.Message, *, same: bool) -> wire.Message | None:
        """A response that was given before."""
        key = request.method, request.target
        with self._lock:
            if same:
                return self._first.get(key) if request.method == "GET" else None
            others = [item for item in self._last if item != key and item[0] == key[0]]
            return self._last[others[-1]] if others else None

    def until_another(self, seconds: float) -> None:
        """Wait until one more response has come from the server."""
        with self._lock:
            seen = self._answers
            self._lock.wait_for(lambda: self._answers > seen, seconds)

    def _talk(self, client: socket.socket) -> None:
        with self._lock:
            self._connections += 1
            full = self.limit and self._connections > self.limit
        try:
            if full:
                raise faults.ResetError
            with client.makefile("rb") as stream:
                while self._exchange(client, stream):
                    pass
        except (faults.ResetError, wire.CutShortError, OSError):
            wire.reset(client)
        except faults.ClosedError:
            pass
        finally:
            wire.close(client)
            with self._lock:
                self._connections -= 1

    def _exchange(self, client: socket.socket, stream: BinaryIO) -> bool:
        request = wire.read(stream)
        if request is None:
            return False
        self.flush()
        turn = self._turn(client, request)
        if turn.rule:
            faults.carry_out(turn)
        else:
            client.sendall(turn.forward().raw())
        return True

    def _turn(self, client: socket.socket, request: wire.Message) -> _Turn:
        with self._lock:
            self._number += 1
            number = self._number
            # Every rule counts the request, also when an earlier one has taken it.
            taken = [rule.wish for rule in self.rules if rule.takes(request)]
            rule = taken[0] if taken else {}
            self.log.append({"number": number, "method": request.method, "target": request.target,
                             "fault": rule.get("name", "")})  # fmt: skip
        chance = random.Random(f"{self.seed} {number}")
        return _Turn(self, request, number, rule, chance, client)

    def flush(self) -> None:
        """Deliver what was to come late."""
        with self._lock:
            waiting, self.late = self.late, []
        for request in waiting:
            with contextlib.suppress(wire.CutShortError, OSError):
                self.ask(request)

    def _obey(self, wish: dict[str, Any]) -> Any:
        do = wish["do"]
        if do in ("begin", "end"):
            self.flush()
        with self._lock:
            if do == "begin":
                # A new scene: numbers start again, and nothing of an earlier one is remembered.
                self.rules = [_Rule(item) for item in wish["rules"]]
                self.seed, self.limit = wish.get("seed", 0), wish.get("limit", 0)
                self._number = 0
                self.log.clear()
                if wish.get("forget", True):
                    self._first.clear()
                    self._last.clear()
            elif do == "end":
                self.rules, self.limit = [], 0
            elif do == "log":
                return list(self.log)
            elif do == "modules":
                return sorted({name.partition(".")[0] for name in sys.modules})
            else:
                return {"error": f"no such wish: {do}"}
        return {}


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


def main() -> None:
    """Serve until the parent is gone."""
    host, _, port = sys.argv[1].partition(":")
    proxy = Proxy((host, int(port)))
    data, control = _listener(), _listener()
    print(json.dumps({"port": data.getsockname()[1], "control": control.getsockname()[1]}),
          flush=True)  # fmt: skip
    for target, listener in ((proxy.serve, data), (proxy.control, control)):
        threading.Thread(target=target, args=(listener,), daemon=True).start()
    # The parent holds the other end of standard input.
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
