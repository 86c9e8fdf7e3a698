"""
The file of `pulumi import --file`: each resource with inputs and outputs as a state keeps them.

Plain `pulumi import` asks a provider to read the resource, which dynamic providers cannot do
without the state it would come from, and which does not tell the native one what a program
declares: an owner, a solution, rules to ignore. With inputs and outputs in the file nothing is
read. Both are made by the very code that runs in a deployment, so that the first preview compares
like with like.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..cloud_flow import CloudFlow, CloudFlowProvider
from ..config import Connection
from ..connection_reference import ConnectionReference, ConnectionReferenceProvider
from ..errors import InvalidInputError
from ..flow_share import FlowShare, FlowShareProvider
from ..inputs.definition import DIGEST, SHOWABLE, definition_inputs
from ..models import MODELS, to_camel
from ..provider import IDENTITY, DataverseProvider, DataverseResource, identity_in, pickled
from ..provider.native import NO_ORGANIZATION, type_of
from .inventory import FoundFlow, FoundReference, FoundShare

# How a state, and a file to import, spell a secret: the key that Pulumi marks special values with,
# and the mark of a secret (pulumi, sdk/go/common/resource/sig).
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"

_P = TypeVar("_P", bound=DataverseProvider)


@dataclass(frozen=True)
class Stack:
    """Whose state the resources are for."""

    organization: str
    project: str
    name: str


@dataclass(frozen=True)
class Entries:
    """
    Makes the entries of one stack and one environment.

    Attributes:
        stack: the stack.
        connection: the environment.
        native: whether the resources are those of the native provider.
    """

    stack: Stack
    connection: Connection
    native: bool = False
    # One provider of a kind for all entries: each would resolve the settings again.
    _providers: dict[type, Any] = field(default_factory=dict, compare=False, repr=False)

    def flow(
        self,
        name: str,
        found: FoundFlow,
        definition: Any,
        references: Mapping[str, Any],
        ignore: Sequence[str] = (),
        *,
        secret: bool,
    ) -> dict[str, Any]:
        """
        The entry of a flow.

        Args:
            name: the resource's name.
            found: the flow.
            definition: its definition.
            references: its connection references.
            ignore: the rules that its declaration overrules.
            secret: whether its definition is kept encrypted in the state.

        Raises:
            InvalidInputError: a program could not declare it.
        """
        provider = self._provider(CloudFlowProvider)
        live = found.live
        inputs = self._checked(
            provider,
            CloudFlow,
            name,
            {
                "name": live.name,
                "description": live.description or None,
                "state": live.state,
                "owner": {"type": live.owner_kind, "id": live.owner_id},
                "solution": found.solution,
                "workflow_id": live.workflow_id,
                **definition_inputs(definition, references, name, list(ignore) or None),
                SHOWABLE: not secret,
            },
        )
        outputs = provider.recorded(inputs, live)
        if secret:
            inputs = {**inputs, "definition": _secret(inputs["definition"])}
        if secret and self.native:
            # Without the definition, what tells it from others is a secret too.
            inputs[DIGEST], outputs[DIGEST] = _secret(inputs[DIGEST]), _secret(outputs[DIGEST])
        return self._entry(CloudFlow, CloudFlowProvider, name, live.workflow_id, inputs, outputs)

    def share(self, name: str, flow_id: str, found: FoundShare) -> dict[str, Any]:
        """The entry of one share of a flow."""
        provider = self._provider(FlowShareProvider)
        who = found.principal
        inputs = self._checked(
            provider,
            FlowShare,
            name,
            {
                "flow_id": flow_id,
                "principal": {"type": who.kind, "id": who.id},
                "access": found.access,
            },
        )
        outputs = provider.recorded(inputs, who)
        id_ = f"{flow_id}/{who.kind}/{who.id}"
        return self._entry(FlowShare, FlowShareProvider, name, id_, inputs, outputs)

    def reference(self, found: FoundReference) -> dict[str, Any]:
        """
        The entry of a connection reference.

        Raises:
            InvalidInputError: a program could not declare it.
        """
        provider = self._provider(ConnectionReferenceProvider)
        name = found.logical_name
        inputs = self._checked(
            provider,
            ConnectionReference,
            name,
            {
                "logical_name": name,
                "connector": found.connector,
                "connection_id": found.connection_id,
                "display_name": found.name or None,
                "description": found.description or None,
            },
        )
        outputs = provider.recorded(inputs)
        return self._entry(
            ConnectionReference, ConnectionReferenceProvider, name, name, inputs, outputs
        )

    def _provider(self, kind: type[_P]) -> _P:
        if kind not in self._providers:
            self._providers[kind] = kind.connected(self.connection)
        provider: _P = self._providers[kind]
        return provider

    def _checked(
        self,
        provider: DataverseProvider,
        resource: type[DataverseResource],
        name: str,
        values: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Inputs as the constructor sends them and `check` settles them."""
        given = {key: value for key, value in values.items() if value is not None}
        given[IDENTITY] = self._identity(resource, name)
        result = provider.check({}, given)
        if result.failures:
            raise InvalidInputError(" ".join(problem.reason for problem in result.failures))
        return dict(result.inputs)

    def _identity(self, resource: type[DataverseResource], name: str) -> str:
        stack = self.stack
        organization = NO_ORGANIZATION if self.native else stack.organization
        return identity_in(organization, stack.name, stack.project, self._type(resource), name)

    def _type(self, resource: type[DataverseResource]) -> str:
        if self.native:
            return type_of(resource.__name__)
        return resource.dynamic_type()

    def _entry(
        self,
        resource: type[DataverseResource],
        provider: type[DataverseProvider],
        name: str,
        id_: str,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, Any],
    ) -> dict[str, Any]:
        entry = {"type": self._type(resource), "name": name, "id": id_}
        if self.native:
            model = MODELS[resource.__name__]
            named = {
                "inputs": to_camel(inputs, model.input_types),
                "outputs": to_camel(outputs, model.types),
            }
            refuse_halves(named)
            return {**entry, **named}
        reference = {"__provider": pickled(provider)}  # type: ignore[arg-type]
        return {**entry, "inputs": {**inputs, **reference}, "outputs": {**outputs, **reference}}


def _secret(value: Any) -> dict[str, Any]:
    return {_SIGNATURE: _SECRET, "plaintext": json.dumps(value, ensure_ascii=False)}


def refuse_halves(values: Mapping[str, Any]) -> None:
    """
    Refuse a text that only Python can hold.

    Raises:
        InvalidInputError: half of a pair of surrogates is in it.
    """
    try:
        json.dumps(values, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInputError(
            "one of its texts holds half of a pair of surrogates, which UTF-8 cannot hold."
        ) from None
