"""Looking at drafts of flows: a function a program calls, and its `_output` twin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from ..provider import Provider, look_up
from .flows import client_of, later


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


@look_up
def get_flow_drafts(*, provider: Provider | None = None) -> list[GetFlowDraftResult]:
    """
    Every draft of a flow, in order of name, with what publishing it would change.

    Two requests for up to 50 drafts, however many flows there are; one where there are none.

    Args:
        provider: the explicit provider to ask through; the stack's configuration by default.
    """
    from ..client.flows.drafts import drafts

    return [
        GetFlowDraftResult(
            id=item.flow.workflow_id,
            name=item.flow.name,
            saved_on=item.flow.modified_on,
            is_published=item.published is not None,
            changes=list(item.changes),
        )
        for item in drafts(client_of(provider).workflows)
    ]


def get_flow_drafts_output(
    *, provider: Provider | None = None
) -> pulumi.Output[Sequence[GetFlowDraftResult]]:
    """`get_flow_drafts` for inputs; see there."""
    return later(lambda **known: get_flow_drafts(**known), provider)
