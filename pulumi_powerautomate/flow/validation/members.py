"""
Members that the objects of a definition have, and those that they have not.

The service reads a definition into objects of its own and refuses what they have no place for
("Could not find member 'x' on object of type 'FlowTemplateAction'"). A member is an error where
that is known: it belongs elsewhere in the language, or a refusal of it has been reported. One that
is merely in no documentation and no real flow that was looked at is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..problems import Problem
from ..vocabulary import (
    ACTION_MEMBERS,
    BRANCH_MEMBERS,
    CASE_MEMBERS,
    DEFINITION_MEMBERS,
    PARAMETER_MEMBERS,
    TRIGGER_MEMBERS,
)
from .model import Flow, kind_of
from .rules import problem

# By what has no such member: where it belongs, or what was meant.
_REFUSED: Mapping[str, Mapping[str, str]] = {
    "the definition": {
        "variables": "Initialize them with an action of type InitializeVariable.",
        "connectionReferences": "Pass them as connection_references, or put them into properties.",
    },
    "a trigger": {
        "runAfter": "Remove it: a trigger waits for nothing.",
        "trackedProperties": "Remove it: actions track properties.",
        "retryPolicy": 'Put it into the trigger\'s "inputs".',
        "authentication": 'Put it into the trigger\'s "inputs".',
        "condition": 'Did you mean "conditions"?',
        "actions": 'Actions stand in the definition\'s "actions".',
    },
    "an action": {
        "retryPolicy": 'Put it into the action\'s "inputs".',
        "authentication": 'Put it into the action\'s "inputs".',
        "recurrence": "Remove it: the trigger has the schedule.",
        "evaluatedRecurrence": "Remove it: the trigger has the schedule.",
        "conditions": 'Conditions of an action of type If are its "expression".',
        "condition": 'Did you mean "expression"?',
        "splitOn": "Remove it: a trigger splits; an action of type Foreach goes through a list.",
        "splitOnConfiguration": "Remove it: a trigger splits.",
        "elseActions": 'Did you mean "else": {"actions": {…}}?',
        "then": 'Did you mean "actions"?',
        "dependsOn": 'Did you mean "runAfter"?',
    },
    "a parameter": {
        "value": 'Did you mean "defaultValue"?',
    },
}  # fmt: skip
_NEAR = 0.75


def member_problems(flow: Flow) -> Iterator[Problem]:
    """Members that the service does not take, or that nobody knows."""
    yield from _unknown(flow, "", "the definition", flow.definition, DEFINITION_MEMBERS)
    for name, body in flow.triggers.items():
        yield from _unknown(flow, f"triggers.{name}", "a trigger", body, TRIGGER_MEMBERS)
    for name, body in _objects(flow.definition.get("parameters")):
        yield from _unknown(flow, f"parameters.{name}", "a parameter", body, PARAMETER_MEMBERS)
    for node in flow.nodes:
        if not _ALL_ACTION_MEMBERS.issuperset(node.body):
            yield from _unknown(flow, node.path, "an action", node.body, ACTION_MEMBERS)
    for node in (*flow.by_kind.get("if", ()), *flow.by_kind.get("switch", ())):
        for label in ("else", "default"):
            body = node.body.get(label)
            if isinstance(body, Mapping):
                where = f"{node.path}.{label}"
                yield from _unknown(flow, where, "a branch", body, BRANCH_MEMBERS)
        if kind_of(node) == "switch":
            for name, body in _objects(node.body.get("cases")):
                where = f"{node.path}.cases.{name}"
                yield from _unknown(flow, where, "a case", body, CASE_MEMBERS)


_ALL_ACTION_MEMBERS = frozenset(ACTION_MEMBERS)


def _unknown(
    flow: Flow, path: str, what: str, body: Mapping[str, Any], known: tuple[str, ...]
) -> Iterator[Problem]:
    for member in body:
        if member in known:
            continue
        where = f"{path}.{member}" if path else member
        refused = _REFUSED.get(what, {}).get(member)
        message = f"{what} has no member {member!r}."
        if refused:
            yield problem("FLOW110", where, message, refused)
            continue
        other = next((name for name in known if name.lower() == member.lower()), None)
        if other:
            yield problem(
                "FLOW111", where, f"{what} has {other!r}, not {member!r}.",
                f"Write {other!r}, as exports do.",
            )  # fmt: skip
            continue
        near = flow.suggestions.near(member, known, _NEAR)
        if near:
            yield problem("FLOW110", where, message, f"Did you mean {near!r}?")
        else:
            yield problem(
                "FLOW111", where, f"the member {member!r} of {what} is not known.",
                "If it was not exported from Power Automate, remove it: the service refuses "
                "members that it does not know.",
            )  # fmt: skip


def _objects(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, body in value.items() if isinstance(value, Mapping) else ():
        if isinstance(body, Mapping):
            yield name, body
