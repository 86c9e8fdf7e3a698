"""Shares, solutions and what binds them, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..flow.difference.masking import without_secrets
from ..flow.difference.values import ABSENT, leaves
from ..flow.difference.wording import listed, shown
from .preview import UNKNOWN, Step

_MOST_KEYS = 12


def in_words(step: Step) -> list[str]:
    """Sentences about a resource that is not a flow; never a secret."""
    inputs = step.after or step.before
    if step.kind == "FlowShare":
        return [_share(step, inputs)]
    if step.kind == "FlowSharesExclusive":
        return _shares(step)
    if step.kind == "SolutionImport":
        return _solution(step)
    if step.operation == "create":
        return [f"{_subject(inputs)}is created."]
    if step.operation == "delete":
        return [f"{_subject(inputs)}is deleted."]
    first = ["It is deleted and created anew."] if step.operation == "replace" else []
    return [*first, *_inputs(step)] or ["Something in it changes."]


def _share(step: Step, inputs: Mapping[str, Any]) -> str:
    who, rights = principal(inputs.get("principal")), _rights(inputs.get("access"))
    if step.operation == "delete":
        return f"{who} may no longer {rights} the flow."
    if step.operation == "update" and step.before.get("access") != inputs.get("access"):
        return f"{who} may {rights} the flow (before: {_rights(step.before.get('access'))})."
    if step.operation == "replace":
        former = principal(step.before.get("principal"))
        return f"{who} may {rights} the flow; the share of {former} is taken away."
    return f"{who} may {rights} the flow."


def _shares(step: Step) -> list[str]:
    """All shares of a flow, by principal."""
    before, after = (
        shares if isinstance(shares := inputs.get("shares"), Mapping) else {}
        for inputs in (step.before, step.after)
    )
    lines = []
    for who in {**before, **after}:
        old, new = before.get(who), after.get(who)
        if new is None:
            lines.append(f"{value(who)} may no longer {_rights(old)} the flow.")
        elif old is None:
            lines.append(f"{value(who)} may {_rights(new)} the flow.")
        elif old != new:
            lines.append(f"{value(who)} may {_rights(new)} the flow (before: {_rights(old)}).")
    if step.operation in ("create", "update"):
        return lines or ["The flow is shared with nobody else."]
    return [*lines, *_inputs(step, ("shares",))] or ["Its shares are taken over anew."]


def _rights(access: Any) -> str:
    if isinstance(access, (list, tuple)) and access:
        return listed([value(item) for item in access])
    return value(access)


def _solution(step: Step) -> list[str]:
    before, after = step.before, step.after
    inputs = after or before
    name = value(inputs.get("solution"))
    if step.operation == "delete":
        return [f"Solution {name} {value(before.get('version'))} leaves the stack."]
    managed = ", managed" if inputs.get("managed") is True else ""
    version = value(inputs.get("version"))
    if step.operation == "create":
        return [f"Solution {name} {version}{managed} is imported."]
    first = f"Solution {name} {version}{managed} is imported again."
    if before.get("version") != after.get("version"):
        first = f"Solution {name} goes from version {value(before.get('version'))} to {version}."
    old, new = before.get("__flows"), after.get("__flows")
    flows = []
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        named = {**(before.get("flows") or {}), **(after.get("flows") or {})}
        changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        names = [value(named.get(key) or key) for key in changed[:_MOST_KEYS]]
        more = f" and {len(changed) - _MOST_KEYS} more" if len(changed) > _MOST_KEYS else ""
        flows = [f"Flows in it that differ: {', '.join(names)}{more}."] if names else []
    known = ("version", "solution", "sha256", "package", "managed", "flows")
    return [first, *flows, *(line for line in _inputs(step, known))]


def _inputs(step: Step, told: tuple[str, ...] = ()) -> list[str]:
    """Each input that differs."""
    before, after = (
        {key: item for key, item in inputs.items() if not key.startswith("__") and key not in told}
        for inputs in (step.before, step.after)
    )
    lines = []
    for path, was, now in leaves(before, after):
        old, new = (
            "nothing" if item is ABSENT else value(without_secrets(item, path))
            for item in (was, now)
        )
        lines.append(f"{path}: {old} → {new}." if old != new else f"{path} changes.")
    if len(lines) > _MOST_KEYS:
        lines = [*lines[:_MOST_KEYS], f"… and {len(lines) - _MOST_KEYS} more inputs."]
    return lines


def _subject(inputs: Mapping[str, Any]) -> str:
    for key in ("logical_name", "schema_name", "solution", "name"):
        if isinstance(inputs.get(key), str):
            return f"{value(inputs[key])} "
    return "It "


def principal(given: Any) -> str:
    """`team Ops`, `user alice@contoso.com`."""
    if not isinstance(given, Mapping):
        return value(given)
    known = [value(item) for key, item in given.items() if key != "type" and item]
    return " ".join([value(given.get("type") or "principal"), *known[:1]])


def value(given: Any) -> str:
    """A value on one line; what is not known yet is said to be so."""
    return "(known later)" if given == UNKNOWN else shown(given)
