"""
Find text in a definition that looks like a credential.

The rules are those by which differences and logs hide values. A value that is computed when the
flow runs is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..redaction import redact
from .difference.masking import hides, without_secrets

_STRUCTURE = frozenset({"runAfter", "type", "kind", "metadata", "schema"})
_COMPUTED = re.compile(r"@\{[^{}]*\}")
_SCHEME = re.compile(r"(?i)\s*(?:bearer|basic)?\s*")


def credentials_in(definition: Mapping[str, Any]) -> list[str]:
    """Where values stand that look like keys, passwords or signatures, such as `actions.Send`."""
    found = dict.fromkeys(_secure_defaults(definition))
    for part in ("triggers", "actions"):
        found.update(dict.fromkeys(_below(definition.get(part), part)))
    return list(found)


def _secure_defaults(definition: Mapping[str, Any]) -> Iterator[str]:
    parameters = definition.get("parameters")
    for name, body in parameters.items() if isinstance(parameters, Mapping) else ():
        if not isinstance(body, Mapping) or not body.get("defaultValue"):
            continue
        if str(body.get("type", "")).lower() in ("securestring", "secureobject"):
            yield f"parameters.{name}.defaultValue"
        else:
            yield from _below(body["defaultValue"], f"parameters.{name}.defaultValue")


def _below(value: Any, path: str) -> Iterator[str]:
    stack = [(value, path)]
    while stack:
        item, place = stack.pop()
        if isinstance(item, Mapping):
            stack += [
                (inner, f"{place}.{key}")
                for key, inner in reversed(list(item.items()))
                if key not in _STRUCTURE
            ]
            # A variable that is called like a credential, or a header written as a pair.
            called, given = str(item.get("name") or ""), item.get("value")
            if isinstance(given, str) and given and hides(called) and _is_literal(given):
                yield f"{place}.value"
        elif isinstance(item, list):
            stack += [(inner, f"{place}[{n}]") for n, inner in reversed(list(enumerate(item)))]
        elif isinstance(item, str) and item and _is_credential(item, place):
            yield place


def _is_credential(text: str, path: str) -> bool:
    if hides(path) and _is_literal(text):
        return True
    literal = _COMPUTED.sub("", text)
    return without_secrets(literal, "text") != literal or redact(literal) != literal


def _is_literal(text: str) -> bool:
    """Whether there is more to a value than what is computed when the flow runs."""
    return not text.startswith("@") and not _SCHEME.fullmatch(_COMPUTED.sub("", text))
