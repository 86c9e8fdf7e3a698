"""
The canonical form of release 0.1.0: rules 1 to 9 of `canonical`, and no others.

Frozen. States hold digests of this form; a digest of ours carries it as well, so that a flow whose
state is of that release shows no change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SERVICE_AUTHENTICATION = "@parameters('$authentication')"
_SERVICE_PARAMETERS = ("$connections", "$authentication")


def first_canonical(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition as release 0.1.0 took the digest of it."""
    result: dict[str, Any] = {}
    for key, value in definition.items():
        if key in ("$schema", "contentVersion", "description"):
            continue
        if key in ("outputs", "staticResults") and not value:
            continue
        if key == "parameters" and isinstance(value, Mapping):
            value = {name: item for name, item in value.items() if not _service_own(name, item)}
            if not value:
                continue
        if key in ("actions", "triggers"):
            result[key] = _nodes(value)
        else:
            result[key] = _plain(value)
    return result


def _nodes(nodes: Any) -> Any:
    if not isinstance(nodes, Mapping):
        return _plain(nodes)
    return {name: _node(node) for name, node in nodes.items()}


def _node(node: Any) -> Any:
    """One action or trigger, with the branches it holds."""
    if not isinstance(node, (dict, Mapping)):
        return _plain(node)
    result: dict[str, Any] = {}
    for key, value in node.items():
        if key == "metadata" or (key == "runAfter" and not value):
            continue
        if key == "actions":
            result[key] = _nodes(value)
        elif key in ("else", "default"):
            result[key] = _node(value)
        elif key == "cases" and isinstance(value, Mapping):
            result[key] = {name: _node(case) for name, case in value.items()}
        elif key == "inputs" and isinstance(value, Mapping):
            result[key] = {
                name: _plain(item)
                for name, item in value.items()
                if not (name == "authentication" and item == _SERVICE_AUTHENTICATION)
            }
        else:
            result[key] = _plain(value)
    return result


def _service_own(name: str, parameter: Any) -> bool:
    if name not in _SERVICE_PARAMETERS or not isinstance(parameter, Mapping):
        return False
    return not parameter.get("defaultValue")


def _plain(value: Any) -> Any:
    # Most values are texts, and asking whether one is a Mapping takes ten times as long.
    if value.__class__ is str:
        return value
    if isinstance(value, (dict, Mapping)):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
