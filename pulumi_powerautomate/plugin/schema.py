"""
The package's schema, from which Pulumi generates libraries for every language.

It is built from the models of the resources, the settings and the look-ups, and kept beside this
module as `schema.json`: what the engine asks for is the file. Source: "Pulumi Package Schema".
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, is_typeddict

from ..config import NAMESPACE, SETTINGS
from ..models import MODELS, Property, ResourceModel, Type, camel
from ..provider import Provider
from .urns import MODULE

FILE = Path(__file__).with_name("schema.json")
# Type token of the dynamic resources: a state of theirs goes on under the native one.
_DYNAMIC = f"pulumi-python:dynamic/{NAMESPACE}:"


def schema_text() -> str:
    """The schema as the engine gets it."""
    return FILE.read_text("utf-8")


def build_schema() -> dict[str, Any]:
    """The schema, made anew."""
    from .functions import functions

    types: dict[str, Any] = {}
    found = functions().values()
    return {
        "name": NAMESPACE,
        "version": version("pulumi-powerautomate"),
        "displayName": "Power Automate",
        "description": "Microsoft Power Automate cloud flows, sharing and solutions as code.",
        "keywords": ["pulumi", "power automate", "dataverse", "category/cloud", "kind/native"],
        "license": "Apache-2.0",
        "publisher": "pulumi-powerautomate",
        "attribution": "Rules are those of the Dataverse Web API reference (Microsoft Learn).",
        "meta": {"moduleFormat": "(.*)"},
        "language": _languages(),
        "config": {"variables": _settings()},
        "provider": {
            "description": "The connection for the resources that it is given to.",
            "inputProperties": _settings(),
        },
        "resources": {MODULE + model.name: _resource(model, types) for model in MODELS.values()},
        "functions": {
            function.token: _function(function.call, function.arguments, function.result, types)
            for function in found
        },
        "types": dict(sorted(types.items())),
    }


def as_text(schema: Mapping[str, Any]) -> str:
    """The schema as it is kept in the file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _languages() -> dict[str, Any]:
    # The Python library of this package has the plain name.
    return {
        "nodejs": {"packageName": "pulumi-powerautomate", "respectSchemaVersion": True},
        "python": {"packageName": "pulumi_powerautomate_native", "respectSchemaVersion": True},
        "go": {
            "importBasePath": "pulumi-powerautomate/sdk/go/powerautomate",
            "generateResourceContainerTypes": True,
            "respectSchemaVersion": True,
        },
        "csharp": {"rootNamespace": "Pulumi", "respectSchemaVersion": True},
        "java": {"basePackage": "com.pulumi"},
    }


def _settings() -> dict[str, Any]:
    told = _arguments_told(inspect.getdoc(Provider) or "")
    found = {}
    for name, setting in SETTINGS.items():
        entry: dict[str, Any] = {
            "type": "boolean" if setting.switch else "string",
            "description": _sentence(told[name]),
        }
        if setting.secret:
            entry["secret"] = True
        found[camel(name)] = entry
    return found


def _resource(model: ResourceModel, types: dict[str, Any]) -> dict[str, Any]:
    outputs = {item.name: item for item in model.inputs if item.echoed}
    outputs |= {item.name: item for item in model.outputs}
    text = model.description
    if model.import_id:
        text += (
            f"\n\n## Import\n\nThe id is {model.import_id}.\n\n```sh\n"
            f"pulumi import {MODULE}{model.name} name ID\n```"
        )
    always = {item.name for item in outputs.values() if item.required} | _always_set(model)
    return {
        "description": text,
        "inputProperties": {
            camel(item.name): _property(item, types, default=True) for item in model.inputs
        },
        "requiredInputs": [camel(item.name) for item in model.inputs if item.required],
        "properties": {camel(name): _property(item, types) for name, item in outputs.items()},
        "required": sorted(camel(name) for name in always),
        "aliases": [{"type": _DYNAMIC + model.name}],
    }


def _always_set(model: ResourceModel) -> set[str]:
    """Inputs that have a value after a check, whatever the program gives."""
    named = {"name", "workflow_id"} if model.name == "CloudFlow" else set()
    return named | {item.name for item in model.inputs if item.echoed and item.default is not None}


