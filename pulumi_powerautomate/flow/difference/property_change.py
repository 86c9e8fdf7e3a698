"""One changed property of an action or trigger."""

from __future__ import annotations

from typing import Any, Protocol

from .changes import Change
from .masking import HIDDEN, without_secrets
from .values import ABSENT
from .wording import fragments, is_expression, named, quoted, text_change

_CONNECTION = (
    "inputs.host.connectionName",
    "inputs.host.connectionReferenceName",
    "inputs.host.connection.name",
    "inputs.host.connection.referenceName",
)
_REPLACED = ("type", "kind", "inputs.host.operationId", "inputs.host.apiId")
_PREFIXES = ("inputs.parameters.", "inputs.variables[0].", "inputs.host.", "inputs.")
_WORDS = {
    "inputs": "value",
    "foreach": "list to go through",
    "inputs.host.operationId": "operation",
    "inputs.host.apiId": "connector",
    "description": "note",
}


class Place(Protocol):
    """An action or a trigger: it has a name and a path."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def path(self) -> str:
        """Where it stands."""
        ...


def property_change(node: Place, path: str, was: Any, now: Any, secured: bool) -> Change:
    """The change of one place below an action or trigger."""
    full = f"{node.path}.{path}"
    hide = secured and path.startswith("inputs")
    before, after = (
        None if value is ABSENT else without_secrets(value, full, hide) for value in (was, now)
    )
    kind = _kind(path, was, now)
    who = f"{named(node.name)}, {label(path)}"
    if before == after:
        said = f"{who} changes {HIDDEN}."
    elif was is ABSENT:
        said = f"{who} is added: {quoted(after)}."
    elif now is ABSENT:
        said = f"{who} is left out (was {quoted(before)})."
    elif isinstance(before, str) and isinstance(after, str) and fragments(before, after):
        said = f"{who}: {text_change(before, after)}."
    else:
        said = f"{who}: {quoted(before)} → {quoted(after)}."
    return Change(kind, full, before, after, said)


def label(path: str) -> str:
    """A place in words; the wrapping that every action has is left out."""
    if path in _WORDS:
        return _WORDS[path]
    for prefix in _PREFIXES:
        if path.startswith(prefix):
            return path.removeprefix(prefix)
    return path


def _kind(path: str, was: Any, now: Any) -> str:
    if path in _CONNECTION:
        return "connection-changed"
    if path in _REPLACED:
        return "action-replaced"
    if is_expression(was) or is_expression(now):
        return "expression-changed"
    return "value-changed"
