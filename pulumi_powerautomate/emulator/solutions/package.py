"""
Solution packages: the zip, its manifest and its parts, as they are read.

Source: the layout of exported solutions (solution.xml, customizations.xml, Workflows/*.json,
environmentvariabledefinitions/*), as public packages have it.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ..responses import ServiceError

MANIFEST = "solution.xml"
CUSTOMIZATIONS = "customizations.xml"
VARIABLES = "environmentvariabledefinitions/"
_CONTENT_TYPES = "[Content_Types].xml"
_DEFINITION = "environmentvariabledefinition.xml"
_VALUES = "environmentvariablevalues.json"
_PACKAGE_VERSION = "9.2"

# Element of a Workflow by column of its row; what else an element has is kept as it is.
FLOW_NUMBERS = {
    "Type": "type",
    "Category": "category",
    "Mode": "mode",
    "Scope": "scope",
    "ModernFlowType": "modernflowtype",
}


@dataclass
class PackagedFlow:
    """One process of a package; `clientdata` is None for those that are not cloud flows."""

    id: str
    name: str
    element: Element
    clientdata: str | None

    @property
    def was_on(self) -> bool:
        """Whether it was on when it was exported."""
        return self.element.findtext("StateCode") == "1"

    @property
    def category(self) -> int:
        """5 for cloud flows."""
        return int(self.element.findtext("Category") or 0)


@dataclass
class Package:
    """Contents of a package."""

    parts: dict[str, bytes]
    manifest: Element
    customizations: Element
    flows: list[PackagedFlow] = field(default_factory=list)
    references: list[dict[str, Any]] = field(default_factory=list)
    variables: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)

    @property
    def unique_name(self) -> str:
        """The solution's unique name."""
        return self.manifest.findtext("UniqueName") or ""

    @property
    def version(self) -> str:
        """The solution's version, four numbers."""
        return self.manifest.findtext("Version") or "1.0.0.0"

    @property
    def managed(self) -> bool:
        """Whether it installs as managed; 2 stands for both."""
        return self.manifest.findtext("Managed") == "1"

    @property
    def friendly_name(self) -> str:
        """Display name."""
        return _localized(self.manifest) or self.unique_name

    @property
    def publisher(self) -> dict[str, Any]:
        """The publisher's row."""
        found = self.manifest.find("Publisher")
        if found is None:
            raise broken("The solution manifest names no publisher.")
        return {
            "uniquename": found.findtext("UniqueName") or "",
            "friendlyname": _localized(found) or found.findtext("UniqueName") or "",
            "customizationprefix": found.findtext("CustomizationPrefix") or "new",
            "customizationoptionvalueprefix": int(
                found.findtext("CustomizationOptionValuePrefix") or 10000
            ),
        }

    @property
    def roots(self) -> list[tuple[int, str]]:
        """Type and id (or schema name) of each root component."""
        found = self.manifest.iterfind("RootComponents/RootComponent")
        return [
            (
                int(item.get("type") or 0),
                (item.get("id") or item.get("schemaName") or "").strip("{}"),
            )
            for item in found
        ]

    @property
    def required(self) -> list[dict[str, str]]:
        """Components of other solutions that this one needs."""
        return [
            dict(item.attrib) for item in self.manifest.iterfind("MissingDependencies/*/Required")
        ]


def read(data: bytes) -> Package:
    """Take a package apart; what is no package is refused as the service refuses it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist()}
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError):
        raise ServiceError(
            400, "0x80048495", "The solution file is invalid. The compressed file is not valid."
        ) from None
    for name in (MANIFEST, CUSTOMIZATIONS, _CONTENT_TYPES):
        if name not in parts:
            raise broken(
                "The compressed file must contain the following files at its root: solution.xml, "
                "customizations.xml, and [Content_Types].xml."
            )
    manifest = _xml(parts[MANIFEST], MANIFEST).find("SolutionManifest")
    if manifest is None:
        raise broken("The solution manifest is missing.")
    package = Package(parts, manifest, _xml(parts[CUSTOMIZATIONS], CUSTOMIZATIONS))
    package.flows = [
        _flow(element, parts) for element in package.customizations.iterfind("Workflows/Workflow")
    ]
    package.references = [
        _reference(element)
        for element in package.customizations.iterfind("connectionreferences/connectionreference")
    ]
    for name, content in parts.items():
        if name.startswith(VARIABLES) and name.endswith(_DEFINITION):
            package.variables.append(_variable(_xml(content, name)))
        elif name.startswith(VARIABLES) and name.endswith(_VALUES):
            package.values += _values(content, name.split("/")[1])
    return package


def broken(detail: str) -> ServiceError:
    """A package the service cannot read."""
    return ServiceError(400, "0x80048066", f"The solution package is invalid. {detail}")


def _flow(element: Element, parts: dict[str, bytes]) -> PackagedFlow:
    file = (element.findtext("JsonFileName") or "").lstrip("/")
    clientdata = None
    if file:
        if file not in parts:
            raise broken(f"The file {file} is missing.")
        clientdata = parts[file].decode("utf-8-sig")
    workflow_id = (element.get("WorkflowId") or "").strip("{}").lower()
    return PackagedFlow(workflow_id, element.get("Name") or "", element, clientdata)


def _reference(element: Element) -> dict[str, Any]:
    return {
        "connectionreferencelogicalname": element.get("connectionreferencelogicalname") or "",
        "connectionreferencedisplayname": element.findtext("connectionreferencedisplayname") or "",
        "connectorid": element.findtext("connectorid"),
        "description": element.findtext("description"),
    }


def _variable(element: Element) -> dict[str, Any]:
    shown = element.find("displayname")
    return {
        "schemaname": element.get("schemaname") or "",
        "displayname": shown.get("default") if shown is not None else None,
        "type": int(element.findtext("type") or 100_000_000),
        "defaultvalue": element.findtext("defaultvalue"),
        "isrequired": element.findtext("isrequired") == "1",
        "apiid": element.findtext("apiid"),
        "parameterkey": element.findtext("parameterkey"),
        "secretstore": int(element.findtext("secretstore") or 0),
        "introducedversion": element.findtext("introducedversion"),
    }


def _values(content: bytes, schema_name: str) -> list[dict[str, Any]]:
    found = json.loads(content.decode("utf-8-sig"))["environmentvariablevalues"]
    items = found.get("environmentvariablevalue") or []
    return [
        {
            "environmentvariablevalueid": item.get("@environmentvariablevalueid"),
            "schemaname": item.get("schemaname", {}).get("#text") or schema_name
            if isinstance(item.get("schemaname"), dict)
            else schema_name,
            "value": item.get("value"),
        }
        for item in (items if isinstance(items, list) else [items])
    ]


def _xml(content: bytes, name: str) -> Element:
    if b"<!DOCTYPE" in content:
        raise broken(f"{name} has a document type declaration.")
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError:
        raise broken(f"{name} is not XML.") from None


def _localized(element: Element) -> str:
    found = element.find("LocalizedNames/LocalizedName")
    return (found.get("description") or "") if found is not None else ""
