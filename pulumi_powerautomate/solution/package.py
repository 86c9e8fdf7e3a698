"""
Read a solution package: name, version, flows, references, variables.

Source: the layout of exported solutions, and "Solution concepts" (Microsoft Learn).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from ..errors import InvalidInputError, PowerAutomateError
from ..flow import children_of, digest, parse_document, references_to_wire
from . import safe_archive
from .variable_types import VARIABLE_TYPES

MANIFEST, CUSTOMIZATIONS = "solution.xml", "customizations.xml"
CONTENT_TYPES = "[Content_Types].xml"
CLOUD_FLOW = "5"
_VARIABLE = re.compile(r"environmentvariabledefinitions/[^/]+/environmentvariabledefinition\.xml")
_CHUNK = 1 << 20
_UTF_8 = 0x800


@dataclass(frozen=True)
class PackagedFlow:
    """A cloud flow of a package."""

    id: str
    name: str
    on: bool
    """Whether it was on when it was exported."""
    digest: str
    children: frozenset[str]
    """Ids of the flows it calls."""
    references: Mapping[str, Any]
    """Connection references in normal form."""
    file: str

    @property
    def embedded_connectors(self) -> frozenset[str]:
        """Connectors of connections that it names itself, or that its export left out."""
        return frozenset(
            str(entry.get("id") or entry.get("api") or "").rpartition("/")[2]
            for entry in self.references.values()
            if "id" in entry
            or not (entry.get("logical_name") or entry.get("runtime_source") == "invoker")
        )

    def connections(self, connector: str) -> Iterator[str]:
        """Connections that it names itself for a connector."""
        for entry in self.references.values():
            if str(entry.get("id") or "").rpartition("/")[2] == connector:
                yield str(entry.get("connection_name") or "")


@dataclass(frozen=True)
class Variable:
    """An environment variable of a package."""

    type: str
    required: bool
    default: str | None
    value: str | None


@dataclass(frozen=True)
class SolutionPackage:
    """A solution package, without its bytes."""

    where: str
    sha256: str
    size: int
    unique_name: str
    version: str
    managed: bool
    flows: tuple[PackagedFlow, ...]
    connection_references: Mapping[str, str]
    """Connector (`shared_office365`) by logical name."""
    variables: Mapping[str, Variable]
    """Environment variables by schema name."""
    requires: tuple[str, ...] = field(default=())
    """Other solutions that it needs, as `name (version)`."""


def read_package(path: str | Path) -> SolutionPackage:
    """
    Read a package's manifest and flows; nothing is unpacked to disk.

    Raises:
        InvalidInputError: the file is missing, is no solution package, or is not safe to open.
    """
    where = str(path)
    try:
        with open(path, "rb") as source:
            return _read(source, where)
    except FileNotFoundError:
        raise InvalidInputError(
            f"{where} does not exist; give the path of a solution zip."
        ) from None
    except OSError as error:
        raise InvalidInputError(f"{where} cannot be read: {error.strerror}.") from None


def read_bytes(data: bytes, where: str) -> SolutionPackage:
    """
    Read a package that is in memory; `where` stands for it in messages.

    Raises:
        InvalidInputError: as `read_package` does.
    """
    return _read(io.BytesIO(data), where)


def is_package(path: str | Path) -> bool:
    """
    Whether a zip is a solution package, rather than some other archive that lies beside.

    Raises:
        InvalidInputError: it cannot be opened at all.
    """
    try:
        with open(path, "rb") as source, safe_archive.open_archive(source, str(path)) as archive:
            return any(name.lower() == MANIFEST for name in archive.namelist())
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from None


def flow_documents(path: str | Path) -> list[tuple[str, str]]:
    """
    The documents of a package's cloud flows: the entry's name, and its text.

    Raises:
        InvalidInputError: as `read_package` does.
    """
    package = read_package(path)
    with open(path, "rb") as source, safe_archive.open_archive(source, str(path)) as archive:
        return [
            (flow.file, safe_archive.content(archive, flow.file, str(path)).decode("utf-8-sig"))
            for flow in package.flows
        ]


def _read(source: IO[bytes], where: str) -> SolutionPackage:
    sha, size = hashlib.sha256(), 0
    while piece := source.read(_CHUNK):
        sha.update(piece)
        size += len(piece)
    with safe_archive.open_archive(source, where) as archive:
        return _package(archive, where, sha.hexdigest(), size)


def _package(archive: ZipFile, where: str, sha256: str, size: int) -> SolutionPackage:
    names = {name.lower(): name for name in archive.namelist()}
    for wanted in (MANIFEST, CUSTOMIZATIONS, CONTENT_TYPES):
        _check_presence(wanted, names, where)
    root = safe_archive.parse_xml(
        safe_archive.content(archive, names[MANIFEST], where), f"{where}: {MANIFEST}"
    )
    manifest = root.find("SolutionManifest")
    unique_name = (manifest.findtext("UniqueName") or "") if manifest is not None else ""
    if manifest is None or not unique_name.strip():
        raise InvalidInputError(f"{where}: {MANIFEST} names no solution (UniqueName).")
    version = (manifest.findtext("Version") or "").strip()
    if not re.fullmatch(r"\d+(\.\d+){1,3}", version):
        raise InvalidInputError(
            f"{where}: {MANIFEST} has the version {version!r}; it takes numbers such as 1.0.0.0."
        )
    customizations = safe_archive.parse_xml(
        safe_archive.content(archive, names[CUSTOMIZATIONS], where), f"{where}: {CUSTOMIZATIONS}"
    )
    return SolutionPackage(
        where=where,
        sha256=sha256,
        size=size,
        unique_name=unique_name.strip(),
        version=version,
        managed=manifest.findtext("Managed") == "1",
        flows=tuple(_flows(archive, names, customizations, where)),
        connection_references={
            element.get("connectionreferencelogicalname", ""): (
                element.findtext("connectorid") or ""
            ).rpartition("/")[2]
            for element in customizations.iterfind("connectionreferences/connectionreference")
        },
        variables=dict(_variables(archive, names, where)),
        requires=tuple(
            dict.fromkeys(
                solution
                for item in manifest.iterfind("MissingDependencies/*/Required")
                if (solution := item.get("solution", "")) not in ("", "Active", "System")
            )
        ),
    )


def _check_presence(wanted: str, names: Mapping[str, str], where: str) -> None:
    """
    Files that the service finds by their exact names, and rejects a package without.

    Source: "Solution file is invalid. The compressed file must contain the following files at its
    root: solution.xml, customizations.xml, and [Content_Types].xml" (0x80048066).
    """
    actual = names.get(wanted.lower())
    if actual == wanted:
        return
    folder = next((name for name in names if name.endswith("/" + wanted.lower())), "")
    if actual:
        hint = f"it is called {actual}, and the service tells upper from lower case: rename it."
    elif folder:
        hint = f"it is in a folder ({names[folder]}): zip what is inside."
    elif wanted == CONTENT_TYPES:
        hint = "the service refuses a package without it; `pulumi-powerautomate pack` adds it."
    else:
        hint = "export the solution, not a single flow."
    raise InvalidInputError(f"{where} has no {wanted} at its root; {hint}")


def _flows(
    archive: ZipFile, names: Mapping[str, str], customizations: Element, where: str
) -> Iterator[PackagedFlow]:
    for element in customizations.iterfind("Workflows/Workflow"):
        if element.findtext("Category") != CLOUD_FLOW:
            continue
        name = element.get("Name") or ""
        file = (element.findtext("JsonFileName") or "").lstrip("/")
        actual = names.get(file.lower())
        if actual is None:
            raise InvalidInputError(
                f"{where}: the file of flow {name!r} is missing ({file}).{_encoding_hint(archive)}"
            )
        text = safe_archive.content(archive, actual, where)
        try:
            document = parse_document(text.decode("utf-8-sig"))
        except (PowerAutomateError, UnicodeDecodeError) as error:
            raise InvalidInputError(f"{where}: {actual}: {error}") from None
        yield PackagedFlow(
            id=(element.get("WorkflowId") or "").strip("{}").lower(),
            name=name,
            on=element.findtext("StateCode") == "1",
            digest=digest(
                {
                    "definition": document.definition,
                    "references": references_to_wire(document.connection_references),
                }
            ),
            children=children_of(document.definition),
            references=document.connection_references,
            file=actual,
        )


def _encoding_hint(archive: ZipFile) -> str:
    """Names that are not marked as UTF-8 are read as code page 437, by every reader."""
    unmarked = any(
        not entry.flag_bits & _UTF_8 and not entry.filename.isascii()
        for entry in archive.infolist()
    )
    if not unmarked:
        return ""
    return (
        " Names in the zip are not marked as UTF-8, so nobody can tell their characters; zip it "
        "again with a tool that marks them, as `pulumi-powerautomate pack` does."
    )


def _variables(
    archive: ZipFile, names: Mapping[str, str], where: str
) -> Iterator[tuple[str, Variable]]:
    for lowered, name in names.items():
        if not _VARIABLE.fullmatch(lowered):
            continue
        text = safe_archive.content(archive, name, where)
        element = safe_archive.parse_xml(text, f"{where}: {name}")
        folder = lowered.rpartition("/")[0]
        value = names.get(f"{folder}/environmentvariablevalues.json")
        yield (
            element.get("schemaname", ""),
            Variable(
                type=_type(element),
                required=element.findtext("isrequired") == "1",
                default=element.findtext("defaultvalue"),
                value=_value(safe_archive.content(archive, value, where)) if value else None,
            ),
        )


def _type(element: Element) -> str:
    """The variable's type; a secret that Dataverse keeps is any text."""
    found = VARIABLE_TYPES.get(element.findtext("type") or "", "string")
    in_dataverse = element.findtext("secretstore") == "1"
    return "string" if found == "secret" and in_dataverse else found


def _value(text: bytes) -> str | None:
    try:
        found = json.loads(text.decode("utf-8-sig"))["environmentvariablevalues"]
        item = found["environmentvariablevalue"]
        first = item[0] if isinstance(item, list) else item
        return None if first.get("value") is None else str(first["value"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None
