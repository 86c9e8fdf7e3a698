"""
The shapes a flow is written in, and the one it is worked with.

Accepted are the bare workflow definition, the document that Dataverse stores and solutions export
(`{"properties": {"definition", "connectionReferences"}, "schemaVersion"}`), that of the flow
service, which has more beside, a row of the table `workflow`, the code view of a Logic App, and a
deployment template with one workflow.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .connection_references import references_from_wire
from .problems import DefinitionError

_DEEPEST = 200
# What people take for a flow, by members that nothing else has.
_OTHER_SHAPES = (
    (frozenset({"nodeId", "serializedOperation"}), "one action from the designer's clipboard"),
    (frozenset({"type", "inputs"}), 'one action ("peek code" of the designer)'),
    (frozenset({"type", "actions"}), 'one action ("peek code" of the designer)'),
    (frozenset({"value"}), "a list of rows of the Web API"),
)
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class FlowDocument:
    """A flow's definition and the connection references that came with it, in normal form."""

    definition: dict[str, Any]
    connection_references: dict[str, Any]
    bare: bool = False
    """Whether it came in a shape that has no place for connection references."""


def parse_json(text: str) -> Any:
    """
    Parse strictly: what two readers could understand differently is refused.

    Raises:
        DefinitionError: not JSON, a key twice in one object, NaN or Infinity, text that no file
            can hold, or nesting beyond reason.
    """
    try:
        value = json.loads(
            text.removeprefix(_BYTE_ORDER_MARK),
            object_pairs_hook=_object,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        raise DefinitionError(
            "",
            f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            error.lineno,
        ) from None
    except ValueError:
        # Python reads no integer of more than some thousand digits.
        raise DefinitionError(
            "", "holds a number of thousands of digits; write it as a text."
        ) from None
    except RecursionError:
        raise DefinitionError("", f"nested deeper than {_DEEPEST} levels.") from None
    return value


def parse_document(value: Mapping[str, Any] | str) -> FlowDocument:
    """
    Read a flow in any of its shapes.

    Raises:
        DefinitionError: it is none of them; the message says where.
    """
    document = parse_json(value) if isinstance(value, str) else value
    if not isinstance(document, Mapping):
        raise DefinitionError(
            "definition", "not an object; pass a flow's definition or its exported document."
        )
    if not (isinstance(value, str) and _holds_no_odd_text(value, document)):
        _check_text(document)
    if "properties" not in document:
        return _without_properties(document)
    properties = document["properties"]
    if not isinstance(properties, Mapping):
        raise DefinitionError("definition.properties", "not an object.")
    references = properties.get("connectionReferences")
    if references is not None and not isinstance(references, Mapping):
        raise DefinitionError("definition.properties.connectionReferences", "not an object.")
    return FlowDocument(
        _definition(properties.get("definition"), "definition.properties.definition"),
        references_from_wire(references or {}),
    )


def _without_properties(document: Mapping[str, Any]) -> FlowDocument:
    """A bare definition, or one of the other shapes in which people hold a flow."""
    if "triggers" in document or ("actions" in document and "type" not in document):
        return FlowDocument(_definition(document, "definition"), {}, bare=True)
    if isinstance(document.get("clientdata"), str):
        # A row of the table `workflow`, as the Web API answers.
        return parse_document(parse_json(document["clientdata"]))
    if "definition" in document:
        # The code view of a Logic App; its connections are Azure's.
        return FlowDocument(
            _definition(document["definition"], "definition.definition"), {}, bare=True
        )
    resources = document.get("resources")
    if isinstance(resources, (list, tuple)):
        return _of_template(resources)
    for members, name in _OTHER_SHAPES:
        if members <= set(document):
            raise DefinitionError("definition", f"{name}, not a flow.")
    raise DefinitionError(
        "definition", "has neither triggers nor actions, so it is no workflow definition."
    )


def _of_template(resources: Sequence[Any]) -> FlowDocument:
    """The one workflow of a deployment template, as `m365 flow export --format json` writes."""
    found = [
        item["properties"].get("definition")
        for item in resources
        if isinstance(item, Mapping)
        and str(item.get("type")).lower() == "microsoft.logic/workflows"
        and isinstance(item.get("properties"), Mapping)
    ]
    if len(found) != 1:
        raise DefinitionError(
            "definition", f"a deployment template with {len(found)} workflows; pass one with one."
        )
    where = "definition.resources.properties.definition"
    return FlowDocument(_definition(found[0], where), {}, bare=True)


def dump(definition: Mapping[str, Any]) -> str:
    """The compact JSON text of a definition; keys stay in the designer's order."""
    return json.dumps(definition, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _definition(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise DefinitionError(path, "missing, or not an object; export the flow again.")
    if "triggers" not in value and "actions" not in value:
        raise DefinitionError(
            path, "has neither triggers nor actions, so it is no workflow definition."
        )
    return dict(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise DefinitionError("", f"the key {twice!r} stands twice in one object.")
    return result


def _constant(name: str) -> Any:
    raise DefinitionError("", f"{name} is not a JSON number.")


def _holds_no_odd_text(text: str, document: Mapping[str, Any]) -> bool:
    """Whether parsed JSON needs no `_check_text`, told without a look at each value."""
    if "\0" in text or "\\u" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        inner: list[Any] = []
        for item in level:
            for member in item.values() if item.__class__ is dict else item:
                kind = member.__class__
                if kind is dict or kind is list:
                    inner.append(member)
                elif kind is float and not math.isfinite(member):
                    # A number such as 1e999.
                    return False
        if not inner:
            return True
        level = inner
    return False


def _check_text(value: Any) -> None:
    """Refuse what cannot travel: other types, NaN, lone surrogates, NUL, endless nesting."""
    stack: list[tuple[Any, int, str]] = [(value, 0, "definition")]
    while stack:
        item, depth, path = stack.pop()
        if depth > _DEEPEST:
            raise DefinitionError("definition", f"nested deeper than {_DEEPEST} levels.")
        if isinstance(item, str):
            _check_string(item, path)
        elif isinstance(item, (dict, Mapping)):
            for key, member in item.items():
                if not isinstance(key, str):
                    raise DefinitionError(path, f"the key {key!r} is not a string.")
                if not key.isascii() or "\0" in key:
                    _check_string(key, path)
                if member.__class__ is not str or not member.isascii() or "\0" in member:
                    stack.append((member, depth + 1, f"{path}.{key}"))
        elif isinstance(item, (list, tuple)):
            stack.extend((member, depth + 1, f"{path}[{n}]") for n, member in enumerate(item))
        elif isinstance(item, float) and (item != item or item in (float("inf"), -float("inf"))):
            raise DefinitionError(path, f"{item} is not a JSON number.")
        elif item is not None and not isinstance(item, (bool, int, float)):
            raise DefinitionError(path, f"a {type(item).__name__} is not JSON.")


def _check_string(text: str, path: str) -> None:
    if text.isascii() and "\0" not in text:
        return
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise DefinitionError(path, "holds a NUL or half of a surrogate pair; remove it.")
