"""
Finding the flows that a person means: by name, owner, solution or state.

Few requests, however many flows there are: pages of 5000 rows without definitions, which are
fetched for the flows that were chosen only, several at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeVar

from ..client.flows.find import flows_with_ids
from ..client.solutions.flows import flow_ids_of_solution
from ..config import is_guid
from ..errors import InvalidInputError

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..client.flows.requests import LiveFlow

_T = TypeVar("_T")

# A definition has 20 KB as a rule and 1 MB at worst, and the response has to fit a request's time.
_DEFINITIONS_PER_REQUEST = 25
_STATES = ("on", "off", "suspended")


@dataclass(frozen=True)
class Selection:
    """
    Which flows; what is left out does not matter.

    Attributes:
        name: display name with `*` and `?` as wildcards, whatever the case.
        owner: who owns the flow: an e-mail address, a team's name, or a Dataverse id.
        solution: unique name of a solution the flow belongs to.
        state: `on`, `off` or `suspended`.
    """

    name: str | None = None
    owner: str | None = None
    solution: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class Selected:
    """The flows found, by name, and the ids of those that a solution holds but the caller not."""

    flows: tuple[LiveFlow, ...]
    out_of_sight: tuple[str, ...] = ()


def select(client: DataverseClient, wanted: Selection) -> Selected:
    """
    The flows that a selection means, without their definitions.

    Raises:
        InvalidInputError: the state is none, or nobody is called like the owner.
    """
    if wanted.state not in (None, *_STATES):
        raise InvalidInputError(f"state is {wanted.state!r}; use {', '.join(_STATES)}.")
    owner_id = owner_named(client, wanted.owner) if wanted.owner is not None else None
    find = client.workflows.list
    if wanted.solution is None:
        found, unseen = list(find(owner_id=owner_id, state=wanted.state)), set[str]()
    else:
        members = flow_ids_of_solution(
            client.solutions, client.solution_components, wanted.solution
        )
        # Everything the solution holds is read, so that what is missing is known to be unseen.
        every = list(flows_with_ids(client.workflows, members, cloud_flows_only=False))
        unseen = set(members) - {flow.workflow_id for flow in every}
        found = [
            flow
            for flow in every
            if (flow.category, flow.type) == (5, 1)
            and owner_id in (None, flow.owner_id.lower())
            and wanted.state in (None, flow.state)
        ]
    if wanted.name is not None:
        # Of the marks that fnmatch knows, only these two are wildcards here.
        pattern = wanted.name.lower().replace("[", "[[]")
        found = [flow for flow in found if fnmatchcase(flow.name.lower(), pattern)]
    found.sort(key=lambda flow: (flow.name.lower(), flow.name, flow.workflow_id))
    return Selected(tuple(found), tuple(sorted(unseen)))


def owner_named(client: DataverseClient, who: str) -> str:
    """The Dataverse id of the user or team that a person names."""
    if is_guid(who):
        return who.lower()
    named = {"type": "user", "email": who} if "@" in who else {"type": "team", "name": who}
    return client.directory.resolve(named).id.lower()


def with_definitions(
    client: DataverseClient,
    flows: Sequence[LiveFlow],
    report: Callable[[str], None] = lambda text: None,
) -> Iterator[LiveFlow]:
    """The same flows with their definitions; one that is gone by now is left out."""
    read = 0
    for part in _slices([flow.workflow_id for flow in flows], _DEFINITIONS_PER_REQUEST):
        yield from client.workflows.list(workflow_ids=part, definitions=True)
        read += len(part)
        report(f"read {read} of {len(flows)} definitions")


def _slices(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    listed = list(items)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
