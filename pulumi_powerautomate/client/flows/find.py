"""Find flows: the one with a name, and those with given ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ...errors import InvalidInputError
from .requests import LiveFlow, Workflows

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


def flows_with_ids(workflows: Workflows, ids: Sequence[str], **filters: Any) -> Iterator[LiveFlow]:
    """The flows with these ids, in as many requests as it takes."""
    for start in range(0, len(ids), _IDS_PER_REQUEST):
        yield from workflows.list(
            workflow_ids=list(ids[start : start + _IDS_PER_REQUEST]), **filters
        )
