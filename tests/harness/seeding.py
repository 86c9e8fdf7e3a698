"""Mistakes made in any flow: a word changed where flows have one of its kind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_powerautomate.flow import outline, walk

# What is changed, by the rule that has to find it: a pattern in the texts of actions, and what
# takes its place.
_IN_TEXTS: Mapping[str, tuple[str, str]] = {
    "FLOW301": (r"^@([a-zA-Z]+\(.*)\)$", r"@\1"),
    "FLOW302": (r"@(\{?)([a-zA-Z]+)\(", r"@\1\2Zz("),
    "FLOW303": (r"^@(triggerBody|triggerOutputs|utcNow|workflow)\(\)", r"@\1(1, 2)"),
    "FLOW401": (r"^@(body|outputs)\('[^']+'\)", r"@\1('Nowhere_zz')"),
    "FLOW403": (r"^@items\('[^']+'\)", r"@items('Nowhere_zz')"),
    "FLOW406": (r"^@parameters\('[^$'][^']*'\)", r"@parameters('Nowhere_zz')"),
    "FLOW411": (r"^@variables\('[^']+'\)", r"@variables('Nowhere_zz')"),
}


def seeded(definition: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """For each kind of mistake that can be made in a flow: the rule, the path, the wrong flow."""
    for code, (pattern, replacement) in _IN_TEXTS.items():
        changed = _copy(definition)
        path = _in_a_text(changed, re.compile(pattern, re.DOTALL), replacement)
        if path:
            yield code, path, changed
    for code, change in _IN_ACTIONS.items():
        changed = _copy(definition)
        path = change(changed)
        if path:
            yield code, path, changed


def _copy(definition: Mapping[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(definition))
    return copied


def _in_a_text(definition: dict[str, Any], pattern: re.Pattern[str], new: str) -> str | None:
    """Change the first text of an action's inputs that fits; its path, or None."""
    for node in walk(outline(definition)):
        stack: list[tuple[str, Any, Any]] = [(node.path, node.body, "inputs")]
        while stack:
            path, holder, key = stack.pop()
            if isinstance(holder, dict) and key not in holder:
                continue
            value = holder[key]
            path += f"[{key}]" if isinstance(key, int) else f".{key}"
            if isinstance(value, str) and pattern.search(value):
                holder[key] = pattern.sub(new, value, count=1)
                return path
            if isinstance(value, dict):
                stack.extend((path, value, name) for name in value)
            elif isinstance(value, list):
                stack.extend((path, value, number) for number in range(len(value)))
    return None


def _second_trigger(definition: dict[str, Any]) -> str:
    definition["triggers"]["Another"] = {"type": "Request", "kind": "Button"}
    return "triggers"


def _wait_for_nobody(definition: dict[str, Any]) -> str | None:
    for node in walk(outline(definition)):
        if node.run_after:
            node.body["runAfter"]["Nowhere_zz"] = ["Succeeded"]
            return f"{node.path}.runAfter.Nowhere_zz"
    return None


def _wait_for_itself(definition: dict[str, Any]) -> str | None:
    for node in walk(outline(definition)):
        if node.run_after:
            node.body["runAfter"][node.name] = ["Succeeded"]
            return f"{node.path}.runAfter.{node.name}"
    return None


def _outcome(definition: dict[str, Any]) -> str | None:
    for node in walk(outline(definition)):
        for name in node.run_after:
            node.body["runAfter"][name] = ["Success"]
            return f"{node.path}.runAfter.{name}[0]"
    return None


def _type(definition: dict[str, Any]) -> str | None:
    for node in walk(outline(definition)):
        node.body["type"] = node.type + "s"  # type: ignore[index]
        return f"{node.path}.type"
    return None


def _connection(definition: dict[str, Any]) -> str | None:
    for node in walk(outline(definition)):
        if node.type == "OpenApiConnection":
            node.body["inputs"]["host"]["connectionName"] = "shared_nowhere"
            return f"{node.path}.inputs.host.connectionName"
    return None


def _child(definition: dict[str, Any]) -> str | None:
    for node in walk(outline(definition)):
        if node.type == "Workflow":
            node.body["inputs"]["host"]["workflowReferenceName"] = "The child flow"
            return f"{node.path}.inputs.host.workflowReferenceName"
    return None


def _name(definition: dict[str, Any]) -> str:
    definition["actions"]["x" * 81] = {"type": "Compose", "runAfter": {}, "inputs": "x"}
    return "actions." + "x" * 81


_IN_ACTIONS: Mapping[str, Callable[[dict[str, Any]], str | None]] = {
    "FLOW103": _second_trigger,
    "FLOW201": _type,
    "FLOW212": _wait_for_nobody,
    "FLOW214": _outcome,
    "FLOW215": _wait_for_itself,
    "FLOW501": _connection,
    "FLOW503": _child,
    "FLOW605": _name,
}
