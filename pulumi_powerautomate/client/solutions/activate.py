"""
After an import: bind references and connections, set variables, turn flows on.

An import turns a flow on only when it is new, was on when it was exported, and every connection is
there; otherwise it stays off without a word ("Import a solution", Microsoft Learn). Every step may
be repeated, and one that fails keeps none of the others from being tried.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import (
    ConflictError,
    DataverseError,
    InvalidInputError,
    NotFoundError,
    PowerAutomateError,
)
from ...flow import API_PREFIX, activation_order, in_words
from ...solution import PackagedFlow
from ..bindings.write import write_until_done
from ..flows.requests import FlowSpec, LiveFlow, Workflows, state_columns
from ..http.bounded_json import loads
from ..http.error_responses import ACTIVE_FLOW_NOT_UPDATABLE
from ..http.odata import row_path
from ..http.throttle import Deadline
from .bindings import Bindings, Environment, apply
from .flow_states import states

if TYPE_CHECKING:
    from .. import DataverseClient
    from ..http.transport import Transport


@dataclass(frozen=True)
class Finished:
    """
    The result of the steps after an import.

    Attributes:
        problems: what could not be done, one line each.
        in_doubt: references and variables whose last write was refused, or may have been applied.
        turned_off: ids of flows that were on, were turned off to change them, and may still be off.
        on: ids of the flows of the package that should be on.
        turned_on: ids of flows that were found off and are on now.
        overwritten: connectors of which flows named a connection that may be somebody else's,
            because the last write of it was in doubt.
    """

    problems: tuple[str, ...]
    in_doubt: frozenset[str]
    turned_off: frozenset[str]
    on: frozenset[str]
    turned_on: frozenset[str]
    overwritten: frozenset[str]


@dataclass(frozen=True)
class TurnedOn:
    """Ids of flows that were turned on, and why others could not be, by id."""

    ids: frozenset[str]
    refusals: Mapping[str, str]


def finish(
    client: DataverseClient,
    packaged: Sequence[PackagedFlow],
    bindings: Bindings,
    *,
    connections: Mapping[str, str],
    activate: str,
    live: Environment | None = None,
    known_connections: Mapping[str, str] | None = None,
    connections_in_doubt: Mapping[str, str] | None = None,
    turned_off: frozenset[str] = frozenset(),
    about_to_turn_off: Callable[[frozenset[str]], None] = lambda _ids: None,
    found: Mapping[str, LiveFlow] | None = None,
) -> Finished:
    """
    Bind, set and turn on.

    Args:
        client: the environment.
        packaged: the flows of the package.
        bindings: connections of references and values of variables.
        connections: name of the connection by connector, where flows name connections themselves.
        activate: `as-exported`, `all` or `none`.
        live: the rows that the bindings are about, if they were read just now.
        known_connections: what the last operation left of `connections`; none after an import.
        connections_in_doubt: what it left of those whose last write may have been applied or not.
        turned_off: flows that an earlier operation may have left off.
        about_to_turn_off: takes the ids of all flows that are turned off to change them, before the
            request that turns another one off.
        found: the flows as they were read just now, if they were.
    """
    applied = apply(client.references, bindings, live)
    problems = list(applied.problems)
    known = known_connections or {}
    in_doubt_before = connections_in_doubt or {}
    rebound = Rebinding(client, connections, known, in_doubt_before, about_to_turn_off)
    in_doubt = set(applied.in_doubt)
    for item in packaged:
        try:
            rebound.change(item)
        except PowerAutomateError as error:
            problems.append(str(error))
            if not isinstance(error, ConflictError):
                in_doubt |= item.embedded_connectors & connections.keys()
    wanted = to_turn_on(packaged, activate)
    off = rebound.turned_off | turned_off
    turned_on: frozenset[str] = frozenset()
    try:
        # A flow that was re-bound has another version now.
        as_found = None if connections else found
        turned = turn_on(client.workflows, packaged, wanted | off, as_found)
    except PowerAutomateError as error:
        problems.append(str(error))
    else:
        names = {item.id: item.name for item in packaged}
        problems += [f"Flow {names[key]!r} is off. {why}" for key, why in turned.refusals.items()]
        turned_on = turned.ids - rebound.turned_off
        off &= turned.refusals.keys()
    return Finished(
        tuple(problems), frozenset(in_doubt), off, wanted, turned_on, rebound.overwritten
    )


def to_turn_on(packaged: Sequence[PackagedFlow], activate: str) -> frozenset[str]:
    """Ids of the flows that should be on after an import."""
    return frozenset(
        item.id for item in packaged if activate != "none" and (activate == "all" or item.on)
    )


class Rebinding:
    """
    Points connections that are embedded in flows at other ones.

    Args:
        client: the environment.
        connections: name of the connection by connector (`shared_office365`).
        known: the connection that a flow is expected to name, where that is known.
        in_doubt: what was known of others, before writes that may have been applied.
        about_to_turn_off: takes the ids in `turned_off`, before the request that turns another off.
    """

    def __init__(
        self,
        client: DataverseClient,
        connections: Mapping[str, str],
        known: Mapping[str, str],
        in_doubt: Mapping[str, str],
        about_to_turn_off: Callable[[frozenset[str]], None],
    ) -> None:
        self._transport: Transport = client.transport
        self._flows = client.workflows
        self._connections = connections
        self._known = known
        self._in_doubt = in_doubt
        self._overwritten: set[str] = set()
        self._about_to_turn_off = about_to_turn_off
        self._turned_off: set[str] = set()

    @property
    def turned_off(self) -> frozenset[str]:
        """Ids of flows that were on, and were turned off for the change."""
        return frozenset(self._turned_off)

    @property
    def overwritten(self) -> frozenset[str]:
        """Connectors in doubt of which neither the last connection nor one of ours was found."""
        return frozenset(self._overwritten)

    def change(self, item: PackagedFlow) -> None:
        """Re-bind a flow, if it names one of the connectors and is there."""
        if item.embedded_connectors & self._connections.keys():
            write_until_done(
                lambda: self._read(item), self._is_done, lambda row: self._write(item, row)
            )

    def _read(self, item: PackagedFlow) -> Stored | None:
        return stored(self._transport, item)

    def _is_done(self, row: Stored | None) -> bool:
        return row is None or not row.rebound(self._connections)

    def _write(self, item: PackagedFlow, row: Stored | None) -> None:
        assert row is not None
        foreign = [
            connector
            for connector, name in row.connections()
            if name not in (self._known.get(connector, name), self._connections.get(connector))
        ]
        if foreign:
            raise ConflictError(
                f"Flow {item.name!r}: somebody changed its connection for {', '.join(foreign)} "
                "since the last run; it was not overwritten. Run `pulumi refresh` to see the "
                "change, then `pulumi up`."
            )
        for connector, name in row.connections():
            before = self._in_doubt.get(connector, name)
            ours = {before, self._connections.get(connector, name), *item.connections(connector)}
            if name not in ours:
                self._overwritten.add(connector)
        columns: dict[str, Any] = {"clientdata": row.document(self._connections)}
        spec, deadline = _spec(item), self._flows.deadline()
        if not row.on:
            self._flows.patch(spec, columns, row.etag, deadline, "Re-bind")
            return
        off = state_columns("off")
        self._turned_off.add(item.id)
        self._about_to_turn_off(self.turned_off)
        try:
            self._flows.patch(spec, {**columns, **off}, row.etag, deadline, "Re-bind")
        except DataverseError as error:
            if error.code.lower() != ACTIVE_FLOW_NOT_UPDATABLE:
                raise
            version = self._flows.patch(spec, off, row.etag, deadline, "Turn off").etag
            self._flows.patch(spec, columns, version, deadline, "Re-bind")


@dataclass(frozen=True)
class Stored:
    """A flow's document as it is stored, so that a change keeps whatever else is in it."""

    etag: str
    on: bool
    content: dict[str, Any]

    def rebound(self, connections: Mapping[str, str]) -> dict[str, Any]:
        """The entries that name another connection than the one given for their connector."""
        found = {}
        for key, entry in self._references().items():
            connector = _connector_of(entry)
            wanted = connections.get(connector, "")
            if wanted and entry.get("connectionName") != wanted:
                found[key] = _pointing_at(entry, connector, wanted)
        return found

    def connections(self) -> Iterator[tuple[str, str]]:
        """Connector and connection of each entry that names one."""
        for entry in self._references().values():
            connector = _connector_of(entry)
            if connector and entry.get("connectionName"):
                yield connector, str(entry["connectionName"])

    def document(self, connections: Mapping[str, str]) -> str:
        """The document with those entries changed, and nothing else."""
        properties = dict(self.content["properties"])
        properties["connectionReferences"] = {
            **self._references(), **self.rebound(connections),
        }  # fmt: skip
        whole = {**self.content, "properties": properties}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))

    def _references(self) -> dict[str, Any]:
        properties = self.content.get("properties")
        found = properties.get("connectionReferences") if isinstance(properties, dict) else None
        return found if isinstance(found, dict) else {}


