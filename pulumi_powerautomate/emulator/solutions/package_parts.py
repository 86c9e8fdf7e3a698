"""The parts of a solution package, as they are written."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from .package import VARIABLES

_DEFINITION = "environmentvariabledefinition.xml"
_VALUES = "environmentvariablevalues.json"
_PACKAGE_VERSION = "9.2"


def write(parts: dict[str, bytes]) -> bytes:
    """The zip of these parts, with the time of writing in it, as the service's have."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def text_of(element: Element) -> bytes:
    """An XML part as the service writes them."""
    ElementTree.indent(element)
    return bytes(ElementTree.tostring(element, encoding="utf-8"))


def variable_path(schema_name: str) -> str:
    """Where a variable's definition lies."""
    return f"{VARIABLES}{schema_name}/{_DEFINITION}"


def values_path(schema_name: str) -> str:
    """Where a variable's value lies."""
    return f"{VARIABLES}{schema_name}/{_VALUES}"


def new_manifest(solution: dict[str, Any], publisher: dict[str, Any]) -> Element:
    """The manifest of a solution that never was in a package."""
    root = Element(
        "ImportExportXml",
        {
            "version": "9.2.24121.198",
            "SolutionPackageVersion": _PACKAGE_VERSION,
            "languagecode": "1033",
            "generatedBy": "CrmLive",
        },
    )
    manifest = ElementTree.SubElement(root, "SolutionManifest")
    _add(manifest, "UniqueName", solution["uniquename"])
    _add_localized(manifest, solution["friendlyname"])
    _add(manifest, "Descriptions")
    _add(manifest, "Version", solution["version"])
    _add(manifest, "Managed", "0")
    inner = _add(manifest, "Publisher")
    _add(inner, "UniqueName", publisher["uniquename"])
    _add_localized(inner, publisher["friendlyname"])
    _add(inner, "Descriptions")
    _add(inner, "CustomizationPrefix", publisher["customizationprefix"])
    _add(inner, "CustomizationOptionValuePrefix", str(publisher["customizationoptionvalueprefix"]))
    _add(inner, "Addresses")
    _add(manifest, "RootComponents")
    _add(manifest, "MissingDependencies")
    return root


def new_customizations() -> Element:
    """Customizations with nothing in them."""
    root = Element("ImportExportXml")
    for name in ("Entities", "Roles", "Workflows", "FieldSecurityProfiles", "Templates",
                 "EntityMaps", "OrganizationSettings", "optionsets", "CustomControls",
                 "EntityDataProviders", "connectionreferences"):  # fmt: skip
        _add(root, name)
    _add(_add(root, "Languages"), "Language", "1033")
    return root


def new_flow(row: dict[str, Any]) -> Element:
    """The element of a flow that never was in a package."""
    element = Element("Workflow", {"WorkflowId": f"{{{row['workflowid']}}}", "Name": row["name"]})
    letters = "".join(character for character in row["name"] if character.isalnum())
    _add(element, "JsonFileName", f"/Workflows/{letters}-{row['workflowid'].upper()}.json")
    for name, value in (
        ("Type", 1), ("Subprocess", 0), ("Category", 5), ("Mode", 0), ("Scope", 4), ("OnDemand", 0),
        ("TriggerOnCreate", 0), ("TriggerOnDelete", 0), ("AsyncAutodelete", 0),
        ("SyncWorkflowLogOnFailure", 0), ("StateCode", 0), ("StatusCode", 1), ("RunAs", 1),
        ("IsTransacted", 1), ("IntroducedVersion", "1.0.0.0"), ("IsCustomizable", 1),
        ("BusinessProcessType", 0), ("IsCustomProcessingStepAllowedForOtherPublishers", 1),
        ("ModernFlowType", 0), ("PrimaryEntity", "none"),
    ):  # fmt: skip
        _add(element, name, str(value))
    _add_localized(element, row["name"])
    return element


def reference_element(row: dict[str, Any]) -> Element:
    """The element of a connection reference; its connection stays where it is."""
    name = row["connectionreferencelogicalname"]
    element = Element("connectionreference", {"connectionreferencelogicalname": name})
    _add(element, "connectionreferencedisplayname", row["connectionreferencedisplayname"] or "")
    _add(element, "connectorid", row["connectorid"] or "")
    if row.get("description"):
        _add(element, "description", row["description"])
    for column, value in (("iscustomizable", 1), ("promptingbehavior", 0), ("statecode", 0),
                          ("statuscode", 1)):  # fmt: skip
        _add(element, column, str(value))
    return element


def variable_element(row: dict[str, Any]) -> Element:
    """The document of an environment variable's definition."""
    element = Element("environmentvariabledefinition", {"schemaname": row["schemaname"]})
    for column in ("apiid", "defaultvalue"):
        if row.get(column):
            _add(element, column, row[column])
    shown = _add(element, "displayname")
    shown.set("default", row["displayname"] or row["schemaname"])
    label = {"description": row["displayname"] or row["schemaname"], "languagecode": "1033"}
    ElementTree.SubElement(shown, "label", label)
    _add(element, "introducedversion", row.get("introducedversion") or "1.0.0.0")
    _add(element, "iscustomizable", "1")
    _add(element, "isrequired", "1" if row.get("isrequired") else "0")
    if row.get("parameterkey"):
        _add(element, "parameterkey", row["parameterkey"])
    _add(element, "secretstore", str(row.get("secretstore") or 0))
    _add(element, "type", str(row["type"]))
    return element


def values_text(row: dict[str, Any]) -> bytes:
    """The document of an environment variable's value."""
    value = {
        "@environmentvariablevalueid": row["environmentvariablevalueid"],
        "iscustomizable": "1",
        "value": row["value"] or "",
    }
    whole = {"environmentvariablevalues": {"environmentvariablevalue": value}}
    return json.dumps(whole, indent=2, ensure_ascii=False).replace("\n", "\r\n").encode()


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    child = ElementTree.SubElement(parent, name)
    child.text = text
    return child


def _add_localized(parent: Element, text: str) -> None:
    attributes = {"description": text, "languagecode": "1033"}
    ElementTree.SubElement(_add(parent, "LocalizedNames"), "LocalizedName", attributes)
