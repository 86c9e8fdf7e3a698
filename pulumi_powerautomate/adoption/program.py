"""
The text of a program: one module per flow and per connection reference, and what they share.

Modules of their own make a second adoption an addition of files: nothing that a person may have
edited is written again.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ..inputs.shares import ROLES
from ..requirement import requirement
from ..terminal import shown
from .inventory import FoundFlow, FoundReference, FoundShare

FLOWS = "flows"
REFERENCES = "connection_references"
SETTINGS = "stack_settings"
_WIDTH = 88
# What ends a line for Python's own tools, inside of a literal too, or turns the text around it.
_ENDS_A_LINE = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
)


MAIN = f'''"""The cloud flows of one environment; each flow has a module of its own."""

import {REFERENCES}  # noqa: F401
import {FLOWS}  # noqa: F401
'''

PACKAGE = '''"""Every module of this folder is loaded: a new file is a new resource."""

import importlib
import pkgutil

for _module in sorted(item.name for item in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
'''

STACK_SETTINGS = '''"""What differs between environments; `Pulumi.<stack>.yaml` holds it."""

import pulumi

import pulumi_powerautomate as powerautomate

_config = pulumi.Config()


def principal(key: str) -> powerautomate.Principal:
    """The user or team that is configured as `principal-KEY`: `user/ID` or `team/ID`."""
    kind, _, id_ = _config.require(f"principal-{key}").partition("/")
    return powerautomate.team(id_) if kind == "team" else powerautomate.user(id_)


def connection(key: str) -> str | None:
    """The name of the connection that is configured as `connection-KEY`, if one is."""
    return _config.get(f"connection-{key}")
'''


def requirements() -> str:
    """`requirements.txt`: the package by the place that it was installed from."""
    found = requirement()
    if found:
        return f"{found}\n"
    return (
        "# The package, by the path or address of its wheel or checkout:\n"
        "# pulumi-powerautomate @ file:///…/pulumi_powerautomate-….whl\n"
    )


def project_file(project: str, environment_url: str) -> str:
    """`Pulumi.yaml`."""
    description = f"Cloud flows of {environment_url}"
    return f"name: {json.dumps(project)}\ndescription: {json.dumps(description)}\nruntime: python\n"


def flow_module(
    name: str,
    file: str,
    found: FoundFlow,
    references: Mapping[str, Any],
    owner: str,
    shares: Sequence[tuple[str, str, FoundShare]],
    *,
    ignored: Mapping[str, str] | None = None,
    secret: bool = False,
) -> str:
    """
    The module of a flow.

    Args:
        name: the resource's name.
        file: path of its definition.
        references: its connection references as code, by the actions' key.
        owner: key of its owner in the stack's settings.
        shares: (resource name, key of the principal, share) each.
        ignored: the rules that are wrong about it, each with what it says.
        secret: whether the definition is a secret of the program.
    """
    live = found.live
    arguments = [("name", _text(live.name))]
    if live.description:
        arguments.append(("description", _long_text(live.description)))
    read = f"powerautomate.read_definition({_text(file)})"
    arguments.append(("definition", f"pulumi.Output.secret({read})" if secret else read))
    if references:
        arguments.append(("connection_references", _mapping(references)))
    arguments += [("state", _text(live.state)), ("owner", f"principal({_text(owner)})")]
    if found.solution:
        arguments.append(("solution", _text(found.solution)))
    arguments.append(("workflow_id", _text(live.workflow_id)))
    if ignored:
        arguments.append(("ignore", f"[{', '.join(map(_text, sorted(ignored)))}]"))
    uses = ["principal"]
    if any(isinstance(entry, Mapping) and isinstance(entry.get("connection_name"), Setting)
           for entry in references.values()):  # fmt: skip
        uses.insert(0, "connection")
    parts = [
        f"{_docstring(live.name)}\n\nfrom {SETTINGS} import {', '.join(uses)}\n\n"
        + ("import pulumi\n\n" if secret else "")
        + "import pulumi_powerautomate as powerautomate",
        _reasons(ignored or {}) + f"flow = {_call('CloudFlow', name, arguments)}",
    ]
    for share_name, key, share in shares:
        values = [
            ("flow_id", "flow.id"),
            ("principal", f"principal({_text(key)})"),
            ("access", _access(share.access)),
        ]
        parts.append(_call("FlowShare", share_name, values))
    return "\n\n".join(parts) + "\n"


def _reasons(ignored: Mapping[str, str]) -> str:
    """A comment for each rule that a flow ignores."""
    lines = [
        shown(f"{code}: {' '.join(text.split())} The flow is on, so the rule is wrong about it.")
        for code, text in sorted(ignored.items())
    ]
    return "".join(f"# {part}\n" for line in lines for part in textwrap.wrap(line, _WIDTH - 2))


def reference_module(found: FoundReference) -> str:
    """The module of a connection reference."""
    arguments = [("logical_name", _text(found.logical_name)), ("connector", _text(found.connector))]
    uses = ""
    if found.connection_id:
        arguments.append(("connection_id", f"connection({_text(found.logical_name)})"))
        uses = f"from {SETTINGS} import connection\n\n"
    if found.name:
        arguments.append(("display_name", _text(found.name)))
    if found.description:
        arguments.append(("description", _long_text(found.description)))
    return (
        f"{_docstring(found.name or found.logical_name)}\n\n"
        f"{uses}import pulumi_powerautomate as powerautomate\n\n"
        f"{_call('ConnectionReference', found.logical_name, arguments)}\n"
    )


class Setting(str):
    """The key of a connection in the stack's settings, where the program asks for its value."""