def stored(transport: Transport, item: PackagedFlow) -> Stored | None:
    """
    Read a flow's document; None when the flow is not there.

    Raises:
        InvalidInputError: what is stored is no document.
    """
    action = f"Read flow {item.name!r}"
    try:
        response = transport.send(
            "GET",
            f"{row_path('workflows', item.id)}?$select=clientdata,statecode",
            action=action,
            deadline=transport.deadline(),
        )
    except NotFoundError:
        return None
    try:
        content = loads(str(response.body.get("clientdata") or "{}").encode())
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise InvalidInputError(
            f"{action}: its stored document cannot be read, so its connections were not changed; "
            "open and save the flow in the designer."
        )
    return Stored(response.etag, response.body.get("statecode") == 1, content)


def turn_on(
    flows: Workflows,
    packaged: Sequence[PackagedFlow],
    wanted: frozenset[str],
    found: Mapping[str, LiveFlow] | None = None,
) -> TurnedOn:
    """
    Turn flows on, children before those that call them.

    Args:
        flows: the requests.
        packaged: the flows of the package.
        wanted: ids of those that should be on.
        found: the flows as they were read just now, if they were.
    """
    deadline = flows.deadline()
    ids = [item.id for item in packaged]
    if not any(item.id in wanted for item in packaged):
        return TurnedOn(frozenset(), {})
    live = found if found is not None else states(flows, ids)
    refusals: dict[str, str] = {}
    turned: set[str] = set()
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
            cycle = next((found for found in order.cycles if item.id in found), ())
            calls = in_words([by_id[id_].name for id_ in cycle])
            refusals[item.id] = f"{refusal} ({calls}.)" if cycle else refusal
        else:
            turned.add(item.id)
    return TurnedOn(frozenset(turned), refusals)


