"""Packages that must be refused before any request, with what is said of each."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.harness.packages import FlowPart, package

MANIFEST = (
    b"<ImportExportXml><SolutionManifest><UniqueName>S</UniqueName><Version>1.0.0.0</Version>"
    b"<Managed>0</Managed></SolutionManifest></ImportExportXml>"
)
EMPTY = b"<ImportExportXml/>"


def zip_of(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def whole_package(path: Path, **parts: bytes) -> Path:
    whole = {
        "solution.xml": MANIFEST,
        "customizations.xml": EMPTY,
        "[Content_Types].xml": b"<T/>",
    }
    return zip_of(path, **{**whole, **parts})


def _encrypted(path: Path) -> Path:
    data = bytearray(whole_package(path).read_bytes())
    for marker, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := data.find(marker, place + 1)) >= 0:
            (flags,) = struct.unpack_from("<H", data, place + offset)
            struct.pack_into("<H", data, place + offset, flags | 1)
    path.write_bytes(data)
    return path


def _text(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _cut(path: Path) -> Path:
    return _text(path, package(path, FlowPart()).read_bytes()[:-40])


def _damaged(path: Path) -> Path:
    data = bytearray(package(path, FlowPart()).read_bytes())
    place = data.find(b"Workflows/") + 60
    data[place : place + 20] = bytes(20)
    return _text(path, bytes(data))


_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
    b"<ImportExportXml><SolutionManifest><UniqueName>&c;</UniqueName></SolutionManifest>"
    b"</ImportExportXml>"
)
_EXTERNAL = (
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><ImportExportXml>&b;</ImportExportXml>'
)
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "not_a_zip": (lambda p: _text(p, b"hello"), "is not a zip"),
    "truncated": (_cut, "is not a zip, or it is cut short"),
    "damaged": (_damaged, "is damaged"),
    "encrypted": (_encrypted, "is encrypted"),
    "bomb": (lambda p: whole_package(p, big=bytes(50_000_000)), "would unpack to 47 MiB"),
    "traversal": (lambda p: whole_package(p, **{"../../etc/passwd": b"x"}), "leave its folder"),
    "absolute": (lambda p: whole_package(p, **{"/etc/passwd": b"x"}), "leave its folder"),
    "drive": (lambda p: whole_package(p, **{"C:\\x": b"x"}), "leave its folder"),
    "twice": (lambda p: whole_package(p, **{"SOLUTION.xml": b"x"}), "twice"),
    "no_manifest": (lambda p: zip_of(p, **{"a.txt": b"x"}), "has no solution.xml at its root"),
    "in_a_folder": (
        lambda p: zip_of(p, **{"S/solution.xml": MANIFEST}),
        "zip what is inside",
    ),
    "xml_bomb": (
        lambda p: whole_package(p, **{"solution.xml": _BOMB}),
        "document type or entities",
    ),
    "external_entity": (
        lambda p: whole_package(p, **{"customizations.xml": _EXTERNAL}),
        "document type or entities",
    ),
    "broken_xml": (lambda p: whole_package(p, **{"solution.xml": b"<a>"}), "not well-formed XML"),
    "no_name": (
        lambda p: whole_package(p, **{"solution.xml": b"<ImportExportXml/>"}),
        "names no solution",
    ),
    "bad_version": (
        lambda p: whole_package(p, **{"solution.xml": MANIFEST.replace(b"1.0.0.0", b"one")}),
        "has the version 'one'",
    ),
}


def _versioned(path: Path) -> Path:
    data = bytearray(whole_package(path).read_bytes())
    struct.pack_into("<H", data, data.find(b"PK\x01\x02") + 6, 99)
    return _text(path, bytes(data))


def many_entries(path: Path, last: str) -> Path:
    parts = {f"WebResources/{number:05}.js": b"" for number in range(49_000)}
    return whole_package(path, **parts, **{last: b""})


def _flow_with(path: Path, text: str) -> Path:
    made = package(path, FlowPart())
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in parts if name.startswith("Workflows/"))
    parts[name] = parts[name].replace(b'"contentVersion": "1.0.0.0"', text.encode())
    return zip_of(path, **parts)


BAD |= {
    "zip_version": (_versioned, "needs a newer kind of zip"),
    "many_digits": (
        lambda p: _flow_with(p, f'"contentVersion": {"9" * 5000}'),
        "a number of thousands of digits",
    ),
    "many_entries": (
        lambda p: many_entries(p, "webresources/00007.JS"),
        "one file on some systems",
    ),
    "other_case": (
        lambda p: zip_of(p, **{"Solution.xml": MANIFEST, "customizations.xml": EMPTY}),
        "is called Solution.xml",
    ),
    "no_content_types": (
        lambda p: zip_of(p, **{"solution.xml": MANIFEST, "customizations.xml": EMPTY}),
        "has no [Content_Types].xml at its root",
    ),
    "backslashes": (lambda p: whole_package(p, **{"Workflows\\x.json": b"{}"}), "with a backslash"),
    "compressed_otherwise": (
        lambda p: _recompressed(whole_package(p)),
        "compressed in a way that the service does not read",
    ),
}


def _recompressed(path: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path
