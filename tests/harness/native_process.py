"""
The native provider's process under the interface of the dynamic one.

Tests of operations run through both with it. Inputs and outputs are under their names in Python on
this side, and as the protocol has them on the other; a resource that was written and is not as
declared, which the protocol has as an error with details, is a result with its reason here.
"""

from __future__ import annotations

import contextlib
import copy
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.models import MODELS, from_camel, to_camel
from tests.harness import fork_server
from tests.harness.provider_process import (
    Checked,
    Diffed,
    ProviderError,
    ProviderProcess,
    Spawn,
    _plain,
    _struct,
    forked,
    spawned,
)

_DETAILS = "grpc-status-details-bin"


class NativeProcess(ProviderProcess):
    """One process of `pulumi-resource-powerautomate`, for one kind of resource at a time."""

    def __init__(
        self,
        environment: Mapping[str, str],
        config: Mapping[str, str] | None = None,
        provider: type = CloudFlowProvider,
        spawn: Spawn | None = None,
    ) -> None:
        self._kind = _kind_of(provider)
        # The engine sends the inputs of the state along, which the tests do not keep apart.
        self._inputs: dict[str, Any] = {}
        super().__init__(environment, config, provider, spawn or _spawn)

    def serving(self, provider: type) -> NativeProcess:
        other = copy.copy(self)
        other._kind = _kind_of(provider)
        return other

    def check(self, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None) -> Checked:
        names = {item.name for item in MODELS[self._kind].inputs}
        given = {key: value for key, value in news.items() if key in names}
        response = self._call(
            "Check",
            provider_pb2.CheckRequest(
                urn=self._urn(news), olds=self._out(olds or {}), news=self._out(given)
            ),
        )
        return Checked(self._in(response.inputs), [item.reason for item in response.failures])

    def diff(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Diffed:
        response = self._call(
            "Diff",
            provider_pb2.DiffRequest(
                id=id_, urn=self._urn(news), olds=self._out(olds), news=self._out(news),
                old_inputs=self._out(self._inputs.get(id_, {})),
            ),
        )  # fmt: skip
        return Diffed(
            response.changes == provider_pb2.DiffResponse.DIFF_SOME,
            [self._name(item) for item in response.replaces],
            response.deleteBeforeReplace,
        )

    def create(self, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        request = provider_pb2.CreateRequest(urn=self._urn(inputs), properties=self._out(inputs))
        response = self._written("Create", request)
        self._inputs[response.id] = dict(inputs)
        return response.id, self._in(response.properties)

    def read(
        self, id_: str, outputs: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any] | None]:
        known = self._inputs.get(id_, {})
        response = self._call(
            "Read",
            provider_pb2.ReadRequest(
                id=id_, urn=self._urn(outputs), properties=self._out(outputs),
                inputs=self._out(known),
            ),
        )  # fmt: skip
        inputs = self._in(response.inputs)
        return response.id, self._in(response.properties), None if inputs == known else inputs

    def update(self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            id=id_, urn=self._urn(news), olds=self._out(olds), news=self._out(news),
            old_inputs=self._out(self._inputs.get(id_, {})),
        )  # fmt: skip
        response = self._written("Update", request)
        self._inputs[id_] = dict(news)
        return self._in(response.properties)

    def delete(self, id_: str, outputs: Mapping[str, Any]) -> None:
        request = provider_pb2.DeleteRequest(
            id=id_, urn=self._urn(outputs), properties=self._out(outputs)
        )
        self._call("Delete", request)

    def _written(self, method: str, request: Any) -> Any:
        """The response to a write, or the details of the error that has what was written."""
        try:
            return getattr(self.stub, method)(request, timeout=600)
        except grpc.RpcError as error:
            metadata = dict(error.trailing_metadata() or ())
            if _DETAILS not in metadata:
                raise ProviderError(str(error.details()).strip()) from None
            detail = provider_pb2.ErrorResourceInitFailed()
            status_pb2.Status.FromString(metadata[_DETAILS]).details[0].Unpack(detail)
            return detail

    def _urn(self, props: Mapping[str, Any]) -> str:
        name = str(props.get("__identity") or "x").rpartition("::")[2]
        return f"urn:pulumi:dev::demo::powerautomate:index:{self._kind}::{name}"

    def _name(self, name: str) -> str:
        return next(iter(from_camel({name: None}, MODELS[self._kind].types)))

    def _out(self, props: Mapping[str, Any]) -> Any:
        return _struct(to_camel(props, MODELS[self._kind].types))

    def _in(self, struct: Any) -> dict[str, Any]:
        return from_camel(_plain(struct), MODELS[self._kind].types)


def _kind_of(provider: type) -> str:
    return provider.__name__.removesuffix("Provider")


def _spawn(engine: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    script = Path(sys.executable).with_name("pulumi-resource-powerautomate")
    return spawned([str(script)], engine, environment)


def native_process(
    environment: Mapping[str, str],
    config: Mapping[str, str] | None = None,
    provider: type = CloudFlowProvider,
) -> contextlib.AbstractContextManager[NativeProcess]:
    """A process of the native provider that ends with the block, ready sooner than the script."""
    spawn = forked(fork_server.NATIVE)
    return contextlib.closing(NativeProcess(environment, config, provider, spawn))
