"""
Provider processes at a tenth of their price: forked from one that has imported everything already.

What runs in the child is `python -m pulumi.dynamic` or the native provider, with its own
environment, standard output and engine, as the engine starts it; only the half second of imports is
spent once. What it says on standard error is lost.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import IO

import pulumi_powerautomate as ours
from pulumi_powerautomate.redaction import redact

_ROOT = str(Path(__file__).resolve().parents[2])
# Whatever a provider process may come to load; commands and the emulator are none of its.
_IMPORTED = (
    *("asyncio", "dill", "grpc._interceptor", "grpc._server", "msal", "pulumi", "pulumi.dynamic"),
    "requests",
)
_OTHERS = frozenset({
    "__main__", "adoption", "cli", "conformance", "emulator", "policies", "pull_request",
    "pytest_plugin", "testing",
})  # fmt: skip
DYNAMIC, NATIVE = "pulumi.dynamic", "pulumi_powerautomate.plugin"

IS_SUPPORTED = hasattr(os, "pidfd_open")


def variables_of(environment: Mapping[str, str]) -> dict[str, str]:
    """All variables of a provider process: those of this one, the engine's, and its own."""
    return {**os.environ, "PULUMI_PROJECT": "demo", **environment}


class ForkServer:
    """Starts provider processes; one at a time may ask it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", f"from {__name__} import serve; serve()"],
            cwd=_ROOT, stdin=theirs.fileno(),
        )  # fmt: skip
        theirs.close()

    def spawn(
        self,
        engine: str,
        environment: Mapping[str, str],
        *,
        program: str = DYNAMIC,
        folder: str | Path = _ROOT,
    ) -> Forked:
        """
        A provider process.

        Args:
            engine: the address at which its engine listens.
            environment: variables besides those of this process.
            program: the module that runs in it, `DYNAMIC` or `NATIVE`.
            folder: the folder it works in.
        """
        read, write = os.pipe()
        variables = variables_of(environment)
        message = json.dumps([engine, variables, str(folder), program]).encode()
        socket.send_fds(self._socket, [message], [write])
        os.close(write)
        pid = int(self._socket.recv(100))
        return Forked(self, pid, os.fdopen(read, "rb"))

    def reap(self, pid: int) -> None:
        """
        End a process that it started, and let its id go.

        Until then the id stays taken, also when the process has ended by itself: a signal must
        never reach a stranger that got the same one.
        """
        socket.send_fds(self._socket, [json.dumps(pid).encode()], [])
        self._socket.recv(100)

    def close(self) -> None:
        """End it; processes that it started end by themselves when their pipe closes."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


class Forked:
    """A provider process, with what callers need of a `Popen`."""

    def __init__(self, fork_server: ForkServer, pid: int, stdout: IO[bytes]) -> None:
        self.stdout = stdout
        self.pid = pid
        self._fork_server = fork_server
        self._reaped = False

    def kill(self) -> None:
        """End it as a crash does."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it was seen off."""
        if not self._reaped:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """None as long as it runs."""
        try:
            self.wait(0)
        except subprocess.TimeoutExpired:
            return None
        return 0

    def wait(self, timeout: float) -> None:
        """
        Wait until it has ended.

        Raises:
            subprocess.TimeoutExpired: it still runs after so many seconds.
        """
        if self._reaped:
            return
        descriptor = os.pidfd_open(self.pid)
        try:
            if not select.select([descriptor], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a provider", timeout)
        finally:
            os.close(descriptor)

    def communicate(self) -> None:
        """See it off."""
        if not self._reaped:
            self._reaped = True
            self._fork_server.reap(self.pid)
            self.stdout.close()


@cache
def shared_fork_server() -> ForkServer:
    """The one of this process, which ends with it."""
    server = ForkServer()
    atexit.register(server.close)
    return server


def serve() -> None:
    """In the server: fork for each message, until the socket closes."""
    for name in (*_IMPORTED, *_modules()):
        importlib.import_module(name)
    # Patterns that are compiled when the first text leaves.
    redact("a=b")
    # A collection in a child would write to, and so copy, every page of what was imported.
    gc.freeze()
    asked = socket.socket(fileno=os.dup(0))
    while True:
        message, descriptors, _, _ = socket.recv_fds(asked, 65536, 1)
        if not message:
            return
        wish = json.loads(message)
        if isinstance(wish, int):
            os.kill(wish, signal.SIGKILL)
            os.waitpid(wish, 0)
            asked.send(b"reaped")
            continue
        pid = os.fork()
        if pid == 0:
            asked.close()
            os.dup2(descriptors[0], 1)
            os.close(descriptors[0])
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 2)
            _become(*wish)
        os.close(descriptors[0])
        asked.send(str(pid).encode())


def _modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(ours.__path__, f"{ours.__name__}."):
        if module.name.split(".")[1] not in _OTHERS and not module.name.endswith("__main__"):
            yield module.name


def _become(engine: str, environment: Mapping[str, str], folder: str, program: str) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [program, engine]
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    finally:
        # What an interpreter that ends does; after a kill nothing of it is done.
        atexit._run_exitfuncs()
        os._exit(1)
