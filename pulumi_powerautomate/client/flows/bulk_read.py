"""
Reading many flows in few requests.

A refresh asks about every flow of a stack, and most have not changed. The version of a row changes
with every write, so one list of ids and versions tells which flows need to be read whole; a list
of definitions would be as large as all of them together. The drafts that makers have saved are one
list too, which is short.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from ...errors import PowerAutomateError
from ..components import SolutionComponents
from ..list_cache import MOST_PAGES, SharedList
from .drafts import Draft, drafts
from .requests import COMPONENT_TYPE, Workflows


class FlowReader:
    """Versions and drafts of flows, members of solutions; safe to share between threads."""

    def __init__(self, workflows: Workflows, members: SolutionComponents) -> None:
        self._members = members
        self._workflows = workflows
        self._drafts = SharedList(self._all_drafts, alone_first=False)
        self._versions = SharedList(lambda: workflows.versions(MOST_PAGES))
        self._lock = threading.Lock()
        self._flows: dict[str, SharedList[frozenset[str]]] = {}

    def has_version(self, workflow_id: str, etag: str) -> bool:
        """Whether the flow is known to be at this version still; otherwise it has to be read."""
        versions = self._versions.for_(workflow_id)
        return bool(etag) and versions is not None and versions.get(workflow_id) == etag

    def draft_of(self, workflow_id: str) -> Draft | None:
        """The draft that a maker has saved of a flow; None also where drafts cannot be listed."""
        listed = self._drafts.for_(workflow_id)
        return listed.get(workflow_id) if listed is not None else None

    def _all_drafts(self) -> Mapping[str, Draft] | None:
        try:
            return {draft.flow.workflow_id: draft for draft in drafts(self._workflows)}
        except PowerAutomateError:
            # Nothing depends on it: what the flow itself has to say is said by its own request.
            return None

    def in_solution(self, workflow_id: str, solution: str) -> bool:
        """Whether a flow belongs to a solution (unique name)."""
        with self._lock:
            flows = self._flows.setdefault(
                solution.lower(),
                SharedList(lambda: frozenset(self._members.flows_in(solution)), alone_first=False),
            )
        listed = flows.for_(workflow_id)
        if listed is None:
            return solution.lower() in self._members.of(workflow_id, COMPONENT_TYPE)
        return workflow_id in listed

    def forget_solutions(self) -> None:
        """A flow was put into a solution or taken out of one."""
        with self._lock:
            self._flows.clear()
