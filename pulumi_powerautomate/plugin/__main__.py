"""The process that the engine starts: it prints its port, serves, and ends with an interrupt."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from threading import Event

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from .servicer import PowerAutomateServicer

# Threads are started as calls come. How many requests are under way at once is the client's to say,
# and a call that waits for its turn there holds no place that a check would need.
_THREADS = 1024


def main() -> None:
    """Serve until the engine ends the process."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    servicer = PowerAutomateServicer(_version())
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
    try:
        return version("pulumi-powerautomate")
    except PackageNotFoundError:
        return "0.0.0"


if __name__ == "__main__":
    main()
