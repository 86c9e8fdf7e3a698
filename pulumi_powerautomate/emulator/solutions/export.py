"""
The contents of a solution, as a package.

Parts that the emulator does not model (tables, apps, roles) are given back as they were imported;
flows, connection references and environment variables are written from the rows they are now.
"""

from __future__ import annotations

import base64
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ..environment import Environment
from ..responses import ServiceError
from ..store import Row
from . import package as packages
from . import package_parts
from .components import WORKFLOW_COMPONENT

_CONTENT_TYPES = (
    '\ufeff<?xml version="1.0" encoding="utf-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/octet-stream" />'
    '<Default Extension="json" ContentType="application/octet-stream" /></Types>'
)


def export(environment: Environment, unique_name: str, *, managed: bool) -> bytes:
    """The package of an unmanaged solution."""
    solution = environment.store.find("solution", uniquename=unique_name)
    if solution is None:
        raise ServiceError(
            400, "0x80040217", f"The solution with name {unique_name} does not exist."
        )
    if unique_name in ("Default", "Active"):
        raise ServiceError(400, "0x80048048", "The default solution cannot be exported.")
    if solution["ismanaged"]:
        raise ServiceError(
            400, "0x80048036", f"The solution {unique_name} is managed and cannot be exported."
        )
    parts, manifest, customizations = _ground(environment, solution)
    members = environment.store.select(
        "solutioncomponent", _solutionid_value=solution["solutionid"]
    )
    ids = {member["objectid"] for member in members}
    inner = manifest.find("SolutionManifest")
    assert inner is not None
    _set(inner, "Version", solution["version"])
    _set(inner, "Managed", "1" if managed else "0")
    flows = [row for row in environment.store.all("workflow") if row["workflowid"] in ids]
    _write_flows(parts, customizations, flows)
    _write_roots(inner, flows)
    _write_references(environment, customizations, ids)
    _write_variables(environment, parts, ids)
    parts[packages.MANIFEST] = package_parts.text_of(manifest)
    parts[packages.CUSTOMIZATIONS] = package_parts.text_of(customizations)
    return package_parts.write(parts)


def _ground(environment: Environment, solution: Row) -> tuple[dict[str, bytes], Element, Element]:
    """The package the solution came from, or an empty one."""
    installed = environment.store.get("installed", solution["solutionid"])
    if installed is not None:
        kept = environment.store.get("package", installed["package"])
        assert kept is not None
        read = packages.read(base64.b64decode(kept["data"]))
        whole = ElementTree.fromstring(read.parts[packages.MANIFEST])
        return dict(read.parts), whole, read.customizations
    publisher = environment.store.get("publisher", solution["_publisherid_value"]) or {}
    parts = {"[Content_Types].xml": _CONTENT_TYPES.encode()}
    manifest = package_parts.new_manifest(solution, publisher)
    return parts, manifest, package_parts.new_customizations()


def _write_flows(parts: dict[str, bytes], customizations: Element, flows: list[Row]) -> None:
    section = _section(customizations, "Workflows")
    before = {(element.get("WorkflowId") or "").strip("{}").lower(): element for element in section}
    for element in list(section):
        section.remove(element)
    for identity, element in before.items():
        if identity not in {row["workflowid"] for row in flows}:
            for file in ("JsonFileName", "XamlFileName"):
                parts.pop((element.findtext(file) or "").lstrip("/"), None)
    for row in flows:
        known = before.get(row["workflowid"])
        element = package_parts.new_flow(row) if known is None else known
        element.set("Name", row["name"])
        _set(element, "StateCode", str(row["statecode"]))
        _set(element, "StatusCode", str(row["statuscode"]))
        file = (element.findtext("JsonFileName") or "").lstrip("/")
        if file and row["clientdata"] is not None:
            parts[file] = row["clientdata"].encode()
        section.append(element)


def _write_roots(manifest: Element, flows: list[Row]) -> None:
    section = _section(manifest, "RootComponents")
    kept = {row["workflowid"] for row in flows}
    kind = str(WORKFLOW_COMPONENT)
    known = set()
    for element in list(section):
        identity = (element.get("id") or "").strip("{}").lower()
        if element.get("type") == kind and identity not in kept:
            section.remove(element)
        known.add(identity)
    for row in flows:
        if row["workflowid"] not in known:
            attributes = {"type": kind, "id": f"{{{row['workflowid']}}}", "behavior": "0"}
            ElementTree.SubElement(section, "RootComponent", attributes)


def _write_references(environment: Environment, customizations: Element, ids: set[str]) -> None:
    section = _section(customizations, "connectionreferences")
    before = {element.get("connectionreferencelogicalname"): element for element in section}
    for element in list(section):
        section.remove(element)
    for row in environment.store.all("connectionreference"):
        if row["connectionreferenceid"] in ids:
            known = before.get(row["connectionreferencelogicalname"])
            element = package_parts.reference_element(row) if known is None else known
            _set(
                element,
                "connectionreferencedisplayname",
                row["connectionreferencedisplayname"] or "",
            )
            section.append(element)
    if not len(section):
        customizations.remove(section)


def _write_variables(environment: Environment, parts: dict[str, bytes], ids: set[str]) -> None:
    before = {name for name in parts if name.startswith(packages.VARIABLES)}
    kept: set[str] = set()
    for row in environment.store.all("environmentvariabledefinition"):
        if row["environmentvariabledefinitionid"] not in ids:
            continue
        path = package_parts.variable_path(row["schemaname"])
        kept.add(path)
        if path not in parts:
            parts[path] = package_parts.text_of(package_parts.variable_element(row))
        value = _value_of(environment, row, ids)
        if value is not None:
            path = package_parts.values_path(row["schemaname"])
            kept.add(path)
            if path not in parts:
                parts[path] = package_parts.values_text(value)
    for name in before - kept:
        del parts[name]


def _value_of(environment: Environment, definition: Row, ids: set[str]) -> dict[str, Any] | None:
    for row in environment.store.all("environmentvariablevalue"):
        named = row["schemaname"] == definition["schemaname"]
        if named and row["environmentvariablevalueid"] in ids:
            return row
    return None


def _section(parent: Element, name: str) -> Element:
    found = parent.find(name)
    return ElementTree.SubElement(parent, name) if found is None else found


def _set(parent: Element, name: str, text: str) -> None:
    found = parent.find(name)
    if found is None:
        found = ElementTree.SubElement(parent, name)
    found.text = text
