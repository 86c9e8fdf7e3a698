"""Packages from anywhere: what is read, and what is refused with one line."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from pathlib import Path

import pytest

from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.solution import normalized, pack, read_package, same_content, unpack
from tests.cloud_flow.definitions import hourly
from tests.corpus import CORPUS
from tests.packages import FIRST, SECOND, FlowPart, package

_MANIFEST = (
    b"<ImportExportXml><SolutionManifest><UniqueName>S</UniqueName><Version>1.0.0.0</Version>"
    b"<Managed>0</Managed></SolutionManifest></ImportExportXml>"
)
_EMPTY = b"<ImportExportXml/>"


def _zip(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _whole(path: Path, **parts: bytes) -> Path:
    whole = {
        "solution.xml": _MANIFEST,
        "customizations.xml": _EMPTY,
        "[Content_Types].xml": b"<T/>",
    }
    return _zip(path, **{**whole, **parts})


def _encrypted(path: Path) -> Path:
    data = bytearray(_whole(path).read_bytes())
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
BAD = {
    "not_a_zip": (lambda p: _text(p, b"hello"), "is not a zip"),
    "truncated": (_cut, "is not a zip, or it is cut short"),
    "damaged": (_damaged, "is damaged"),
    "encrypted": (_encrypted, "is encrypted"),
    "bomb": (lambda p: _whole(p, big=bytes(50_000_000)), "would unpack to 47 MiB"),
    "traversal": (lambda p: _whole(p, **{"../../etc/passwd": b"x"}), "leave its folder"),
    "absolute": (lambda p: _whole(p, **{"/etc/passwd": b"x"}), "leave its folder"),
    "drive": (lambda p: _whole(p, **{"C:\\x": b"x"}), "leave its folder"),
    "twice": (lambda p: _whole(p, **{"SOLUTION.xml": b"x"}), "twice"),
    "no_manifest": (lambda p: _zip(p, **{"a.txt": b"x"}), "has no solution.xml at its root"),
    "in_a_folder": (
        lambda p: _zip(p, **{"S/solution.xml": _MANIFEST}),
        "zip what is inside",
    ),
    "xml_bomb": (lambda p: _whole(p, **{"solution.xml": _BOMB}), "document type or entities"),
    "external_entity": (
        lambda p: _whole(p, **{"customizations.xml": _EXTERNAL}),
        "document type or entities",
    ),
    "broken_xml": (lambda p: _whole(p, **{"solution.xml": b"<a>"}), "not well-formed XML"),
    "no_name": (
        lambda p: _whole(p, **{"solution.xml": b"<ImportExportXml/>"}),
        "names no solution",
    ),
    "bad_version": (
        lambda p: _whole(p, **{"solution.xml": _MANIFEST.replace(b"1.0.0.0", b"one")}),
        "has the version 'one'",
    ),
}


def _versioned(path: Path) -> Path:
    data = bytearray(_whole(path).read_bytes())
    struct.pack_into("<H", data, data.find(b"PK\x01\x02") + 6, 99)
    return _text(path, bytes(data))


def _many(path: Path, last: str) -> Path:
    parts = {f"WebResources/{number:05}.js": b"" for number in range(49_000)}
    return _whole(path, **parts, **{last: b""})


def _flow_with(path: Path, text: str) -> Path:
    made = package(path, FlowPart())
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in parts if name.startswith("Workflows/"))
    parts[name] = parts[name].replace(b'"contentVersion": "1.0.0.0"', text.encode())
    return _zip(path, **parts)


for _encoding in (
    "utf-7",
    "shift_jis",
    "idna",
    "base64",
    "rot13",
    "punycode",
    "unicode_escape",
    "x",
):
    BAD[f"encoding_{_encoding}"] = (
        lambda p, declared=_encoding: _whole(
            p,
            **{"solution.xml": f'<?xml version="1.0" encoding="{declared}"?>'.encode() + _MANIFEST},
        ),
        "is in an encoding that XML readers do not share",
    )
BAD |= {
    "zip_version": (_versioned, "needs a newer kind of zip"),
    "many_digits": (
        lambda p: _flow_with(p, f'"contentVersion": {"9" * 5000}'),
        "a number of thousands of digits",
    ),
    "many_entries": (lambda p: _many(p, "webresources/00007.JS"), "one file on some systems"),
    "other_case": (
        lambda p: _zip(p, **{"Solution.xml": _MANIFEST, "customizations.xml": _EMPTY}),
        "is called Solution.xml",
    ),
    "no_content_types": (
        lambda p: _zip(p, **{"solution.xml": _MANIFEST, "customizations.xml": _EMPTY}),
        "has no [Content_Types].xml at its root",
    ),
    "backslashes": (lambda p: _whole(p, **{"Workflows\\x.json": b"{}"}), "with a backslash"),
    "compressed_otherwise": (
        lambda p: _recompressed(_whole(p)), "compressed in a way that the service does not read"
    ),
}  # fmt: skip


def _recompressed(path: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", BAD)
def test_bad_packages(tmp_path: Path, name: str) -> None:
    """One line that says what, where, and what to do."""
    make, expected = BAD[name]
    path = make(tmp_path / "package.zip")
    with pytest.raises(InvalidInputError, match=r"package\.zip") as caught:
        read_package(path)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_many_entries(tmp_path: Path) -> None:
    """The time for 49,000 entries is a small multiple of that for a tenth of them."""
    spent = []
    for count in (4_900, 49_000):
        parts = {f"WebResources/{number:05}.js": b"" for number in range(count)}
        path = _whole(tmp_path / f"{count}.zip", **parts)
        started = time.process_time()
        read_package(path)
        spent.append(time.process_time() - started)
    # Ten times as many; of a quadratic reader a hundred times as much.
    assert spent[1] < 40 * spent[0] + 0.5, spent


def test_missing_file(tmp_path: Path) -> None:
    """And a file that is not there at all."""
    with pytest.raises(InvalidInputError, match="does not exist"):
        read_package(tmp_path / "none.zip")


def test_what_is_read(tmp_path: Path) -> None:
    """Names, versions, flows with their children, references and variables."""
    parent = hourly()
    parent["actions"] = {
        "Call": {"type": "Workflow", "inputs": {"host": {"workflowReferenceName": SECOND}}}
    }
    found = read_package(
        package(
            tmp_path / "p.zip",
            FlowPart(FIRST, "Parent", parent),
            FlowPart(SECOND, "Child", on=False),
            managed=True,
            version="1.2.3.4",
            references={"contoso_mail": "shared_office365"},
            variables={"contoso_url": "x"},
            requires=["Other (1.0.0.0)", "Active"],
        )
    )
    assert (found.unique_name, found.version, found.managed) == ("Contoso", "1.2.3.4", True)
    assert [(flow.name, flow.on, set(flow.children)) for flow in found.flows] == [
        ("Parent", True, {SECOND}),
        ("Child", False, set()),
    ]
    assert found.connection_references == {"contoso_mail": "shared_office365"}
    assert found.variables["contoso_url"].default == "x"
    assert found.requires == ("Other (1.0.0.0)",)


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    """Order, dates and compression of entries are not content."""
    data = package(tmp_path / "p.zip", FlowPart()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in reversed(archive.namelist())}
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert other.getvalue() != data
    assert normalized(other.getvalue()) == normalized(data)


def test_folder_and_back(tmp_path: Path) -> None:
    """Unpacked, reviewed, changed, packed: the change is there and nothing else is."""
    data = package(tmp_path / "p.zip", FlowPart(), FlowPart(SECOND, "Second")).read_bytes()
    folder = tmp_path / "unpacked"
    unpack(data, folder)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    assert names == [
        "Other/Customizations.xml",
        "Other/Solution.xml",
        "Other/[Content_Types].xml",
        f"Workflows/First-{FIRST.upper()}.json",
        f"Workflows/First-{FIRST.upper()}.json.data.xml",
        f"Workflows/Second-{SECOND.upper()}.json",
        f"Workflows/Second-{SECOND.upper()}.json.data.xml",
    ]
    assert pack(folder) == normalized(data)
    manifest = folder / "Other" / "Solution.xml"
    manifest.write_text(manifest.read_text("utf-8").replace("1.0.0.0", "2.0.0.0"), "utf-8")
    (tmp_path / "q.zip").write_bytes(pack(folder))
    assert read_package(tmp_path / "q.zip").version == "2.0.0.0"


def test_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """Unpacking replaces an earlier solution, and nothing else."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    data = package(tmp_path / "p.zip", FlowPart()).read_bytes()
    with pytest.raises(InvalidInputError, match="something else"):
        unpack(data, tmp_path / "mine")
    with pytest.raises(InvalidInputError, match="unpack a solution first"):
        pack(tmp_path / "mine")


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real packages is not here")
@pytest.mark.parametrize(
    "path", sorted((CORPUS / "solutions").glob("*.zip")), ids=lambda path: path.stem[-40:]
)
def test_real_packages(path: Path, tmp_path: Path) -> None:
    """Every one is read, normalised without loss, and survives the folder."""
    data = path.read_bytes()
    found = read_package(path)
    assert found.unique_name
    same = normalized(data)
    assert same_content(same, data)
    unpack(data, tmp_path / "folder")
    assert pack(tmp_path / "folder") == same