def embedded_in(flow: LiveFlow) -> Iterator[tuple[str, str]]:
    """Connector and connection of each connection that a flow names itself."""
    for entry in (flow.references or {}).values():
        if "id" in entry:
            yield str(entry["id"]).rpartition("/")[2], str(entry.get("connection_name") or "")


def _turned_on(flows: Workflows, item: PackagedFlow, live: LiveFlow, deadline: Deadline) -> str:
    """Turn a flow on; returns why it could not be."""
    first: list[LiveFlow] = [live]

    def look() -> LiveFlow:
        return first.pop() if first else flows.get(item.id, deadline)

    def write(flow: LiveFlow) -> None:
        flows.patch(_spec(item), state_columns("on"), flow.etag, deadline, "Turn on")

    try:
        write_until_done(look, lambda flow: flow.state == "on", write)
    except PowerAutomateError as error:
        return str(error)
    return ""


def _spec(item: PackagedFlow) -> FlowSpec:
    return FlowSpec(item.id, item.name, "", item.digest, {}, "on")


def _connector_of(entry: Any) -> str:
    """The connector of an entry of a stored document that no connection reference stands for."""
    if not isinstance(entry, Mapping):
        return ""
    bound = entry.get("connection")
    if isinstance(bound, Mapping) and bound.get("connectionReferenceLogicalName"):
        return ""
    if entry.get("id"):
        return str(entry["id"]).rpartition("/")[2]
    api = entry.get("api")
    invoker = str(entry.get("runtimeSource") or "").lower() == "invoker"
    return "" if invoker or not isinstance(api, Mapping) else str(api.get("name") or "")


def _pointing_at(entry: Mapping[str, Any], connector: str, connection: str) -> dict[str, Any]:
    if entry.get("id"):
        return {**entry, "connectionName": connection}
    rest = {key: entry[key] for key in entry if key not in ("runtimeSource", "connection", "api")}
    return {
        **rest,
        "connectionName": connection,
        "source": "Embedded",
        "id": f"{API_PREFIX}{connector}",
    }
