"""The proxy as an object; it runs in a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from .presets import PRESETS

# The folder above this one: nothing of the tests is loaded in the process but the proxy itself.
_ABOVE = Path(__file__).resolve().parents[1]


class FaultProxy:
    """A proxy before a server; `url` is where clients find it."""

    def __init__(self, server: str) -> None:
        # Without site-packages: what is tested cannot be loaded in it.
        command = [sys.executable, "-S", "-m", "fault_proxy", urlsplit(server).netloc]
        self.process = subprocess.Popen(
            command, cwd=_ABOVE, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        ports = json.loads(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{ports['port']}"
        self._socket = socket.create_connection(("127.0.0.1", ports["control"]))
        self._lines = self._socket.makefile("rwb")

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._lines.close()
        self._socket.close()
        self.process.kill()
        self.process.communicate()

    def begin(
        self,
        rules: Sequence[Mapping[str, Any]] = (),
        *,
        seed: int = 0,
        limit: int = 0,
        forget: bool = True,
    ) -> None:
        """
        Put rules in force instead of those before.

        Args:
            rules: as `rule` makes them.
            seed: decides what the rules leave open, such as where an answer is cut.
            limit: how many connections are taken at once; any number when 0.
            forget: whether earlier responses are forgotten, which a stale read would repeat.
        """
        self._obey({"do": "begin", "rules": [dict(rule) for rule in rules], "seed": seed,
                    "limit": limit, "forget": forget})  # fmt: skip

    def end(self) -> None:
        """Withdraw all rules; what was to be delivered late is delivered now."""
        self._obey({"do": "end"})

    def log(self) -> list[dict[str, Any]]:
        """Requests since the rules are in force, each with the fault it met."""
        return list(self._obey({"do": "log"}))

    def modules(self) -> list[str]:
        """Top-level modules that are loaded in the process."""
        return list(self._obey({"do": "modules"}))

    def _obey(self, wish: Mapping[str, Any]) -> Any:
        self._lines.write(json.dumps(wish).encode() + b"\n")
        self._lines.flush()
        answer = json.loads(self._lines.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise ValueError(answer["error"])
        return answer


def rule(
    name: str, *, path: str = ".", method: str = ".*", nth: int = 1, times: int = 1
) -> dict[str, Any]:
    """
    A preset as a rule for requests.

    Args:
        name: of the preset.
        path: regular expression that the request's target has to contain.
        method: regular expression of the whole method.
        nth: from which matching request on.
        times: how many of them meet it.
    """
    return {**PRESETS[name], "name": name, "path": path, "method": method, "nth": nth,
            "times": times}  # fmt: skip
