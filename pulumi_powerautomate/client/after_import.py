"""
What an import leaves to do: bind embedded connections, and turn flows on.

An import turns a flow on only when it is new, was on when it was exported, and every connection is
there; otherwise it stays off without a word ("Import a solution", Microsoft Learn).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import PowerAutomateError
from ..flow import activation_order, in_words
from ..solution import PackagedFlow
from .pacing import Deadline
from .workflows import FlowSpec, LiveFlow, Workflows, clientdata, state_columns

if TYPE_CHECKING:
    from . import DataverseClient


def finish(
    client: DataverseClient,
    packaged: Sequence[PackagedFlow],
    *,
    connection_references: Mapping[str, str],
    environment_variables: Mapping[str, str],
    connections: Mapping[str, str],
    activate: str,
) -> list[str]:
    """Bind, set and turn on; returns what could not be done, one line each."""
    problems = []
    for step, given in (
        (client.references.bind, connection_references),
        (client.references.assign, environment_variables),
    ):
        try:
            if given:
                step(given)
        except PowerAutomateError as error:
            problems.append(str(error))
    try:
        rebind(client.workflows, packaged, connections)
        if activate != "none":
            wanted = frozenset(item.id for item in packaged if item.on or activate == "all")
            problems += turn_on(client.workflows, packaged, wanted)
    except PowerAutomateError as error:
        problems.append(str(error))
    return problems


def rebind(
    flows: Workflows, packaged: Sequence[PackagedFlow], connections: Mapping[str, str]
) -> None:
    """
    Point connections that are embedded in flows at other ones.

    Args:
        connections: name of the connection by connector (`shared_office365`).
    """
    for item in packaged:
        if not _embedded(item.references, connections):
            continue
        live = flows.find(item.id)
        if live is None or live.references is None or not live.definition:
            continue
        changed = {
            key: {**entry, "connection_name": connections[connector]}
            if (connector := _connector(entry)) in connections
            else entry
            for key, entry in live.references.items()
        }
        if changed == dict(live.references):
            continue
        spec = replace(_spec(item), definition=live.definition, references=changed)
        columns: dict[str, object] = {"clientdata": clientdata(spec)}
        if live.state == "on":
            columns.update(state_columns("off"))
        flows.patch(spec, columns, live.etag, flows.deadline(), "Re-bind")


def turn_on(
    flows: Workflows, packaged: Sequence[PackagedFlow], wanted: frozenset[str]
) -> list[str]:
    """
    Turn flows on, children before those that call them; returns the refusals, one line each.

    Args:
        packaged: the flows of the package.
        wanted: ids of those that should be on.
    """
    deadline = flows.deadline()
    ids = [item.id for item in packaged]
    if not any(item.id in wanted for item in packaged):
        return []
    live = {
        flow.workflow_id: flow
        for start in range(0, len(ids), 100)
        for flow in flows.list(workflow_ids=ids[start : start + 100])
    }
    refusals: dict[str, str] = {}
    by_id = {item.id: item for item in packaged}
    order = activation_order({item.id: item.children for item in packaged})
    for item in (by_id[id_] for id_ in order.ids):
        flow = live.get(item.id)
        if item.id not in wanted or flow is None or flow.state == "on":
            continue
        off = [child for child in sorted(item.children) if child in refusals]
        if off:
            names = ", ".join(repr(other.name) for other in packaged if other.id in off)
            refusals[item.id] = f"It calls {names}, which could not be turned on."
            continue
        refusal = _turned_on(flows, item, flow, deadline)
        if refusal:
            circle = next((found for found in order.circles if item.id in found), ())
            calls = in_words([by_id[id_].name for id_ in circle])
            refusals[item.id] = f"{refusal} ({calls}.)" if circle else refusal
    return [f"Flow {by_id[key].name!r} is off. {text}" for key, text in refusals.items()]


def _turned_on(flows: Workflows, item: PackagedFlow, live: LiveFlow, deadline: Deadline) -> str:
    try:
        flows.patch(_spec(item), state_columns("on"), live.etag, deadline, "Turn on")
    except PowerAutomateError as error:
        return str(error)
    return ""


def _spec(item: PackagedFlow) -> FlowSpec:
    return FlowSpec(item.id, item.name, "", item.digest, {}, "on")


def _embedded(references: Mapping[str, Mapping[str, str]], connections: Mapping[str, str]) -> bool:
    return any(_connector(entry) in connections for entry in references.values())


def _connector(entry: Mapping[str, str]) -> str:
    """The connector of an entry that names a connection itself, else empty."""
    return entry["id"].rpartition("/")[2] if "id" in entry else ""