def _call(resource: str, name: str, arguments: Sequence[tuple[str, str]]) -> str:
    lines = [f"powerautomate.{resource}(", f"    {_text(name)},"]
    lines += [f"    {key}={textwrap.indent(value, '    ').lstrip()}," for key, value in arguments]
    return "\n".join([*lines, ")"])


def _mapping(values: Mapping[str, Any]) -> str:
    lines = ["{"]
    for key, value in values.items():
        shown = _mapping(value) if isinstance(value, Mapping) else _scalar(value)
        lines.append(f"    {_text(key)}: {textwrap.indent(shown, '    ').lstrip()},")
    return "\n".join([*lines, "}"])


def _scalar(value: Any) -> str:
    if isinstance(value, Setting):
        return f"connection({_text(value)})"
    return _text(value) if isinstance(value, str) else repr(value)


def _access(rights: Sequence[str]) -> str:
    role = next((name for name, found in ROLES.items() if tuple(rights) == found), None)
    return _text(role) if role else f"[{', '.join(map(_text, rights))}]"


def _text(value: str) -> str:
    """A string as Python reads it; JSON spells the same, but for what UTF-8 cannot hold."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return ascii(str(value))
    return _ENDS_A_LINE.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False)
    )


def _long_text(value: str) -> str:
    """A long string on several lines, cut after spaces and line ends."""
    whole = _text(value)
    if len(whole) <= _WIDTH:
        return whole
    pieces = [""]
    for word in _words(value):
        if pieces[-1] and len(pieces[-1]) + len(word) > _WIDTH - 12:
            pieces.append("")
        pieces[-1] += word
    return "\n".join(["(", *(f"    {_text(piece)}" for piece in pieces), ")"])


def _words(text: str) -> list[str]:
    words, current = [], ""
    for character in text:
        current += character
        if character in " \n":
            words.append(current)
            current = ""
    return [*words, current] if current else words


def _docstring(text: str) -> str:
    """A name as the first line of a module; one that a docstring cannot hold is a comment."""
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    line = "".join(filter(str.isprintable, line))
    plain = bool(line) and '"""' not in line and not line.endswith('"') and "\\" not in line
    return f'"""{line}"""' if plain else f"# {line}"
