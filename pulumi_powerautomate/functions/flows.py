"""
Looking at what an environment holds: functions a program calls, and their `_output` twins.

The plain ones ask at once, in previews too. The twins take inputs and return an output, so that a
look can depend on a resource; they wait for their arguments, and in a preview for known ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, cast

import pulumi

from ..client.environment_lookup import locate
from ..config import SETTINGS, Connection, is_guid, resolve
from ..errors import InvalidInputError
from ..provider import Provider, client_for, look_up, refuse_misspelt_keys

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..client.flows.drafts import Draft
    from ..client.flows.requests import LiveFlow

_T = TypeVar("_T")


class GetFlowDraftResult(TypedDict):
    """A draft that a maker has saved and not published."""

    id: str
    """`workflowid` of the flow, the same for draft and published version."""
    name: str
    """Display name, as the draft has it."""
    saved_on: str
    """When it was saved, ISO 8601."""
    is_published: bool
    """Whether a version of the flow is published beside it."""
    changes: list[str]
    """What publishing it would change, in sentences, the most severe first; never a secret."""


class GetFlowResult(TypedDict):
    """A cloud flow as the environment has it."""

    id: str
    """`workflowid`: the flow's id, the same across imports."""
    unique_id: str
    """`workflowidunique`: the id of this installation of the flow."""
    name: str
    """Display name; not unique."""
    description: str | None
    """Description."""
    state: Literal["on", "off", "suspended"]
    """Whether it runs."""
    category: int
    """5 for automated, instant and scheduled flows."""
    type: int
    """1 for a flow, 2 for an activation, 3 for a template."""
    owner_id: str
    """Dataverse id of the owner."""
    owner_type: Literal["user", "team"]
    """Whether the owner is a user or a team."""
    created_on: str
    """When it was created, ISO 8601."""
    created_by: str
    """Who created it."""
    modified_on: str
    """When it was last changed, ISO 8601."""
    modified_by: str
    """Who changed it last."""
    is_managed: bool
    """Whether it came with a managed solution."""
    definition: dict[str, Any] | None
    """The workflow definition; None where it was not asked for or cannot be read."""
    connection_references: dict[str, Any] | None
    """Connection references, by the key that the actions use."""
    draft: GetFlowDraftResult | None
    """
    What a maker has saved of it and not published; None where there is nothing, where drafts cannot
    be read, and from `get_flows`.
    """


@look_up
def get_flow(
    id: str | None = None, *, name: str | None = None, provider: Provider | None = None
) -> GetFlowResult:
    """
    One cloud flow, definition included, and the draft that a maker may have saved of it.

    Drafts are one list for all flows that a program asks for.

    Args:
        id: its `workflowid`; or else
        name: its display name, exactly; it must be the only one with that name.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Raises:
        InvalidInputError: neither or both were given, or the name fits none or several flows.
        NotFoundError: no flow has the id.
    """
    if (id is None) == (name is None):
        raise InvalidInputError("get_flow takes either id or name.")
    client = client_of(provider)
    if name is not None:
        from ..client.flows.find import flow_named

        id = flow_named(client.workflows, name).workflow_id
    live = client.workflows.get(str(id))
    return _flow(live, client.flow_reader.draft_of(live.workflow_id))


@look_up
def get_flows(
    *,
    name: str | None = None,
    state: Literal["on", "off", "suspended"] | None = None,
    owner_id: str | None = None,
    solution: str | None = None,
    definitions: bool = False,
    provider: Provider | None = None,
) -> list[GetFlowResult]:
    """
    Every cloud flow that matches all filters, in order of name; all pages are read.

    Args:
        name: display name, exactly.
        state: `on`, `off` or `suspended`.
        owner_id: Dataverse id of the owner.
        solution: unique name of a solution the flows belong to.
        definitions: whether to fetch definitions too, which can be large.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Raises:
        InvalidInputError: a filter is malformed, or there is no such solution.
    """
    if state not in (None, "on", "off", "suspended"):
        raise InvalidInputError(f"get_flows: state is {state!r}; use on, off or suspended.")
    if owner_id is not None and not is_guid(owner_id):
        raise InvalidInputError(f"get_flows: owner_id {owner_id!r} is not a GUID.")
    client = client_of(provider)

    filters: dict[str, Any] = {
        "name": name,
        "state": state,
        "owner_id": owner_id,
        "definitions": definitions,
    }
    if solution is None:
        return [_flow(live) for live in client.workflows.list(**filters)]
    from ..client.flows.find import flows_with_ids
    from ..client.solutions.flows import flow_ids_of_solution

    members = flow_ids_of_solution(client.solutions, client.solution_components, solution)
    flows = [_flow(live) for live in flows_with_ids(client.workflows, members, **filters)]
    return sorted(flows, key=lambda flow: (flow["name"], flow["id"]))


