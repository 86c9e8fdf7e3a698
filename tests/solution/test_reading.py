"""Packages from anywhere: what is read, and what is refused with one line."""

from __future__ import annotations

import io
import time
import zipfile
from functools import partial
from pathlib import Path

import pytest

from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.solution import normalized, pack, read_package, same_content, unpack
from tests.harness.bad_packages import BAD, MANIFEST, whole_package
from tests.harness.corpus import CORPUS
from tests.harness.definitions import hourly
from tests.harness.packages import FIRST, SECOND, FlowPart, package


def _with_manifest(path: Path, manifest: bytes) -> Path:
    return whole_package(path, **{"solution.xml": manifest})


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
    _declaration = f'<?xml version="1.0" encoding="{_encoding}"?>'.encode()
    BAD[f"encoding_{_encoding}"] = (
        partial(_with_manifest, manifest=_declaration + MANIFEST),
        "is in an encoding that XML readers do not share",
    )


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
        path = whole_package(tmp_path / f"{count}.zip", **parts)
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
