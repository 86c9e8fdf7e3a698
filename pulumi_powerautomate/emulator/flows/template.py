"""
Rules of the language of definitions, as the flow service checks them when a flow is turned on.

Names are compared without case; only expressions refer to actions: plain text, descriptions and
the designer's metadata do not.

Source: the schema reference of the Workflow Definition Language, and the members that definitions
of real flows have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .expressions import complaint

_RUN_AFTER = {"succeeded", "failed", "skipped", "timedout"}
_REFERS = re.compile(
    r"(?<![\w'.])(?:body|outputs|actions|actionbody|actionoutputs)\(\s*'((?:[^']|'')+)'\s*\)",
    re.IGNORECASE,
)
_COMMON = {
    "type", "kind", "inputs", "metadata", "description", "runtimeconfiguration",
    "operationoptions", "correlation", "trackedproperties",
}  # fmt: skip
_TRIGGER_MEMBERS = _COMMON | {
    "recurrence", "conditions", "spliton", "splitonconfiguration", "evaluatedrecurrence",
    "outputs",
}  # fmt: skip
_ACTION_MEMBERS = _COMMON | {
    "runafter", "actions", "expression", "else", "foreach", "cases", "default", "limit", "outputs",
}  # fmt: skip
_TRIGGERS_ALONE = {"recurrence", "request", "slidingwindow", "batch"}
# What of a node is for people and for the designer.
_NOT_EVALUATED = {"description", "metadata", "type", "kind", "runafter", "actions", "else", "cases",
                  "default"}  # fmt: skip


@dataclass
class Fault:
    """Something that the service does not take; the code is the flow service's own."""

    code: str
    message: str


def first_fault(definition: Mapping[str, Any]) -> Fault | None:
    """The first thing that keeps a definition from running."""
    return next(_faults(definition), None)


def nodes(definition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every trigger and action."""
    for trigger in (definition.get("triggers") or {}).values():
        if isinstance(trigger, dict):
            yield trigger
    for scope in scopes(dict(definition)):
        yield from (node for node in scope.values() if isinstance(node, dict))


def scopes(node: Any) -> Iterator[dict[str, Any]]:
    """Every set of sibling actions, nested ones included."""
    stack = [node]
    while stack:
        item = stack.pop()
        if not isinstance(item, dict):
            continue
        actions = item.get("actions")
        if isinstance(actions, dict):
            yield actions
            stack.extend(actions.values())
        stack.extend(item.get(branch) for branch in ("else", "default"))
        cases = item.get("cases")
        stack.extend(cases.values() if isinstance(cases, dict) else ())


def _faults(definition: Mapping[str, Any]) -> Iterator[Fault]:
    known: set[str] = set()
    for name, trigger in (definition.get("triggers") or {}).items():
        yield from _unknown_members(name, trigger, _TRIGGER_MEMBERS, "Trigger")
    for scope in scopes(definition):
        siblings = {name.lower() for name in scope}
        known |= siblings
        for name, node in scope.items():
            yield from _unknown_members(name, node, _ACTION_MEMBERS, "Action")
            yield from _wrong_type(name, node)
            yield from _wrong_order(name, node, siblings)
    for node in nodes(definition):
        for text in _texts(node):
            yield from _unparsed(text)
            for target in _references(text):
                if target.lower() not in known:
                    yield Fault(
                        "InvalidTemplate",
                        "The template validation failed: 'The template refers to the action "
                        f"'{target}', which is not defined in the template.'.",
                    )


def _unparsed(text: str) -> Iterator[Fault]:
    for expression in _expressions(text):
        found = complaint(expression)
        if found is not None:
            yield Fault("InvalidTemplate", f"The template validation failed: '{found}'.")


def _unknown_members(name: str, node: Any, members: set[str], kind: str) -> Iterator[Fault]:
    for member in node if isinstance(node, dict) else ():
        if member.lower() not in members:
            yield Fault(
                "InvalidRequestContent",
                "The request content is not valid and could not be deserialized: 'Could not find "
                f"member '{member}' on object of type 'FlowTemplate{kind}'. Path "
                f"'properties.definition.{kind.lower()}s.{name}.{member}'.'.",
            )


def _wrong_type(name: str, node: Any) -> Iterator[Fault]:
    kind = node.get("type") if isinstance(node, dict) else None
    if isinstance(kind, str) and kind.lower() in _TRIGGERS_ALONE:
        yield Fault(
            "InvalidTemplate",
            f"The template validation failed: 'The type '{kind}' of template action '{name}' is "
            "not valid: it is the type of a trigger.'.",
        )


def _wrong_order(name: str, node: Any, siblings: set[str]) -> Iterator[Fault]:
    after = node.get("runAfter") if isinstance(node, dict) else None
    for target, states in (after or {}).items() if isinstance(after, dict) else ():
        if target.lower() not in siblings:
            yield Fault(
                "InvalidTemplate",
                "The template validation failed: 'The 'runAfter' property of template "
                f"action '{name}' contains non-existent action: '{target}'. Action "
                "'runAfter' must reference an action in the same scope.'.",
            )
        listed = states if isinstance(states, list) else []
        if any(str(state).lower() not in _RUN_AFTER for state in listed):
            yield Fault(
                "InvalidTemplate",
                f"The template validation failed: 'The 'runAfter' of action '{name}' has "
                "an invalid status.'.",
            )


def _texts(node: Mapping[str, Any]) -> Iterator[str]:
    """Every text of a node that may hold an expression; its inner actions are nodes themselves."""
    stack = [value for name, value in node.items() if name.lower() not in _NOT_EVALUATED]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            stack.extend(item.values())
            stack.extend(key for key in item if "@" in key)
        elif isinstance(item, list):
            stack.extend(item)


def _references(text: str) -> Iterator[str]:
    """The actions that the expressions of a text refer to."""
    for expression in _expressions(text):
        for target in _REFERS.findall(_without_texts(expression)):
            yield target.replace("''", "'")


def _expressions(text: str) -> Iterator[str]:
    if text.startswith("@") and not text.startswith(("@@", "@{")):
        yield text[1:]
        return
    position = text.find("@{")
    while position >= 0:
        escaped = position > 0 and text[position - 1] == "@"
        end = _end_of(text, position + 2)
        if not escaped:
            yield text[position + 2 : end]
        position = text.find("@{", end if not escaped else position + 2)


def _end_of(text: str, start: int) -> int:
    """Where the expression that begins here ends: at the brace outside quotes."""
    quoted, depth = False, 0
    for position in range(start, len(text)):
        character = text[position]
        if character == "'":
            quoted = not quoted
        elif not quoted and character == "{":
            depth += 1
        elif not quoted and character == "}":
            if depth == 0:
                return position
            depth -= 1
    return len(text)


def _without_texts(expression: str) -> str:
    """The expression without literal texts that only look like a reference."""

    def shortened(match: re.Match[str]) -> str:
        return match[0] if "(" not in match[0] else "''"

    return re.sub(r"'(?:[^']|'')*'", shortened, expression)
