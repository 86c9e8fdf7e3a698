"""Flows of a solution, by id, as an import left them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ...errors import DataverseError
from ..flows.requests import LiveFlow, Workflows, live_flows, summaries_path
from .requests import InstalledSolution, found_by_name, path_by_name

if TYPE_CHECKING:
    from .. import DataverseClient

# Longer filters make addresses that gateways refuse.
_IDS_PER_REQUEST = 50


def states(
    flows: Workflows, ids: Sequence[str], *, definitions: bool = False
) -> dict[str, LiveFlow]:
    """Flows by id, definitions only when asked for; those that are not there are left out."""
    return {
        flow.workflow_id: flow
        for start in range(0, len(ids), _IDS_PER_REQUEST)
        for flow in flows.list(
            workflow_ids=list(ids[start : start + _IDS_PER_REQUEST]), definitions=definitions
        )
    }


def solution_and_flows(
    client: DataverseClient, unique_name: str, ids: Collection[str]
) -> tuple[InstalledSolution | None, dict[str, LiveFlow] | None]:
    """
    A solution by unique name, and some flows by id, in one request.

    The flows are None where they were not read: there are none or too many for one request, or
    they may not be read.
    """
    if not ids or len(ids) > _IDS_PER_REQUEST:
        return client.solutions.find(unique_name), None
    try:
        installed, flows = client.transport.read_together(
            [path_by_name(unique_name), summaries_path(sorted(ids))],
            action=f"Look for solution {unique_name} and its flows",
            deadline=client.solutions.deadline(),
        )
    except DataverseError:
        return client.solutions.find(unique_name), None
    return found_by_name(installed), {flow.workflow_id: flow for flow in live_flows(flows)}