def get_flow_output(
    id: pulumi.Input[str | None] = None,
    *,
    name: pulumi.Input[str | None] = None,
    provider: Provider | None = None,
) -> pulumi.Output[GetFlowResult]:
    """`get_flow` for inputs; see there."""
    return later(lambda **known: get_flow(**known), provider, id=id, name=name)


def get_flows_output(
    *,
    name: pulumi.Input[str | None] = None,
    state: pulumi.Input[Literal["on", "off", "suspended"] | None] = None,
    owner_id: pulumi.Input[str | None] = None,
    solution: pulumi.Input[str | None] = None,
    definitions: pulumi.Input[bool] = False,
    provider: Provider | None = None,
) -> pulumi.Output[Sequence[GetFlowResult]]:
    """`get_flows` for inputs; see there."""
    return later(
        lambda **known: get_flows(**known),
        provider,
        name=name,
        state=state,
        owner_id=owner_id,
        solution=solution,
        definitions=definitions,
    )


def later(
    function: Callable[..., _T], provider: Provider | None, **inputs: pulumi.Input[Any]
) -> pulumi.Output[_T]:
    """Call a function when its inputs, and the settings of its provider, are known."""
    # A provider's secret is no reason to keep the response secret; the inputs' secrets are.
    settings = pulumi.Output.unsecret(
        pulumi.Output.all(**(provider.settings if provider is not None else {}))
    )

    def call(known: dict[str, Any]) -> _T:
        if provider is None:
            return function(**known["inputs"])
        return function(**known["inputs"], provider=_Known(known["settings"]))

    return pulumi.Output.all(inputs=pulumi.Output.all(**inputs), settings=settings).apply(call)


class _Known:
    """A provider whose settings are plain values by now."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings


def client_of(provider: Provider | None) -> DataverseClient:
    """The client that a function asks through."""
    return client_for(locate(connection_of(provider)))


def connection_of(provider: Provider | None, *, needs_environment: bool = True) -> Connection:
    """The connection of a provider, or of the stack; an environment is not looked up yet."""
    if provider is None:
        refuse_misspelt_keys()
        config = pulumi.Config("powerautomate")
        names = {setting.key: setting.key.partition(":")[2] for setting in SETTINGS.values()}
        given = {key: value for key, name in names.items() if (value := config.get(name))}
        return resolve(given, needs_environment=needs_environment)
    unknown = [name for name, value in provider.settings.items() if not _is_plain(value)]
    if unknown:
        raise InvalidInputError(
            f"The provider's {', '.join(unknown)} is an output, known only during the deployment; "
            "call the function's _output twin."
        )
    arguments = {name: str(value) for name, value in provider.settings.items()}
    return resolve(arguments=arguments, needs_environment=needs_environment)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float))


def draft_result(draft: Draft) -> GetFlowDraftResult:
    """A draft as lookups return it."""
    return GetFlowDraftResult(
        id=draft.flow.workflow_id,
        name=draft.flow.name,
        saved_on=draft.flow.modified_on,
        is_published=draft.published is not None,
        changes=list(draft.changes),
    )


def _flow(live: LiveFlow, draft: Draft | None = None) -> GetFlowResult:
    return GetFlowResult(
        id=live.workflow_id,
        unique_id=live.unique_id,
        name=live.name,
        description=live.description,
        # What was read is known.
        state=cast("Literal['on', 'off', 'suspended']", live.state),
        category=live.category,
        type=live.type,
        owner_id=live.owner_id,
        owner_type=live.owner_kind,
        created_on=live.created_on,
        created_by=live.created_by,
        modified_on=live.modified_on,
        modified_by=live.modified_by,
        is_managed=live.is_managed,
        definition=json.loads(live.definition) if live.definition else None,
        connection_references=dict(live.references) if live.references is not None else None,
        draft=draft_result(draft) if draft is not None else None,
    )
