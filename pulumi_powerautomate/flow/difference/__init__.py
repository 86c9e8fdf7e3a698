"""
Differences between two versions of a flow, as a person would say them.

Equal in digest and connections means no change, and any other pair has at least one.
"""

from __future__ import annotations

from ..action_tree import outline
from ..canonical import digest, same_flow
from .actions import action_changes
from .changes import SEVERITIES, Change, FlowVersion, Severity
from .parameters import connection_changes, definition_changes, parameter_changes
from .row import row_changes
from .triggers import trigger_changes

__all__ = ["SEVERITIES", "Change", "FlowVersion", "Severity", "compare"]


def compare(before: FlowVersion, after: FlowVersion) -> list[Change]:
    """
    Every change from one version to another, the most severe first, then in document order.

    What `canonical` leaves out makes no difference. A renamed action counts once: that other
    actions refer to it by its new name is part of the renaming, as a neighbour's new `runAfter` is
    of an action put in between.
    """
    changes = [
        *row_changes(before, after),
        *trigger_changes(before, after),
        *connection_changes(before, after),
        *parameter_changes(before, after),
        *action_changes(outline(before.definition), outline(after.definition)),
        *definition_changes(before, after),
    ]
    if not changes and not same_flow(digest(before.definition), digest(after.definition)):
        said = "The definition differs in a part that is not well-formed."
        return [Change("definition-changed", "", None, None, said)]
    return sorted(changes, key=lambda change: change.rank)