def _property(item: Property, types: dict[str, Any], *, default: bool = False) -> dict[str, Any]:
    entry = _type(item.type, types)
    if item.allowed:
        listed = ", ".join(f"`{value}`" for value in item.allowed)
        entry["description"] = f"{item.description} One of {listed}.".strip()
    elif item.description:
        entry["description"] = item.description
    if item.secret:
        entry["secret"] = True
    if default and item.default is not None:
        entry["default"] = item.default
    if default and item.on_change == "replace":
        entry["willReplaceOnChanges"] = True
    return entry


def _type(type_: Type, types: dict[str, Any]) -> dict[str, Any]:
    if type_.kind == "any":
        return {"$ref": "pulumi.json#/Any"}
    if type_.kind == "list":
        return {"type": "array", "items": _type(type_.of[0], types)}
    if type_.kind == "map":
        return {"type": "object", "additionalProperties": _type(type_.of[0], types)}
    if type_.kind == "either":
        if any(one.kind == "any" for one in type_.of):
            return {"$ref": "pulumi.json#/Any"}
        return {"oneOf": [_type(one, types) for one in type_.of]}
    if type_.kind == "object":
        token = MODULE + type_.name
        if token not in types:
            types[token] = {}
            types[token] = _object(type_, types)
        return {"$ref": f"#/types/{token}"}
    return {"type": type_.kind}


def _object(type_: Type, types: dict[str, Any]) -> dict[str, Any]:
    told = _members_told(type_.name)
    members = {}
    for item in type_.members:
        entry = _property(item, types)
        if not item.description and item.name in told:
            more = entry.get("description", "")
            entry["description"] = f"{told[item.name]} {more}".strip()
        members[camel(item.name)] = entry
    return {
        "type": "object",
        "description": type_.description,
        "properties": members,
        "required": sorted(camel(item.name) for item in type_.members if item.required),
    }


def _function(
    function: Callable[..., Any],
    arguments: Iterable[Property],
    result: Type,
    types: dict[str, Any],
) -> dict[str, Any]:
    text = inspect.getdoc(function) or ""
    told = _arguments_told(text)
    inputs = {}
    for item in arguments:
        entry = _property(item, types, default=True)
        entry["description"] = _sentence(told[item.name])
        inputs[camel(item.name)] = entry
    if result.name:
        outputs = _object(result, types)
    else:
        members = {camel(item.name): _property(item, types) for item in result.members}
        outputs = {"type": "object", "properties": members, "required": list(members)}
    return {
        "description": re.split(r"\n\n(?:Args|Raises|Returns|Source):?", text)[0],
        "inputs": {
            "type": "object",
            "properties": inputs,
            "required": sorted(camel(item.name) for item in arguments if item.required),
        },
        "outputs": outputs,
    }


def _sentence(text: str) -> str:
    text = text.removesuffix("; or else").removesuffix(", or else")
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _arguments_told(text: str) -> dict[str, str]:
    """The words of the section `Args` of a docstring, by argument."""
    _, _, section = text.partition("Args:\n")
    section = section.split("\n\n")[0]
    entries = re.split(r"\n    (?=\w+: )", "\n" + section)
    pairs = (entry.partition(": ") for entry in entries if entry.strip())
    return {name.strip(): " ".join(rest.split()) for name, _, rest in pairs}


@cache
def _members_told(name: str) -> dict[str, str]:
    """The texts below the members of a result's class, by member."""
    for module in ("access", "drafts", "environments", "flows", "solutions"):
        kind = getattr(
            sys.modules.get(f"{(__package__ or '').rpartition('.')[0]}.functions.{module}"),
            f"Get{name}",
            None,
        )
        if kind is not None and is_typeddict(kind):
            body = ast.parse(inspect.getsource(kind)).body[0]
            assert isinstance(body, ast.ClassDef)
            found = {}
            for member, text in zip(body.body, body.body[1:], strict=False):
                if isinstance(member, ast.AnnAssign) and isinstance(text, ast.Expr):
                    assert isinstance(member.target, ast.Name)
                    found[member.target.id] = str(ast.literal_eval(text.value))
            return found
    return {}


if __name__ == "__main__":
    FILE.write_text(as_text(build_schema()), "utf-8")
