"""The process that the engine starts: it prints its port, serves, and ends with an interrupt."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

# Threads are started as calls come. How many requests are under way at once is the client's to say,
# and a call that waits for its turn there holds no place that a check would need.
_THREADS = 1024


class _Late:
    """Loads the servicer with the first call: the engine waits for the port only."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._servicer: Any = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(request: Any, context: Any) -> Any:
            return getattr(self._loaded(), name)(request, context)

        return call

    def _loaded(self) -> Any:
        with self._lock:
            if self._servicer is None:
                from .servicer import PowerAutomateServicer

                self._servicer = PowerAutomateServicer(_version())
            return self._servicer


def main() -> None:
    """Serve until the engine ends the process."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    servicer: Any = _Late()
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    try:
        Event().wait()
    except KeyboardInterrupt:
        server.stop(0)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pulumi-powerautomate")
    except PackageNotFoundError:
        return "0.0.0"


if __name__ == "__main__":
    main()
