"""
A native provider that does nothing: what the engine and the protocol cost without us.

`python -m tests.benchmarks.empty_native`, under the name `pulumi-resource-empty` on `PATH`.
"""

from __future__ import annotations

import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import grpc
import pulumi
from google.protobuf.empty_pb2 import Empty as Nothing
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

_NAME = "pulumi-resource-empty"
_THREADS = 1024


class Empty(pulumi.CustomResource):
    """A resource with some inputs of a flow."""

    def __init__(self, name: str, **inputs: Any) -> None:
        super().__init__("empty:index:Empty", name, {**inputs, "answer": None})


class _Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Echoes what it is given; a create has a new id."""

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Configure(self, _request: Any, _context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Create(self, request: Any, _context: Any) -> Any:
        return provider_pb2.CreateResponse(id=str(uuid.uuid4()), properties=request.properties)

    def Delete(self, _request: Any, _context: Any) -> Any:
        return Nothing()


def put_on_path(folder: Path) -> None:
    """Write a program of the name that the engine looks for into a folder."""
    root = Path(__file__).resolve().parents[2]
    program = folder / _NAME
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(root)!r})\n"
        f"from {__name__} import main\nmain()\n",
        "utf-8",
    )
    program.chmod(0o755)


def main() -> None:
    """Serve until the engine ends the process."""
    server = grpc.server(ThreadPoolExecutor(max_workers=_THREADS))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(_Servicer(), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    Event().wait()


if __name__ == "__main__":
    main()
