"""
The text of a program in Python: a module per flow and connection reference, and what they share.

Modules of their own make a second adoption an addition of files: nothing that a person may have
edited is written again.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ..requirement import requirement
from .declaration import FLOWS, REFERENCES, FlowDeclaration, Setting
from .inventory import FoundReference
from .literals import access, one_line, quoted, reasons

SETTINGS = "stack_settings"
_WIDTH = 88
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


def flow_module(flow: FlowDeclaration) -> str:
    """The module of a flow."""
    live = flow.found.live
    arguments = [("name", quoted(live.name))]
    if live.description:
        arguments.append(("description", _long_text(live.description)))
    read = f"powerautomate.read_definition({quoted(flow.file)})"
    arguments.append(("definition", f"pulumi.Output.secret({read})" if flow.secret else read))
    if flow.references:
        arguments.append(("connection_references", _mapping(flow.references)))
    arguments += [("state", quoted(live.state)), ("owner", f"principal({quoted(flow.owner)})")]
    if flow.found.solution:
        arguments.append(("solution", quoted(flow.found.solution)))
    arguments.append(("workflow_id", quoted(live.workflow_id)))
    if flow.ignored:
        arguments.append(("ignore", f"[{', '.join(map(quoted, sorted(flow.ignored)))}]"))
    uses = ["principal"]
    if flow.connections:
        uses.insert(0, "connection")
    parts = [
        f"{_docstring(live.name)}\n\nfrom {SETTINGS} import {', '.join(uses)}\n\n"
        + ("import pulumi\n\n" if flow.secret else "")
        + "import pulumi_powerautomate as powerautomate",
        "".join(f"# {line}\n" for line in reasons(flow.ignored, _WIDTH - 2))
        + f"flow = {_call('CloudFlow', flow.name, arguments)}",
    ]
    for share_name, key, share in flow.shares:
        values = [
            ("flow_id", "flow.id"),
            ("principal", f"principal({quoted(key)})"),
            ("access", access(share.access)),
        ]
        parts.append(_call("FlowShare", share_name, values))
    return "\n\n".join(parts) + "\n"


def reference_module(found: FoundReference) -> str:
    """The module of a connection reference."""
    arguments = [
        ("logical_name", quoted(found.logical_name)),
        ("connector", quoted(found.connector)),
    ]
    uses = ""
    if found.connection_id:
        arguments.append(("connection_id", f"connection({quoted(found.logical_name)})"))
        uses = f"from {SETTINGS} import connection\n\n"
    if found.name:
        arguments.append(("display_name", quoted(found.name)))
    if found.description:
        arguments.append(("description", _long_text(found.description)))
    return (
        f"{_docstring(found.name or found.logical_name)}\n\n"
        f"{uses}import pulumi_powerautomate as powerautomate\n\n"
        f"{_call('ConnectionReference', found.logical_name, arguments)}\n"
    )


def _call(resource: str, name: str, arguments: Sequence[tuple[str, str]]) -> str:
    lines = [f"powerautomate.{resource}(", f"    {quoted(name)},"]
    lines += [f"    {key}={textwrap.indent(value, '    ').lstrip()}," for key, value in arguments]
    return "\n".join([*lines, ")"])


def _mapping(values: Mapping[str, Any]) -> str:
    lines = ["{"]
    for key, value in values.items():
        shown = _mapping(value) if isinstance(value, Mapping) else _scalar(value)
        lines.append(f"    {quoted(key)}: {textwrap.indent(shown, '    ').lstrip()},")
    return "\n".join([*lines, "}"])


def _scalar(value: Any) -> str:
    if isinstance(value, Setting):
        return f"connection({quoted(value)})"
    return quoted(value) if isinstance(value, str) else repr(value)


def _long_text(value: str) -> str:
    """A long string on several lines, cut after spaces and line ends."""
    whole = quoted(value)
    if len(whole) <= _WIDTH:
        return whole
    pieces = [""]
    for word in _words(value):
        if pieces[-1] and len(pieces[-1]) + len(word) > _WIDTH - 12:
            pieces.append("")
        pieces[-1] += word
    return "\n".join(["(", *(f"    {quoted(piece)}" for piece in pieces), ")"])


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
    line = one_line(text)
    plain = bool(line) and '"""' not in line and not line.endswith('"') and "\\" not in line
    return f'"""{line}"""' if plain else f"# {line}"
