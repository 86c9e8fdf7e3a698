"""The present state of a solution's declaration in an environment, for a refresh."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..bindings.requests import References
from ..flows.requests import Workflows
from .activate import embedded_in
from .bindings import REFERENCES, VARIABLES, Bindings, Environment
from .flow_states import states


def bindings_now(references: References, props: Mapping[str, Any]) -> dict[str, Any]:
    """The declared bindings and variables as they are now, under the names of the inputs."""
    wanted = Bindings.of(props)
    now = Environment.read(references, wanted).bindings()
    found: dict[str, Any] = {}
    if wanted.references:
        found[REFERENCES] = {
            name: connection and now.references.get(name.lower(), "")
            for name, connection in props[REFERENCES].items()
        }
    if wanted.variables:
        found[VARIABLES] = {
            name: now.variables[name.lower()]
            for name in props[VARIABLES]
            if name.lower() in now.variables
        }
    return found


def flows_now(
    workflows: Workflows, props: Mapping[str, Any], were_on: Collection[str]
) -> tuple[frozenset[str], dict[str, str]]:
    """
    Flows that were on and are not, and the connections that flows hold, in one list.

    Args:
        workflows: the requests.
        props: outputs of the import.
        were_on: ids of the flows that should be on.

    Returns:
        Ids of those that are off; the declared `connections`, with the name of another one where a
        flow has that. Flows that are gone count as neither.
    """
    names, connections = props.get("flows") or {}, props.get("connections") or {}
    ids = sorted(names) if connections else sorted(were_on)
    live = states(workflows, ids, definitions=bool(connections))
    off = frozenset(id_ for id_ in were_on if id_ in live and live[id_].state != "on")
    now = dict(connections)
    for flow in live.values():
        for connector, name in embedded_in(flow):
            if connector in connections and name != connections[connector]:
                now[connector] = name
    return off, now
