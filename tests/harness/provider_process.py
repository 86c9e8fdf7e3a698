"""The real provider process, `python -m pulumi.dynamic`, driven as the engine drives it."""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.provider.resource import pickled
from tests.harness import fork_server

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
IDENTITY = "organization/urn:pulumi:dev::demo::pulumi-python:dynamic/powerautomate:CloudFlow::"


class ProviderError(Exception):
    """The line that the engine would print for a failed operation."""


@dataclass
class Checked:
    inputs: dict[str, Any]
    failures: list[str]


@dataclass
class Diffed:
    changes: bool
    replaces: list[str]
    old_first: bool = False


@dataclass
class _EngineLog(engine_pb2_grpc.EngineServicer):
    lines: list[tuple[str, str, bool]] = field(default_factory=list)

    def Log(self, request: Any, context: Any) -> Any:
        self.lines.append((request.urn, request.message, request.ephemeral))
        return empty_pb2.Empty()


Spawn = Callable[[str, Mapping[str, str]], Any]
"""Starts a provider process, given its engine's address and its variables."""


def _spawn(engine: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return spawned([sys.executable, "-u", "-m", "pulumi.dynamic"], engine, environment)


def spawned(
    command: Sequence[str], engine: str, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """A process of a provider's program, as an engine at an address starts it."""
    return subprocess.Popen(
        [*command, engine],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=fork_server.variables_of(environment),
    )


class ProviderProcess:
    """One provider process and a small engine for it to log to."""

    def __init__(
        self,
        environment: Mapping[str, str],
        config: Mapping[str, str] | None = None,
        provider: type = CloudFlowProvider,
        spawn: Spawn | None = None,
    ) -> None:
        self._provider = pickled(provider)
        self._log = _EngineLog()
        self._engine = grpc.server(ThreadPoolExecutor(max_workers=4))
        engine_pb2_grpc.add_EngineServicer_to_server(self._log, self._engine)
        port = self._engine.add_insecure_port("127.0.0.1:0")
        self._engine.start()
        self.process = (spawn or _spawn)(f"127.0.0.1:{port}", environment)
        assert self.process.stdout is not None
        address = self.process.stdout.readline().decode().strip()
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{address}", options=options)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._call("Configure", provider_pb2.ConfigureRequest(args=_struct(config or {})))

    @property
    def log(self) -> list[tuple[str, str, bool]]:
        """(URN, message, ephemeral) of each line the provider said."""
        return self._log.lines

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Checked:
        response = self._call(
            "Check",
            provider_pb2.CheckRequest(
                olds=self._props(olds) if olds else _struct({}), news=self._props(news)
            ),
        )
        return Checked(_plain(response.inputs), [item.reason for item in response.failures])

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diffed:
        response = self._call(
            "Diff",
            provider_pb2.DiffRequest(id=id_, olds=self._props(olds), news=self._props(news)),
        )
        return Diffed(
            response.changes == provider_pb2.DiffResponse.DIFF_SOME,
            list(response.replaces),
            response.deleteBeforeReplace,
        )

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        response = self._call("Create", provider_pb2.CreateRequest(properties=self._props(inputs)))
        return response.id, _plain(response.properties)

    def read(
        self, id_: str, outputs: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
        response = self._call(
            "Read", provider_pb2.ReadRequest(id=id_, properties=self._props(outputs))
        )
        inputs = _plain(response.inputs) if response.HasField("inputs") else None
        return response.id, _plain(response.properties), inputs

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        response = self._call(
            "Update",
            provider_pb2.UpdateRequest(id=id_, olds=self._props(olds), news=self._props(news)),
        )
        return _plain(response.properties)

    def delete(self, id_: str, outputs: Mapping[str, Any]) -> None:
        self._call("Delete", provider_pb2.DeleteRequest(id=id_, properties=self._props(outputs)))

    def serving(self, provider: type) -> ProviderProcess:
        """The same process, asked for another kind of resource."""
        other = copy.copy(self)
        other._provider = pickled(provider)
        return other

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()

    def end(self) -> float:
        """
        End it as the engine does when its command is over; returns the seconds it took.

        They are counted from the interrupt that it obeyed: Python drops one that comes while a
        callback of gRPC's runs.
        """
        started = time.monotonic()
        while True:
            interrupted = time.monotonic()
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                if time.monotonic() - started > 60:
                    raise
            else:
                return time.monotonic() - interrupted

    def close(self) -> None:
        self._channel.close()
        self.process.kill()
        self.process.communicate()
        self._engine.stop(0)

    def _props(self, props: Mapping[str, Any]) -> struct_pb2.Struct:
        return _struct({**props, "__provider": self._provider})

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self.stub, method)(request, timeout=600)
        except grpc.RpcError as error:
            raise ProviderError(str(error.details()).strip()) from None


def forked(program: str) -> Spawn | None:
    """Starts processes of a program with everything imported; None where that is not possible."""
    if not fork_server.IS_SUPPORTED:
        return None
    return lambda engine, environment: fork_server.shared_fork_server().spawn(
        engine, environment, program=program, folder=os.getcwd()
    )


class Start(Protocol):
    """Starts a provider process that ends with the block."""

    def __call__(
        self,
        environment: Mapping[str, str],
        config: Mapping[str, str] | None = None,
        provider: type = CloudFlowProvider,
    ) -> contextlib.AbstractContextManager[ProviderProcess]: ...


def provider_process(
    environment: Mapping[str, str],
    config: Mapping[str, str] | None = None,
    provider: type = CloudFlowProvider,
) -> contextlib.AbstractContextManager[ProviderProcess]:
    """A provider process that ends with the block, ready sooner than one that the engine starts."""
    spawn = forked(fork_server.DYNAMIC)
    return contextlib.closing(ProviderProcess(environment, config, provider, spawn))


def new_provider_process(
    environment: Mapping[str, str],
    config: Mapping[str, str] | None = None,
    provider: type = CloudFlowProvider,
) -> contextlib.AbstractContextManager[ProviderProcess]:
    """One that is started as the engine does it, for what is about the process itself."""
    return contextlib.closing(ProviderProcess(environment, config, provider))


def flow_inputs(name: str, definition: Any, **more: Any) -> dict[str, Any]:
    """
    The inputs that the constructor of `CloudFlow` would send to `check` for a definition as text.
    """
    import json

    text = definition if isinstance(definition, str) else json.dumps(definition)
    return {
        "name": name,
        "definition": text,
        "state": "on",
        "__identity": f"{IDENTITY}{name}",
        **more,
    }


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update({key: value for key, value in values.items() if value is not None})
    return struct


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    values: dict[str, Any] = json_format.MessageToDict(struct)
    values.pop("__provider", None)
    return values
