"""
When two definitions are the same flow.

`same_flow` holds for digests of definitions that differ only in what the service and its designer
add, drop, reorder or respell. The rules (evidence: what read-back and sent definitions differ in,
and the spellings in which real exports hold one and the same thing):

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
10. `metadata` of the definition itself is the service's: why it suspended the flow, for example.
11. `evaluatedRecurrence` of a trigger is what the service worked out from `recurrence`.
12. The outcomes of a `runAfter` are a set, whatever their case.
13. `inputs.authentication` that takes the connection's key out of `X-MS-APIM-Tokens` is rule 7's
    placeholder as instant flows have it.
14. An `else` of a condition and a `default` of a switch that hold no actions are as good as absent.
15. In the schema below `inputs`, `additionalProperties` that is `{}` and `required` that is empty
    are as good as absent.
16. The types of actions and triggers, and the kind of a request, are compared whatever their case.
17. `conditions` and `correlation` of a trigger that are empty are as good as absent.
18. Everything else counts.

Rules 10 to 17 are younger than release 0.1.0, whose digests are in states. A definition that they
change has two digests, joined by a hyphen: that of rules 1 to 9, and that of all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .first_digest import first_canonical
from .vocabulary import ACTION_TYPES, OUTCOMES, REQUEST_KINDS, TRIGGER_TYPES, spelling

_SERVICE_AUTHENTICATION = "@parameters('$authentication')"
_APIM_KEY = re.compile(
    r"@\{?json\(decodeBase64\(triggerOutputs\(\)\??(?:\.headers|\['headers'\])\??"
    r"\['X-MS-APIM-Tokens'\]\)\)\??\['\$ConnectionKey'\]\}?",
    re.IGNORECASE,
)
_SERVICE_PARAMETERS = ("$connections", "$authentication")
_TYPES = {name.lower(): name for name in (*ACTION_TYPES, *TRIGGER_TYPES)}
_DIGEST_BYTES = 16
_DEEPEST_SCHEMA = 50


def digest(definition: Mapping[str, Any]) -> str:
    """
    A short name for the flow that a definition describes; compare it with `same_flow`.

    32 hexadecimal digits, or twice as many with a hyphen between them where the first release
    gave the definition another one.
    """
    first, whole = first_canonical(definition), canonical(definition)
    if first == whole:
        return _hash(whole)
    return f"{_hash(first)}-{_hash(whole)}"


def same_flow(one: str | None, other: str | None) -> bool:
    """Whether two digests, of whatever release, name the same flow."""
    if not one or not other:
        return one == other
    if one == other:
        return True
    first, whole = zip(halves_of(one), halves_of(other), strict=True)
    return first[0] == first[1] or whole[0] == whole[1]


def halves_of(text: str) -> tuple[str, str]:
    """
    A digest by the rules of the first release, and one by all rules.

    Two digests name the same flow if they agree in either.
    """
    first, _, whole = text.partition("-")
    return first, whole or first


def canonical(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The definition without what makes no difference; compare it with `==`."""
    result: dict[str, Any] = {}
    for key, value in definition.items():
        if key in ("$schema", "contentVersion", "description", "metadata"):
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


def is_empty_branch(node_type: Any, label: str, holder: Any) -> bool:
    """Whether a branch is one that the designer adds and drops: it holds no actions."""
    owner = {"else": "if", "default": "switch"}.get(label)
    if owner is None or str(node_type).lower() != owner or not isinstance(holder, Mapping):
        return False
    return not holder.get("actions") and set(holder) <= {"actions"}


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    # It takes as long to load as many rules do, and whoever validates needs no digest.
    import hashlib

    return hashlib.blake2b(
        text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES
    ).hexdigest()


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
        if key in ("metadata", "evaluatedRecurrence"):
            continue
        if key in ("runAfter", "conditions", "correlation") and not value:
            continue
        if key == "actions":
            result[key] = _nodes(value)
        elif key in ("else", "default"):
            if not is_empty_branch(node.get("type"), key, value):
                result[key] = _node(value)
        elif key == "cases" and isinstance(value, Mapping):
            result[key] = {name: _node(case) for name, case in value.items()}
        elif key == "inputs" and isinstance(value, Mapping):
            result[key] = _inputs(value)
        elif key == "runAfter" and isinstance(value, Mapping):
            result[key] = {name: _outcomes(outcomes) for name, outcomes in value.items()}
        elif key == "type" and isinstance(value, str):
            result[key] = _TYPES.get(value.lower(), value)
        elif key == "kind" and isinstance(value, str):
            result[key] = spelling(value, REQUEST_KINDS)
        else:
            result[key] = _plain(value)
    return result


def _inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    result = {}
    for name, item in inputs.items():
        if name == "authentication" and _is_placeholder(item):
            continue
        result[name] = _schema(item, 0) if name == "schema" else _plain(item)
    return result


def _is_placeholder(authentication: Any) -> bool:
    if isinstance(authentication, str):
        return authentication == _SERVICE_AUTHENTICATION
    if not isinstance(authentication, Mapping) or set(authentication) != {"type", "value"}:
        return False
    kind, value = authentication["type"], authentication["value"]
    return (
        isinstance(kind, str)
        and kind.lower() == "raw"
        and isinstance(value, str)
        and bool(_APIM_KEY.fullmatch(value))
    )


def _outcomes(outcomes: Any) -> Any:
    """The outcomes that one `runAfter` waits for: each once, spelt and ordered as documented."""
    if not isinstance(outcomes, (list, tuple)) or not all(isinstance(o, str) for o in outcomes):
        return _plain(outcomes)
    spelt = {spelling(outcome, OUTCOMES) for outcome in outcomes}
    return [*(o for o in OUTCOMES if o in spelt), *sorted(spelt.difference(OUTCOMES))]


def _schema(schema: Any, depth: int) -> Any:
    """A JSON schema without members that allow what is allowed anyway."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST_SCHEMA:
        return _plain(schema)
    result = {}
    for key, value in schema.items():
        if (key, value) in (("additionalProperties", {}), ("required", [])):
            continue
        if key == "properties" and isinstance(value, Mapping):
            result[key] = {name: _schema(item, depth + 1) for name, item in value.items()}
        elif key == "items":
            result[key] = _schema(value, depth + 1)
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
