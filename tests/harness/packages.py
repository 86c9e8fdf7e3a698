"""Solution packages for tests, made part by part."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pulumi_powerautomate.solution.zip import zipped
from tests.harness.definitions import hourly

CONNECTORS = "/providers/Microsoft.PowerApps/apis/"
FIRST = "a0000000-0000-4000-8000-000000000001"
SECOND = "a0000000-0000-4000-8000-000000000002"


@dataclass
class FlowPart:
    """A flow of a package."""

    id: str = FIRST
    name: str = "First"
    definition: dict[str, Any] = field(default_factory=hourly)
    references: dict[str, Any] = field(default_factory=dict)
    on: bool = True


def package(
    path: Path,
    *flows: FlowPart,
    name: str = "Contoso",
    version: str = "1.0.0.0",
    managed: bool = False,
    references: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    requires: Sequence[str | Mapping[str, str]] = (),
) -> Path:
    """
    Write a package; `references` are connectors by logical name, `variables` are values.

    `requires` are missing dependencies: attributes of each, or the solution of a table.
    """
    parts: dict[str, bytes] = {"[Content_Types].xml": b"<Types/>"}
    elements, roots = "", ""
    for flow in flows:
        file = f"Workflows/{flow.name}-{flow.id.upper()}.json"
        properties = {"connectionReferences": flow.references, "definition": flow.definition}
        document = {"properties": properties, "schemaVersion": "1.0.0.0"}
        parts[file] = json.dumps(document, indent=2).replace("\n", "\r\n").encode()
        state = "<StateCode>1</StateCode><StatusCode>2</StatusCode>"
        if not flow.on:
            state = "<StateCode>0</StateCode><StatusCode>1</StatusCode>"
        elements += (
            f'<Workflow WorkflowId="{{{flow.id}}}" Name={quoteattr(flow.name)}>'
            f"<JsonFileName>/{escape(file)}</JsonFileName><Type>1</Type><Category>5</Category>"
            f"<Mode>0</Mode><Scope>4</Scope>{state}<PrimaryEntity>none</PrimaryEntity></Workflow>"
        )
        roots += f'<RootComponent type="29" id="{{{flow.id}}}" behavior="0" />'
    bound = "".join(
        f"<connectionreference connectionreferencelogicalname={quoteattr(logical)}>"
        f"<connectionreferencedisplayname>{logical}</connectionreferencedisplayname>"
        f"<connectorid>{CONNECTORS}{connector}</connectorid></connectionreference>"
        for logical, connector in (references or {}).items()
    )
    for schema, value in (variables or {}).items():
        folder = f"environmentvariabledefinitions/{schema}"
        parts[f"{folder}/environmentvariabledefinition.xml"] = (
            f'<environmentvariabledefinition schemaname="{schema}">'
            f'<defaultvalue>{escape(value)}</defaultvalue><displayname default="{schema}"/>'
            "<isrequired>0</isrequired><type>100000000</type></environmentvariabledefinition>"
        ).encode()
    missing = "".join(
        f"<MissingDependency><Required {_attributes(item)} />"
        '<Dependent type="29" /></MissingDependency>'
        for item in requires
    )
    parts["customizations.xml"] = (
        f"<ImportExportXml><Workflows>{elements}</Workflows>"
        f"<connectionreferences>{bound}</connectionreferences></ImportExportXml>"
    ).encode()
    parts["solution.xml"] = (
        f"<ImportExportXml><SolutionManifest><UniqueName>{name}</UniqueName><LocalizedNames>"
        f'<LocalizedName description="{name}" languagecode="1033" /></LocalizedNames>'
        f"<Version>{version}</Version><Managed>{int(managed)}</Managed><Publisher><UniqueName>"
        "contoso</UniqueName><CustomizationPrefix>contoso</CustomizationPrefix>"
        "<CustomizationOptionValuePrefix>10001</CustomizationOptionValuePrefix></Publisher>"
        f"<RootComponents>{roots}</RootComponents><MissingDependencies>{missing}"
        "</MissingDependencies></SolutionManifest></ImportExportXml>"
    ).encode()
    path.write_bytes(zipped(parts))
    return path


def _attributes(required: str | Mapping[str, str]) -> str:
    given = required
    if isinstance(given, str):
        given = {"type": "1", "displayName": "Thing", "solution": given}
    return " ".join(f"{key}={quoteattr(value)}" for key, value in given.items())
