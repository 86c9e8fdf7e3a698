"""Typed changes between two versions of a flow, or of a solution package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["high", "medium", "low"]

# High: whether, when or as whom the flow runs, and what it no longer does. Low: what only people
# see. The order of the severities is the order of a report.
SEVERITIES: dict[str, Severity] = {
    "state-changed": "high",
    "owner-changed": "high",
    "trigger-added": "high",
    "trigger-removed": "high",
    "trigger-replaced": "high",
    "schedule-changed": "high",
    "connection-added": "high",
    "connection-removed": "high",
    "connection-changed": "high",
    "action-removed": "high",
    "action-replaced": "high",
    "condition-changed": "high",
    "flow-removed": "high",
    "managed-changed": "high",
    "reference-added": "high",
    "reference-removed": "high",
    "reference-changed": "high",
    "variable-removed": "high",
    "trigger-changed": "medium",
    "flow-added": "medium",
    "variable-added": "medium",
    "variable-changed": "medium",
    "action-added": "medium",
    "action-moved": "medium",
    "branch-added": "medium",
    "branch-removed": "medium",
    "order-changed": "medium",
    "expression-changed": "medium",
    "value-changed": "medium",
    "parameter-added": "medium",
    "parameter-removed": "medium",
    "parameter-changed": "medium",
    "definition-changed": "medium",
    "solution-changed": "medium",
    "action-renamed": "low",
    "branch-renamed": "low",
    "trigger-renamed": "low",
    "name-changed": "low",
    "description-changed": "low",
    "version-changed": "low",
    "part-changed": "low",
}
_RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True)
class Change:
    """
    One thing that differs.

    Attributes:
        kind: one of `SEVERITIES`; stable.
        path: where, such as `actions.If.else.actions.Send_mail.inputs.parameters.to`: in the newer
            version, or in the older one for what was removed.
        before: the older value; None where there was none. Never a secret.
        after: the newer value; None where there is none. Never a secret.
        sentence: the change in plain words, on one line.
    """

    kind: str
    path: str
    before: Any
    after: Any
    sentence: str

    @property
    def severity(self) -> Severity:
        """How much a reviewer should care: `high`, `medium` or `low`."""
        return SEVERITIES[self.kind]

    @property
    def rank(self) -> int:
        """The severity as a number to sort by; the most severe first."""
        return _RANK[self.severity]


@dataclass(frozen=True)
class FlowVersion:
    """
    A flow at one point in time.

    Attributes:
        definition: the bare workflow definition.
        references: its connection references in normal form.
        row: what stands beside the definition, where known: `name`, `description`, `state`,
            `owner`, `solution`. A column is compared when both versions have it.
    """

    definition: Mapping[str, Any]
    references: Mapping[str, Any] = field(default_factory=dict)
    row: Mapping[str, Any] = field(default_factory=dict)
