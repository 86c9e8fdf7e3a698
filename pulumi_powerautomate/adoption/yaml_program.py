"""The text of a program in YAML: entries of `config:`, `variables:` and `resources:`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from .declaration import FlowDeclaration, ReferenceDeclaration, Setting
from .literals import access, quoted, reasons

_WIDTH = 88
# What YAML takes for the text that it is, whoever reads it, among the values that are written here.
_PLAIN = re.compile(r"(?!(?:on|off|yes|no|true|false|null|y|n)$)[A-Za-z_][A-Za-z0-9_-]*", re.I)
_NOT_IN_KEYS = re.compile(r"[^A-Za-z0-9_-]")
# Beginnings of the keys of configuration and variables, which share their names with resources.
_SETTINGS = ("principal-", "connection-", "who-")


class Symbol(str):
    """A text that is written as it stands: an expression, `${…}`, or a function's name."""


def setting_key(name: str) -> str:
    """A name as a key that an expression and a project's configuration can name."""
    return _NOT_IN_KEYS.sub("-", name)


def resource_key(name: str, kind: str) -> str:
    """The key of a resource; where it is not the name, the resource says its name."""
    key = setting_key(name)
    return f"{kind}-{key}" if key.startswith(_SETTINGS) or key == "pulumi" else key


def principal_variable(key: str) -> str:
    """The variable that holds a user or team of the stack's settings."""
    return f"who-{key}"


def config_entry(key: str) -> str:
    """The declaration of a text in the stack's settings."""
    return f"{key}: {{ type: string }}\n"


def principal_entry(key: str) -> str:
    """The variable for a user or team, which the settings have as `user/ID` or `team/ID`."""
    parts = f'{{ "fn::split": ["/", "${{principal-{key}}}"] }}'
    return (
        f"{principal_variable(key)}:\n"
        f'  type: {{ "fn::select": [0, {parts}] }}\n'
        f'  id: {{ "fn::select": [1, {parts}] }}\n'
    )


def flow_entry(
    key: str, flow: FlowDeclaration, references: Mapping[str, str], needs: Sequence[str]
) -> str:
    """
    A flow with its shares.

    Args:
        key: key of its resource.
        references: keys of the program's connection references, by logical name.
        needs: keys of the flows that it calls.
    """
    read: dict[str, Any] = {Symbol("fn::readFile"): Symbol(flow.file)}
    values = flow.properties(
        definition={Symbol("fn::secret"): read} if flow.secret else read,
        references={name: _named(entry, references) for name, entry in flow.references.items()},
        owner=Symbol(f"${{{principal_variable(flow.owner)}}}"),
    )
    more = "".join(f"    # {line}\n" for line in reasons(flow.ignored, _WIDTH - 10))
    if flow.ignored:
        more += f"    ignore: [{', '.join(map(quoted, sorted(flow.ignored)))}]\n"
    if needs:
        called = ", ".join(f'"${{{need}}}"' for need in needs)
        more += f"  options:\n    dependsOn: [{called}]\n"
    return _resource(key, "CloudFlow", flow.name, values) + more


def share_entry(key: str, name: str, flow: str, principal: str, rights: Sequence[str]) -> str:
    """A share of the flow with a key."""
    values = {
        "flowId": Symbol(f"${{{flow}.workflowId}}"),
        "principal": Symbol(f"${{{principal_variable(principal)}}}"),
    }
    return _resource(key, "FlowShare", name, values) + f"    access: {access(rights)}\n"


def reference_entry(key: str, reference: ReferenceDeclaration) -> str:
    """A connection reference."""
    found = reference.found
    values: dict[str, Any] = {"logicalName": found.logical_name, "connector": found.connector}
    if found.connection_id:
        values["connectionId"] = Symbol(f"${{connection-{reference.setting}}}")
    if found.name:
        values["displayName"] = found.name
    if found.description:
        values["description"] = found.description
    return _resource(key, "ConnectionReference", found.logical_name, values)


def _resource(key: str, kind: str, name: str, values: Mapping[str, Any]) -> str:
    lines = [f"{key}:", f"  type: powerautomate:index:{kind}"]
    if key != name:
        lines.append(f"  name: {_text(name)}")
    return "\n".join([*lines, "  properties:", *_mapping(values, "    ")]) + "\n"


def _named(entry: Any, references: Mapping[str, str]) -> Any:
    """A connection reference of a flow, by the resource that the program has for it."""
    name = entry if isinstance(entry, str) else entry.get("logical_name")
    if name not in references:
        return entry
    symbol = Symbol(f"${{{references[name]}.logicalName}}")
    return symbol if isinstance(entry, str) else {**entry, "logical_name": symbol}


def _mapping(values: Mapping[str, Any], indent: str) -> list[str]:
    lines = []
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            lines += [f"{indent}{_text(key)}:", *_mapping(value, f"{indent}  ")]
        else:
            lines.append(f"{indent}{_text(key)}: {_value(value)}")
    return lines


def _value(value: Any) -> str:
    if isinstance(value, Setting):
        return f'"${{connection-{value}}}"'
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_text(key)}: {_value(item)}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    """A text that is no expression, whatever it holds."""
    if isinstance(value, Symbol) or _PLAIN.fullmatch(value):
        return value
    if "${" in value or "$$" in value:
        value = value.replace("$", "$$")
    return quoted(value)
