"""Twelve ways in which the service, its designer and other tools respell one and the same flow."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from pulumi_powerautomate.flow import FlowVersion, dump, parse_document

_PARAMETERS = {
    "$connections": {"defaultValue": {}, "type": "Object"},
    "$authentication": {"defaultValue": {}, "type": "SecureObject"},
}


def _shuffled(value: Any, random_: random.Random) -> Any:
    if isinstance(value, dict):
        items = [(key, _shuffled(item, random_)) for key, item in value.items()]
        random_.shuffle(items)
        return dict(items)
    return [_shuffled(item, random_) for item in value] if isinstance(value, list) else value


def _actions(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every trigger and action."""
    stack: list[Any] = [definition.get("triggers"), definition.get("actions")]
    while stack:
        for node in (stack.pop() or {}).values():
            yield node
            stack.append(node.get("actions"))
            for holder in (*(node.get("cases") or {}).values(), node.get("else"),
                           node.get("default")):  # fmt: skip
                stack.append((holder or {}).get("actions"))


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return float(value) if isinstance(value, int) and abs(value) < 2**53 else value


def key_order(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """Keys in any order."""
    return FlowVersion(_shuffled(flow.definition, random_), _shuffled(flow.references, random_))


def alphabetical(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """Keys in the order of the alphabet, as many tools write them."""
    texts = (json.dumps(item, sort_keys=True) for item in (flow.definition, flow.references))
    return FlowVersion(*(json.loads(text) for text in texts))


def designer_metadata(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """The designer's notes on actions and triggers, set on some and taken from others."""
    for node in _actions(definition := copy.deepcopy(dict(flow.definition))):
        node.pop("metadata", None)
        if random_.random() < 0.5:
            node["metadata"] = {"operationMetadataId": str(random_.random())}
    return FlowVersion(definition, flow.references)


def authentication(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """The service's own parameters and the reference to them, set on some, taken from others."""
    definition = copy.deepcopy(dict(flow.definition))
    for node in _actions(definition):
        inputs = node.get("inputs")
        if isinstance(inputs, dict) and "host" in inputs:
            if inputs.get("authentication") == "@parameters('$authentication')":
                del inputs["authentication"]
            elif "authentication" not in inputs:
                inputs["authentication"] = "@parameters('$authentication')"
    parameters = definition.setdefault("parameters", {})
    for name, value in _PARAMETERS.items():
        if not parameters.get(name, {}).get("defaultValue"):
            parameters.pop(name, None)
            if random_.random() < 0.5:
                parameters[name] = value
    return FlowVersion(definition, flow.references)


def number_spellings(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """`1.0` for `1`, as they travel through the engine."""
    return FlowVersion(_numbers(flow.definition), flow.references)


def text_form(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """A byte order mark, Windows line ends, indentation, and escapes for what is not ASCII."""
    indents: list[int | str] = [1, 4, "\t"]
    text = json.dumps(flow.definition, indent=random_.choice(indents), ensure_ascii=True)
    again = parse_document("\ufeff" + text.replace("\n", "\r\n"))
    return FlowVersion(again.definition, flow.references)


def empty_members(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """Empty `outputs`, `staticResults`, `runAfter`; schema, version and the row's description."""
    definition = copy.deepcopy(dict(flow.definition))
    for key in ("outputs", "staticResults"):
        if not definition.get(key):
            definition.pop(key, None)
            if random_.random() < 0.5:
                definition[key] = {}
    for node in _actions({"actions": definition.get("actions")}):
        if not node.get("runAfter"):
            node.pop("runAfter", None)
            if random_.random() < 0.5:
                node["runAfter"] = {}
    definition.update({"$schema": "http://other", "contentVersion": "2.0.0.0"})
    definition["description"] = "from the row"
    return FlowVersion(definition, flow.references)


def reference_additions(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """Additions of the service to connection references, and the casing it changes."""
    references: dict[str, Any] = copy.deepcopy(dict(flow.references))
    for entry in references.values():
        if "runtime_source" in entry:
            entry["api_logical_name"] = "added"
            entry["runtime_source"] = str(entry["runtime_source"]).capitalize()
        else:
            entry["tier"] = "NotSpecified"
    return FlowVersion(json.loads(dump(flow.definition)), references)


def outcomes(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """The outcomes that actions wait for, in another order and in capitals."""
    definition = copy.deepcopy(dict(flow.definition))
    for node in _actions(definition):
        for waited in (node.get("runAfter") or {}).values():
            if isinstance(waited, list):
                random_.shuffle(waited)
                waited[:] = [random_.choice((str, str.upper, str.lower))(item) for item in waited]
    return FlowVersion(definition, flow.references)


def computed_members(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """
    Members that the service works out and notes: evaluated recurrences, reasons of a suspension.
    """
    definition = copy.deepcopy(dict(flow.definition))
    for trigger in (definition.get("triggers") or {}).values():
        trigger.pop("evaluatedRecurrence", None)
        if "recurrence" in trigger and random_.random() < 0.7:
            trigger["evaluatedRecurrence"] = {**trigger["recurrence"], "startTime": "2026-01-01"}
    definition["metadata"] = {"flowclientsuspensionreason": "NeverTriggeringDetected"}
    return FlowVersion(definition, flow.references)


def empty_branches(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """Branches and schema members that say nothing, added here and dropped there."""
    definition = copy.deepcopy(dict(flow.definition))
    for node in _actions(definition):
        kind = str(node.get("type")).lower()
        for owner, label in (("if", "else"), ("switch", "default")):
            if kind == owner and not (node.get(label) or {}).get("actions"):
                node.pop(label, None)
                if random_.random() < 0.5:
                    node[label] = random_.choice(({"actions": {}}, {}))
        inputs = node.get("inputs")
        schema = inputs.get("schema") if isinstance(inputs, dict) else None
        for member, nothing in (("additionalProperties", {}), ("required", [])):
            if isinstance(schema, dict) and schema.get(member, nothing) == nothing:
                schema.pop(member, None)
                if random_.random() < 0.5:
                    schema[member] = nothing
    return FlowVersion(definition, flow.references)


def instant_authentication(flow: FlowVersion, random_: random.Random) -> FlowVersion:
    """The connection key of instant flows for the placeholder, and types in another case."""
    definition = copy.deepcopy(dict(flow.definition))
    key = "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$ConnectionKey']"
    for node in _actions(definition):
        inputs = node.get("inputs")
        if isinstance(inputs, dict) and inputs.get("authentication") in (
            "@parameters('$authentication')", {"type": "Raw", "value": key}
        ):  # fmt: skip
            inputs["authentication"] = {"value": key, "type": "Raw"}
            if random_.random() < 0.5:
                del inputs["authentication"]
        if random_.random() < 0.3:
            node["type"] = random_.choice((str.lower, str.upper))(node["type"])
    return FlowVersion(definition, flow.references)


REWRITINGS: dict[str, Callable[[FlowVersion, random.Random], FlowVersion]] = {
    rewriting.__name__: rewriting
    for rewriting in (
        key_order,
        alphabetical,
        designer_metadata,
        authentication,
        number_spellings,
        text_form,
        empty_members,
        reference_additions,
        outcomes,
        computed_members,
        empty_branches,
        instant_authentication,
    )
}
