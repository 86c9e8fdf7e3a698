"""Looking at drafts of flows: a function a program calls, and its `_output` twin."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from ..provider import Provider, look_up
from .flows import GetFlowDraftResult as GetFlowDraftResult
from .flows import client_of, draft_result, later


@look_up
def get_flow_drafts(*, provider: Provider | None = None) -> list[GetFlowDraftResult]:
    """
    Every draft of a flow, in order of name, with what publishing it would change.

    Two requests for up to 50 drafts, however many flows there are; one where there are none.

    Args:
        provider: the explicit provider to ask through; the stack's configuration by default.
    """
    from ..client.flows.drafts import drafts

    return [draft_result(item) for item in drafts(client_of(provider).workflows)]


def get_flow_drafts_output(
    *, provider: Provider | None = None
) -> pulumi.Output[Sequence[GetFlowDraftResult]]:
    """`get_flow_drafts` for inputs; see there."""
    return later(lambda **known: get_flow_drafts(**known), provider)
