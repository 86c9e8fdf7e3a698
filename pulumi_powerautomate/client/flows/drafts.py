"""
Drafts of flows: what a maker has saved and not published, beside what runs.

A solution flow has a row for what is published and, where it was saved in the designer and not
published, one for the draft, under the same id. Plain reads see the published one. One list tells
the drafts of all flows.

Source: "Drafts and versioning for cloud flows", and the reference pages of RetrieveUnpublished and
RetrieveUnpublishedMultiple.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from ...errors import ConflictError, DataverseError, PowerAutomateError
from ...flow.difference import FlowVersion, compare
from .requests import LiveFlow, Workflows

_REFUSED = "0x80040203"
_REFUSED_FOR_A_DRAFT = "unpublished active row"
_MOST_SHOWN = 5
_IDS_PER_REQUEST = 50


@dataclass(frozen=True)
class Draft:
    """
    A draft, and what publishing it would change.

    Attributes:
        flow: the flow as it was saved.
        published: the flow as it is published; None where it never was.
        changes: sentences, the most severe change first.
    """

    flow: LiveFlow
    published: LiveFlow | None
    changes: tuple[str, ...]


def drafts(workflows: Workflows) -> Iterator[Draft]:
    """Every draft, by name: one list of drafts, and one of what is published for 50 of them."""
    saved = list(workflows.drafts())
    for start in range(0, len(saved), _IDS_PER_REQUEST):
        part = saved[start : start + _IDS_PER_REQUEST]
        ids = [flow.workflow_id for flow in part]
        found = workflows.list(workflow_ids=ids, definitions=True)
        published = {flow.workflow_id: flow for flow in found}
        for flow in part:
            before = published.get(flow.workflow_id)
            yield Draft(flow, before, _changes(before, flow))


def is_refused_for_a_draft(error: PowerAutomateError) -> bool:
    """Whether a write was refused because there is a draft beside what it would change."""
    return (
        isinstance(error, DataverseError)
        and error.code.lower() == _REFUSED
        and _REFUSED_FOR_A_DRAFT in error.detail
    )


def described_draft(draft: Draft) -> str:
    """Name, time and changes of a draft, in parentheses."""
    return _described(draft.flow, draft.changes)


def draft_in_the_way(workflows: Workflows, workflow_id: str) -> ConflictError:
    """The error for a write that was refused for a draft: what it would change, what to do."""
    said = ""
    try:
        saved, published = workflows.draft(workflow_id), workflows.find(workflow_id)
        if saved is not None:
            said = f" {_described(saved, _changes(published, saved))}"
    except PowerAutomateError:
        said = ""
    return ConflictError(
        f"Update flow {workflow_id}: a maker has saved a draft of it that is not published{said}. "
        "Nothing was changed. Publish or discard the draft in the maker portal; after publishing "
        "it, run `pulumi refresh` to see the change, then `pulumi up`."
    )


def _described(saved: LiveFlow, changes: tuple[str, ...]) -> str:
    when = f", saved {saved.modified_on}" if saved.modified_on else ""
    more = f" and {len(changes) - _MOST_SHOWN} more" if len(changes) > _MOST_SHOWN else ""
    shown = " ".join(changes[:_MOST_SHOWN])
    return f"({saved.name!r}{when}; it would change: {shown}{more})"


def _changes(before: LiveFlow | None, after: LiveFlow) -> tuple[str, ...]:
    if before is None:
        return ("It was never published.",)
    if before.unreadable or after.unreadable:
        return ("Its definition cannot be read.",)
    return tuple(change.sentence for change in compare(_version(before), _version(after)))


def _version(live: LiveFlow) -> FlowVersion:
    row = {"name": live.name, "description": live.description or ""}
    return FlowVersion(json.loads(live.definition or "{}"), live.references or {}, row)
