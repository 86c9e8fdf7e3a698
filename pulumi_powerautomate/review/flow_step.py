"""A flow in a preview: its two versions, and the sentences about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import PowerAutomateError
from ..flow import Change, FlowVersion, compare, outline, parse_document, triggers_of, walk
from ..flow.diagram import to_mermaid
from ..flow.difference.triggers import kind_in_words
from ..flow.difference.wording import counted, shown
from .packages import fitting
from .preview import SECRET, UNKNOWN, Step

_COLUMNS = ("name", "state", "description", "owner", "solution")


@dataclass
class FlowStep:
    """
    One flow in a report.

    Attributes:
        sentences: what happens, in words; of the row when the definition cannot be seen.
        changes: the same as typed changes, where there are two versions.
        diagram: Mermaid text; empty when the definition cannot be seen or is too large.
    """

    sentences: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    diagram: str = ""


def describe(step: Step) -> FlowStep:
    """Everything there is to say about a flow that changes."""
    before, unseen_before = _version(step.before)
    after, unseen_after = _version(step.after)
    unseen = unseen_after or unseen_before
    if step.operation == "delete":
        return FlowStep(["The flow is deleted."])
    if step.operation == "create":
        if unseen:
            return FlowStep([f"A new flow. {unseen}"])
        return FlowStep([_summary(after)], diagram=_diagram(after, None))
    if unseen:
        before, after = (FlowVersion({}, {}, item.row) for item in (before, after))
    changes = compare(before, after)
    sentences = [change.sentence for change in changes]
    told = {change.kind.removesuffix("-changed") for change in changes}
    sentences += [
        f"{key}: {shown(step.before.get(key))} → {shown(step.after.get(key))}."
        for key in ("workflow_id", "on_conflict")
        if step.before.get(key) != step.after.get(key) and key not in told
    ]
    if unseen:
        sentences.append(unseen)
    if step.operation == "replace":
        sentences.insert(0, "The flow is deleted and created anew.")
    diagram = "" if unseen or not changes else _diagram(after, before)
    return FlowStep(sentences or ["Nothing that the definition tells."], changes, diagram)


def _version(inputs: Mapping[str, Any]) -> tuple[FlowVersion, str]:
    """A version, and why its definition cannot be seen; empty when it can."""
    row = {column: inputs.get(column) for column in _COLUMNS}
    text = inputs.get("definition")
    references = inputs.get("connection_references") or {}
    row = {column: value for column, value in row.items() if not _hidden(value)}
    if SECRET in (text, references) or (text and SECRET in json.dumps(references)):
        return FlowVersion({}, {}, row), "The definition is a secret; it is not shown."
    if _hidden(text) or _hidden(references):
        return FlowVersion({}, {}, row), "The definition is known during the deployment only."
    if text is None:
        return FlowVersion({}, {}, row), ""
    try:
        document = parse_document(text)
    except PowerAutomateError:
        return FlowVersion({}, {}, row), "The definition cannot be read."
    kept = references if isinstance(references, Mapping) else {}
    return FlowVersion(document.definition, kept, row), ""


def _hidden(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_hidden(item) for item in value.values())
    return value in (SECRET, UNKNOWN) if isinstance(value, str) else False


def _summary(version: FlowVersion) -> str:
    triggers = [kind_in_words(body) for body in triggers_of(version.definition).values()]
    number = sum(1 for _ in walk(outline(version.definition)))
    started = f", started by {triggers[0]}" if triggers else ""
    state = f", {version.row['state']}" if version.row.get("state") else ""
    return f"A new flow of {counted(number, 'action')}{started}{state}."


def _diagram(after: FlowVersion, before: FlowVersion | None) -> str:
    return fitting(to_mermaid(after, before))
