"""Find the flows that somebody means: the one with a name, and those of a solution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InvalidInputError
from .near_solutions import near_names
from .workflows import LiveFlow, Workflows

if TYPE_CHECKING:
    from . import DataverseClient

# The filter stays far below the 32 KB that a URL may have.
_IDS_PER_REQUEST = 100


def flow_named(workflows: Workflows, name: str) -> LiveFlow:
    """
    The only flow with a display name, without its definition.

    Raises:
        InvalidInputError: there is none that the caller can see, or more than one.
    """
    found = list(workflows.list(name=name))
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidInputError(f"There is no flow {name!r} that you can see.")
    ids = ", ".join(flow.workflow_id for flow in found)
    raise InvalidInputError(f"{len(found)} flows are called {name!r}; give the id: {ids}.")


def flow_ids_of_solution(client: DataverseClient, unique_name: str) -> list[str]:
    """
    Ids of the flows and other processes of a solution.

    Raises:
        InvalidInputError: there is no such solution.
    """
    members = client.solution_members.flows_in(unique_name)
    if not members and client.solutions.find(unique_name) is None:
        raise InvalidInputError(_unknown_solution(client, unique_name))
    return members


def flows_with_ids(workflows: Workflows, ids: Sequence[str], **filters: Any) -> Iterator[LiveFlow]:
    """The flows with these ids, in as many requests as it takes."""
    for start in range(0, len(ids), _IDS_PER_REQUEST):
        yield from workflows.list(
            workflow_ids=list(ids[start : start + _IDS_PER_REQUEST]), **filters
        )


def _unknown_solution(client: DataverseClient, unique_name: str) -> str:
    near = near_names(unique_name, client.solutions.installed())
    hint = f"did you mean {', '.join(near)}?" if near else "give its unique name, not its display"
    return f"There is no solution {unique_name!r}; {hint}{'' if near else ' name'}."
