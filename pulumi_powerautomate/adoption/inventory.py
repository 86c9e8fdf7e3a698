"""Contents of an environment that a program can adopt, and why the rest stays where it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..client.bindings.requests import Reference
from ..client.flows.requests import LiveFlow
from ..client.principals import Owner
from ..client.shares.requests import Share
from ..errors import DataverseError
from ..operations.selection import Selection, select, with_definitions

if TYPE_CHECKING:
    from ..client import DataverseClient

FoundShare = Share
FoundReference = Reference

_MOST_SHARE_PAGES = 4


@dataclass(frozen=True)
class FoundFlow:
    """A flow that can be adopted: the row with its definition, its solution and its shares."""

    live: LiveFlow
    solution: str | None
    shares: tuple[Share, ...]
    shared_with_owner: bool = False
    """Whether its owner has a share of it, too, which says nothing."""

    @property
    def owner(self) -> Owner:
        """Who owns it."""
        return Owner(self.live.owner_kind, self.live.owner_id.lower())


@dataclass
class Inventory:
    """
    The result of a search.

    Attributes:
        flows: those to adopt, in order of name.
        known: how many were adopted before.
        references: the connection references that they use, by logical name in lower case.
        names: how people call the owners and those who are shared with.
        skipped: (name, reason) of what cannot be adopted.
        drafts: ids of the flows of the environment that have a draft which is not published.
    """

    flows: list[FoundFlow] = field(default_factory=list)
    known: int = 0
    references: dict[str, Reference] = field(default_factory=dict)
    names: Mapping[Owner, str] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    drafts: frozenset[str] = frozenset()


def take_inventory(
    client: DataverseClient,
    wanted: Selection,
    known: Callable[[str], bool],
    choose: Callable[[Sequence[LiveFlow]], Collection[str]] | None,
    report: Callable[[str], None],
) -> Inventory:
    """
    Look at everything that a selection means and a program does not have yet.

    Args:
        known: whether the flow with an id was adopted before.
        choose: asked which of the flows are meant, by id; all when it is left out.
    """
    report("listing flows")
    selected = select(client, wanted)
    found = Inventory(skipped=[(id_, "not visible to you") for id_ in selected.out_of_sight])
    new = [flow for flow in selected.flows if not known(flow.workflow_id)]
    found.known = len(selected.flows) - len(new)
    candidates = []
    for flow in new:
        reason = _why_not(flow)
        if reason:
            found.skipped.append((flow.name, reason))
        else:
            candidates.append(flow)
    if choose is not None and candidates:
        chosen = choose(candidates)
        candidates = [flow for flow in candidates if flow.workflow_id in chosen]
    if not candidates:
        return found
    solutions = client.solution_components.unmanaged_by_flow()
    shares = _shares(client, [flow.workflow_id for flow in candidates])
    for flow in with_definitions(client, candidates, report):
        if not flow.definition:
            reason = flow.unreadable or "the environment stores none that you can read"
            found.skipped.append((flow.name, f"its definition cannot be read: {reason}"))
            continue
        every = shares.get(flow.workflow_id, ())
        kept = [share for share in every if share.principal.id != flow.owner_id.lower()]
        solution = _solution(solutions.get(flow.workflow_id, []), wanted.solution)
        found.flows.append(FoundFlow(flow, solution, tuple(kept), len(kept) < len(every)))
    found.flows.sort(key=lambda item: (item.live.name.lower(), item.live.workflow_id))
    report("reading connection references and names")
    found.references = _references(client, found.flows)
    principals = {item.owner for item in found.flows}
    principals |= {share.principal for item in found.flows for share in item.shares}
    found.names = client.directory.names_of(principals)
    # One list for all; an environment that does not give it has none, or keeps none.
    with contextlib.suppress(DataverseError):
        found.drafts = frozenset(flow.workflow_id for flow in client.workflows.drafts())
    return found


def logical_names(flow: FoundFlow) -> set[str]:
    """The connection references that a flow uses."""
    entries = (flow.live.references or {}).values()
    return {str(entry["logical_name"]) for entry in entries if entry.get("logical_name")}


def _why_not(flow: LiveFlow) -> str:
    if flow.is_managed:
        return "it came with a managed solution; import that with SolutionImport"
    if flow.state == "suspended":
        return "it is suspended by a data policy; adopt it when it is on or off again"
    return ""


def _solution(names: Sequence[str], wanted: str | None) -> str | None:
    """The one that was asked for, else the only one, else the first: a flow declares one."""
    if wanted is not None:
        return next((name for name in names if name.lower() == wanted.lower()), None)
    return names[0] if names else None


def _shares(client: DataverseClient, flow_ids: Sequence[str]) -> Mapping[str, Sequence[Share]]:
    """Explicit shares by flow: one list where the environment gives it, else flow by flow."""
    try:
        listed = client.access.every_share(_MOST_SHARE_PAGES)
    except DataverseError:
        listed = None
    if listed is not None:
        return listed
    access = client.access
    return {flow_id: access.shares(flow_id, access.deadline()) for flow_id in flow_ids}


def _references(client: DataverseClient, flows: Sequence[FoundFlow]) -> dict[str, Reference]:
    wanted = sorted({name for flow in flows for name in logical_names(flow)})
    return {item.logical_name.lower(): item for item in client.references.references(wanted)}
