"""The text of a program in TypeScript: a module per flow and connection reference."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from .declaration import FLOWS, REFERENCES, FlowDeclaration, ReferenceDeclaration, Setting
from .literals import access, one_line, quoted, reasons

SETTINGS = "stack_settings"
# The library that Pulumi generates from the schema, and where `pulumi package add` writes it.
LIBRARY = "pulumi-powerautomate"
_LIBRARY_FOLDER = "sdks/powerautomate"
_WIDTH = 88
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_LIBRARY_IMPORT = f'import * as powerautomate from "{LIBRARY}";\n'

MAIN = f"""\
// The cloud flows of one environment; each flow has a module of its own.
import "./{REFERENCES}";
import "./{FLOWS}";
"""

INDEX = "// Every module of this folder that is part of the program.\n"

STACK_SETTINGS = f"""\
// What differs between environments; `Pulumi.<stack>.yaml` holds it.
import * as pulumi from "@pulumi/pulumi";

{_LIBRARY_IMPORT}
const config = new pulumi.Config();

/** The user or team that is configured as `principal-KEY`: `user/ID` or `team/ID`. */
export function principal(key: string): powerautomate.types.input.PrincipalArgs {{
    const [type, id] = config.require(`principal-${{key}}`).split("/");
    return {{ type, id }};
}}

/** The name of the connection that is configured as `connection-KEY`, if one is. */
export function connection(key: string): string | undefined {{
    return config.get(`connection-${{key}}`);
}}
"""

TSCONFIG = """\
{
    "compilerOptions": {
        "strict": true,
        "outDir": "bin",
        "target": "es2020",
        "module": "commonjs",
        "moduleResolution": "node",
        "skipLibCheck": true
    },
    "files": ["index.ts"]
}
"""


class Code(str):
    """A value that is written as it stands."""


def package_file(project: str) -> str:
    """`package.json`; the library in it is what `pulumi package add` writes."""
    package = {
        "name": project.lower(),
        "private": True,
        "main": "index.ts",
        "dependencies": {"@pulumi/pulumi": "^3.259.0", LIBRARY: f"file:{_LIBRARY_FOLDER}"},
        "devDependencies": {"@types/node": "^20.19.0", "typescript": "^5.8.3"},
    }
    return json.dumps(package, indent=4) + "\n"


def import_line(place: str) -> str:
    """The line of a folder's index for a module in it."""
    return f'import "./{PurePosixPath(place).stem}";\n'


def flow_module(flow: FlowDeclaration, references: Mapping[str, str], needs: Sequence[str]) -> str:
    """
    The module of a flow.

    Args:
        references: places of the program's connection references, by logical name.
        needs: places of the flows that it calls.
    """
    named = {name: _named(entry, references) for name, entry in flow.references.items()}
    used = sorted({name for entry in named.values() if (name := _reference_in(entry))})
    read = f'fs.readFileSync({quoted(flow.file)}, "utf8")'
    values = flow.properties(
        definition=Code(f"pulumi.secret({read})" if flow.secret else read),
        references=named,
        owner=Code(f"principal({quoted(flow.owner)})"),
    )
    if flow.ignored:
        values["ignore"] = Code(f"[{', '.join(map(quoted, sorted(flow.ignored)))}]")
    imports = [
        _import("reference", _constant(place, "Reference"), f"../{_module(place)}")
        for place in used
    ]
    imports += [
        _import("flow", _constant(place, "Flow"), f"./{_module(place, FLOWS)}") for place in needs
    ]
    return _flow_head(flow, imports) + _flow_body(flow, values, needs)


def _flow_head(flow: FlowDeclaration, imports: Sequence[str]) -> str:
    settings = ["connection"] if flow.connections else []
    settings.append("principal")
    head = f'// {one_line(flow.found.live.name)}\nimport * as fs from "fs";\n\n'
    if flow.secret:
        head += 'import * as pulumi from "@pulumi/pulumi";\n\n'
    head += _LIBRARY_IMPORT + "\n"
    head += f'import {{ {", ".join(settings)} }} from "../{SETTINGS}";\n' + "".join(imports)
    return f"{head}\n"


def _flow_body(flow: FlowDeclaration, values: Mapping[str, Any], needs: Sequence[str]) -> str:
    body = "".join(f"// {line}\n" for line in reasons(flow.ignored, _WIDTH - 3))
    called = ", ".join(_constant(place, "Flow") for place in needs)
    options = f", {{ dependsOn: [{called}] }}" if needs else ""
    parts = [f"{body}export const flow = {_new('CloudFlow', flow.name, values, options)}"]
    for name, principal, share in flow.shares:
        shared = {
            "flowId": Code("flow.workflowId"),
            "principal": Code(f"principal({quoted(principal)})"),
            "access": Code(access(share.access)),
        }
        parts.append(_new("FlowShare", name, shared))
    return "\n".join(parts)


def reference_module(reference: ReferenceDeclaration) -> str:
    """The module of a connection reference."""
    found = reference.found
    values: dict[str, Any] = {"logicalName": found.logical_name, "connector": found.connector}
    settings = ""
    if found.connection_id:
        values["connectionId"] = Code(f"connection({quoted(reference.setting)})")
        settings = f'import {{ connection }} from "../{SETTINGS}";\n\n'
    if found.name:
        values["displayName"] = found.name
    if found.description:
        values["description"] = found.description
    made = _new("ConnectionReference", found.logical_name, values)
    title = one_line(found.name or found.logical_name)
    return f"// {title}\n{_LIBRARY_IMPORT}\n{settings}export const reference = {made}"


def _new(kind: str, name: str, values: Mapping[str, Any], options: str = "") -> str:
    lines = [f"    {key}: {_value(value, '    ')},\n" for key, value in values.items()]
    return f"new powerautomate.{kind}({quoted(name)}, {{\n{''.join(lines)}}}{options});\n"


def _named(entry: Any, references: Mapping[str, str]) -> Any:
    """A connection reference of a flow, by the resource that the program has for it."""
    name = entry if isinstance(entry, str) else entry.get("logical_name")
    if name not in references:
        return entry
    code = _Reference(f"{_constant(references[name], 'Reference')}.logicalName")
    code.place = references[name]
    return code if isinstance(entry, str) else {**entry, "logical_name": code}


class _Reference(Code):
    """The logical name of a connection reference that another module declares."""

    place: str


def _reference_in(entry: Any) -> str:
    code = entry.get("logical_name") if isinstance(entry, Mapping) else entry
    return code.place if isinstance(code, _Reference) else ""


def _import(exported: str, constant: str, module: str) -> str:
    return f'import {{ {exported} as {constant} }} from "{module}";\n'


def _module(place: str, folder: str = "") -> str:
    return str(PurePosixPath(place).with_suffix("").relative_to(folder))


def _constant(place: str, kind: str) -> str:
    """A name for the resource of another module."""
    head, *tail = PurePosixPath(place).stem.split("_")
    parts = (part.capitalize() if part[:1].isalpha() else f"_{part}" for part in tail)
    return f"{head}{''.join(parts)}{kind}"


def _value(value: Any, indent: str) -> str:
    if isinstance(value, Code):
        return value
    if isinstance(value, Setting):
        return f"connection({quoted(value)})"
    if isinstance(value, Mapping):
        lines = [f"{indent}    {_key(key)}: {_value(item, f'{indent}    ')},\n"
                 for key, item in value.items()]  # fmt: skip
        return f"{{\n{''.join(lines)}{indent}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(item, indent) for item in value)}]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def _key(name: str) -> str:
    return name if _IDENTIFIER.fullmatch(name) and name != "__proto__" else f"[{quoted(name)}]"
