"""
When two definitions are the same flow.

`digest` is equal for definitions that differ only in what the service and its designer add, drop
or reorder. The rules (evidence: "Read-back versus sent" in the Dataverse notes of this project):

1. The order of an object's keys makes no difference; the order of a list does.
2. `1`, `1.0` and `1e0` are one number.
3. `$schema` and `contentVersion` make no difference.
4. The parameters `$connections` and `$authentication` make no difference while they are the
   service's own: no default value, or an empty one.
5. `outputs` and `staticResults` that are empty are as good as absent.
6. `description` of the definition itself is the row's description, and lives there.
7. `inputs.authentication` that reads `@parameters('$authentication')` is as good as absent.
8. `metadata` of actions and triggers is the designer's: operation ids, hints of file names. The
   metadata of parameters names environment variables, and counts.
9. `runAfter` that is empty is as good as absent.
10. Everything else counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_SERVICE_AUTHENTICATION = "@parameters('$authentication')"
_SERVICE_PARAMETERS = ("$connections", "$authentication")
_DIGEST_BYTES = 16


def digest(definition: Mapping[str, Any]) -> str:
    """A short name for the flow that a definition describes: 32 hexadecimal digits."""
    text = json.dumps(
        canonical(definition), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.blake2b(
        text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES
    ).hexdigest()


def canonical(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition without what makes no difference; compare it with `==`."""
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


def canonical_node(node: Mapping[str, Any]) -> dict[str, Any]:
    """One action or trigger without what makes no difference."""
    result: dict[str, Any] = _node(node)
    return result


def _nodes(nodes: Any) -> Any:
    if not isinstance(nodes, Mapping):
        return _plain(nodes)
    return {name: _node(node) for name, node in nodes.items()}


def _node(node: Any) -> Any:
    """One action or trigger, with the branches it holds."""
    if not isinstance(node, Mapping):
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
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
