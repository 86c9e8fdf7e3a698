"""
Flows that a stack created and that no state knows.

A create that is killed after its commit leaves a flow behind. If the program still declares it, the
next `pulumi up` adopts it; if not, nothing refers to it any more. Three facts tell such a flow:

- the engine had written down that the create was pending (`pending_operations` of the state),
- the journal of this machine has a create of this stack's that was killed, and the flow is as that
  declared it, or
- its id is the one that derives from the environment, the stack and a resource name. The names that
  are tried are the flow's own display name, which is the resource name unless the program says
  otherwise, and those that a person gives.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from ..cloud_flow import CloudFlow
from ..errors import InvalidInputError
from ..inputs.derived_id import derived_id
from ..inputs.flow_outputs import ATTEMPTS, attempts_in
from ..models import camel
from ..provider import IDENTITY, derivation_host, killed_creates, native

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..client.flows.requests import LiveFlow
    from ..provider.killed_creates import KilledCreate

_DYNAMIC, _NATIVE = CloudFlow.dynamic_type(), native.type_of(CloudFlow.__name__)
_KINDS = (_DYNAMIC, _NATIVE)
_CREATING = ("creating", "importing")
# The id in the inputs of the dynamic and of the native provider.
_IDS = ("workflow_id", camel("workflow_id"))


@dataclass(frozen=True)
class StackState:
    """
    The flows of an exported state.

    Attributes:
        stack: `urn:pulumi:STACK::PROJECT::`, the beginning of each URN.
        organization: the Pulumi organization that ids of dynamic resources derive from.
        chains: types of parents before the flow's own type, `a$b$`; empty for none.
        known: ids of the flows that it manages.
        pending: name of the resource by the id of a flow whose create was pending.
    """

    stack: str
    organization: str = native.NO_ORGANIZATION
    chains: frozenset[str] = frozenset({""})
    known: frozenset[str] = frozenset()
    pending: Mapping[str, str] = field(default_factory=dict)

    def identities(self, name: str) -> Iterator[str]:
        """The identities of a resource in either provider; the id of its flow derives from one."""
        organizations = dict.fromkeys((self.organization, native.NO_ORGANIZATION))
        for organization, kind, chain in product(organizations, _KINDS, sorted(self.chains)):
            yield f"{organization}/{self.stack}{chain}{kind}::{name}"

    def has(self, identity: str) -> bool:
        """Whether a resource is one of this stack."""
        organization, _, urn = identity.partition("/")
        return urn.startswith(self.stack) and organization in (
            self.organization, native.NO_ORGANIZATION
        )  # fmt: skip


@dataclass(frozen=True)
class Orphan:
    """
    A flow that no state knows.

    Attributes:
        flow: the flow.
        reason: how it is known to be this stack's.
        shared_with: how many users and teams it is shared with.
    """

    flow: LiveFlow
    reason: str
    shared_with: int


def read_state(text: str) -> StackState:
    """
    The flows of a state as `pulumi stack export` prints it.

    Raises:
        InvalidInputError: it is no exported state, or one without a stack.
    """
    try:
        deployment = json.loads(text)["deployment"]
        resources: list[dict[str, Any]] = deployment.get("resources") or []
        operations: list[dict[str, Any]] = deployment.get("pending_operations") or []
        entries = [*resources, *(item["resource"] for item in operations)]
        urns = [str(item["urn"]) for item in entries]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInputError(
            "The state is not what `pulumi stack export` prints; run it and pass its output."
        ) from None
    if not urns:
        raise InvalidInputError(
            "The state holds no resource, so it does not tell project and stack; export it before "
            "the stack is destroyed."
        )
    stack, project = urns[0].removeprefix("urn:pulumi:").split("::")[:2]
    flows = [item for item in entries if item.get("type") in _KINDS]
    organization = next(
        (found.partition("/")[0] for item in flows if (found := _input(item, IDENTITY))),
        native.NO_ORGANIZATION,
    )
    return StackState(
        f"urn:pulumi:{stack}::{project}::",
        organization,
        frozenset({"", *(_chain(str(item["urn"])) for item in flows)}),
        frozenset(
            str(item.get("id") or "").lower() for item in resources if item.get("type") in _KINDS
        ),
        {
            _input(item["resource"], *_IDS).lower(): _name(str(item["resource"]["urn"]))
            for item in operations
            if item.get("type") in _CREATING and item["resource"].get("type") in _KINDS
        },
    )


def find_orphans(
    client: DataverseClient,
    state: StackState,
    *,
    names: Sequence[str] = (),
    others: Collection[StackState] = (),
) -> list[Orphan]:
    """
    The flows of the environment that the stack created and no state knows, in order of name.

    Args:
        client: the environment.
        state: the stack's state.
        names: names of resources that earlier programs declared.
        others: states of other stacks, to which a flow may have been moved.
    """
    known = {id_ for item in (state, *others) for id_ in item.known}
    killed = {
        create.id: create
        for create in killed_creates.on_this_machine(told=True)
        if (create.kind, create.host) == (CloudFlow.__name__, client.connection.host)
        and state.has(create.identity)
    }
    found = []
    for flow in client.workflows.list():
        if flow.workflow_id in known:
            continue
        reason = _reason(flow, state, names, derivation_host(client.connection))
        create = killed.get(flow.workflow_id)
        if not reason and create is not None and _is_as_declared(client, create):
            reason = f"an earlier run was killed while it created it, as {create.name!r}"
        if reason:
            shares = client.access.shares(flow.workflow_id, client.access.deadline())
            found.append(Orphan(flow, reason, len(shares)))
    return found


def delete_orphan(client: DataverseClient, orphan: Orphan) -> None:
    """Delete an orphaned flow, and its shares with it; nothing else is touched."""
    from ..client.flows.delete import delete
    from ..client.flows.model import LastKnown
    from ..client.flows.requests import FlowSpec

    flow = orphan.flow
    spec = FlowSpec(flow.workflow_id, flow.name, "", "", {}, "off")
    delete(client.workflows, flow.workflow_id, LastKnown(flow.etag, flow.state, spec))


def _reason(flow: LiveFlow, state: StackState, names: Sequence[str], host: str) -> str:
    pending = state.pending.get(flow.workflow_id)
    if pending is not None:
        return f"its create was pending, as {pending!r}"
    for name in dict.fromkeys((flow.name, *names)):
        for identity in state.identities(name):
            if derived_id(host, identity) == flow.workflow_id:
                return f"its id derives from this stack and {name!r}"
    return ""


def _is_as_declared(client: DataverseClient, create: KilledCreate) -> bool:
    """Whether a flow is as a killed create declared it: an id that was chosen proves nothing."""
    live = client.workflows.find(create.id)
    columns = [attempt["columns"] for attempt in create.attempts if "columns" in attempt]
    return live is not None and any(
        not attempt.differing(live) for attempt in attempts_in({ATTEMPTS: columns})
    )


def _input(resource: Mapping[str, Any], *names: str) -> str:
    for kept in (resource.get("inputs"), resource.get("outputs")):
        for name in names:
            value = (kept or {}).get(name)
            if isinstance(value, str):
                return value
    return ""


def _chain(urn: str) -> str:
    types = urn.split("::")[2]
    return types.removesuffix(_DYNAMIC).removesuffix(_NATIVE)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
