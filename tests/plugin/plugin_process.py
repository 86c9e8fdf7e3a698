"""The plugin's process, driven as the engine drives it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from tests.harness.fork_server import variables_of

PROVIDER = "urn:pulumi:dev::demo::pulumi:providers:powerautomate::"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class PluginError(Exception):
    """The line that the engine would print for a failed call."""

    def __init__(self, text: str, detail: Any = None) -> None:
        super().__init__(text)
        self.detail = detail


class _Log(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def Log(self, request: Any, context: Any) -> Any:
        if not request.ephemeral:
            self.lines.append(request.message)
        return empty_pb2.Empty()


class PluginProcess:
    """The console script of the wheel, and a small engine for it to log to."""

    def __init__(
        self,
        environment: Mapping[str, str],
        config: Mapping[str, Any] | None = None,
        provider: str = "default",
    ) -> None:
        self._environment = environment
        self._config = dict(config or {})
        self._provider = PROVIDER + provider
        self.log = _Log()

    def __enter__(self) -> PluginProcess:
        self._engine = grpc.server(ThreadPoolExecutor(max_workers=4))
        engine_pb2_grpc.add_EngineServicer_to_server(self.log, self._engine)
        port = self._engine.add_insecure_port("127.0.0.1:0")
        self._engine.start()
        script = Path(sys.executable).with_name("pulumi-resource-powerautomate")
        self.process = subprocess.Popen(
            [str(script), f"127.0.0.1:{port}"],
            stdout=subprocess.PIPE,
            env=variables_of(self._environment),
        )
        assert self.process.stdout is not None
        address = self.process.stdout.readline().decode().strip()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{address}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        checked = self.call(
            "CheckConfig",
            provider_pb2.CheckRequest(urn=self._provider, news=struct(self._config)),
        )
        self.failures = [item.reason for item in checked.failures]
        self.call("Configure", provider_pb2.ConfigureRequest(args=checked.inputs))
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self.process.kill()
        self.process.communicate()
        self._engine.stop(0)

    def schema(self) -> dict[str, Any]:
        response = self.call("GetSchema", provider_pb2.GetSchemaRequest())
        found: dict[str, Any] = json.loads(response.schema)
        return found

    def invoke(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.InvokeRequest(
            tok=f"powerautomate:index:{name}", args=struct(arguments)
        )
        found: dict[str, Any] = json_format.MessageToDict(
            getattr(self.call("Invoke", request), "return")
        )
        return found

    def check(self, kind: str, name: str, news: Any, olds: Any = None) -> Any:
        request = provider_pb2.CheckRequest(
            urn=urn(kind, name), news=struct(news), olds=olds or struct({})
        )
        return self.call("Check", request)

    def call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self.stub, method)(request, timeout=120)
        except grpc.RpcError as error:
            metadata = dict(error.trailing_metadata() or ())
            detail = None
            if "grpc-status-details-bin" in metadata:
                status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
                detail = provider_pb2.ErrorResourceInitFailed()
                status.details[0].Unpack(detail)
            raise PluginError(str(error.details()).strip(), detail) from None


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::demo::powerautomate:index:{kind}::{name}"


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.update(dict(values))
    return found
