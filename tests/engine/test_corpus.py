"""Every real flow and package of the corpus: as declared afterwards, and nothing left to do."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution import SolutionPackage, read_package
from pulumi_powerautomate.solution.zip import zipped
from tests.harness.corpus import FLOWS, PACKAGES, connection_reference_rows
from tests.harness.emulator_api import call
from tests.harness.engine_project import EngineProject, changes

pytestmark = pytest.mark.skipif(not FLOWS, reason="needs the corpus of real flows")


def test_every_real_flow(tmp_path: Path, emulator: Emulator, project: EngineProject) -> None:
    """All are created, hold what their file holds, and preview and refresh show nothing."""
    documents = {path.stem: json.loads(path.read_text("utf-8-sig")) for path in FLOWS}
    for row in connection_reference_rows(documents.values()):
        emulator.control.insert("connectionreferences", row)

    def program() -> None:
        for name, document in documents.items():
            powerautomate.CloudFlow(name, name=name[-100:], definition=document, state="off")

    project.up(program)
    stored = {row["name"]: _definition(row) for row in emulator.control.rows("workflows")}
    assert len(stored) == len(documents)
    wrong = [
        name
        for name, document in documents.items()
        if stored[name[-100:]] != document["properties"]["definition"]
    ]
    assert wrong == []
    project.sent()
    assert changes(project.preview()) == f"{len(documents) + 1} unchanged"
    assert project.sent() == []
    assert changes(project.refresh()) == f"{len(documents) + 1} unchanged"
    assert changes(project.preview()) == f"{len(documents) + 1} unchanged"


@pytest.mark.parametrize("synchronous", [False, True])
def test_every_real_package(
    tmp_path: Path, project: EngineProject, emulator: Emulator, synchronous: bool
) -> None:
    """
    All are imported with the flows of their files, exported, and imported again without difference.

    Packages of one solution follow each other, so there are as many rounds as the most frequent
    solution has packages. A managed one cannot be exported, so its export is that of the same
    package imported as unmanaged. Within one request only the first import is looked at.
    """
    found = {path: read_package(path) for path in PACKAGES}
    rounds: list[dict[str, Path]] = []
    for path, package in found.items():
        free = next((item for item in rounds if package.unique_name not in item), None)
        if free is None:
            rounds.append(free := {})
        free[package.unique_name] = path
    same = 0
    for packages in rounds:
        emulator.control.reset()
        emulator.control.switches(import_seconds=0)
        project.sent()
        _up(project, packages, synchronous)
        _check_flows(emulator, [found[path] for path in packages.values()])
        same += len(packages)
        if synchronous:
            project.destroy()
            continue
        emulator.control.reset()
        emulator.control.switches(import_seconds=0)
        exported = {}
        for name, path in packages.items():
            assert _imported(emulator, _as_unmanaged(path.read_bytes())) == 30, path.name
            response = call(emulator, "POST", "ExportSolution",
                          {"SolutionName": name, "Managed": found[path].managed})  # fmt: skip
            target = tmp_path / f"{name}.zip"
            target.write_bytes(base64.b64decode(response.json()["ExportSolutionFile"]))
            exported[name] = target
        emulator.control.reset()
        emulator.control.switches(import_seconds=0)
        _up(project, exported, synchronous)
        _check_flows(emulator, [found[path] for path in packages.values()])
        project.destroy()
    assert same == len(PACKAGES)


def _up(project: EngineProject, packages: dict[str, Path], synchronous: bool) -> None:
    def program() -> None:
        for name, path in packages.items():
            powerautomate.SolutionImport(
                name,
                package=path,
                activate_flows="none",
                triggers=[str(path)],
                synchronous=synchronous,
            )

    project.up(program)
    assert f"{len(packages) + 1} unchanged" in changes(project.preview())


def _check_flows(emulator: Emulator, packages: list[SolutionPackage]) -> None:
    """The environment's flows are those of the packages, definition by definition."""
    rows = {row["workflowid"]: row for row in emulator.control.rows("workflows")}
    for package in packages:
        with zipfile.ZipFile(package.where) as archive:
            for flow in package.flows:
                document = json.loads(archive.read(flow.file).decode("utf-8-sig"))
                assert json.loads(rows[flow.id]["clientdata"]) == document, flow.name
                assert rows[flow.id]["name"] == flow.name


def _as_unmanaged(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["solution.xml"] = parts["solution.xml"].replace(
        b"<Managed>1</Managed>", b"<Managed>0</Managed>"
    )
    return zipped(parts)


def _imported(emulator: Emulator, data: bytes) -> int:
    body = {
        "OverwriteUnmanagedCustomizations": True,
        "PublishWorkflows": True,
        "CustomizationFile": base64.b64encode(data).decode(),
    }
    operation = call(emulator, "POST", "ImportSolutionAsync", body).json()["AsyncOperationId"]
    return int(call(emulator, "GET", f"asyncoperations({operation})").json()["statuscode"])


def _definition(row: dict[str, Any]) -> Any:
    return json.loads(row["clientdata"])["properties"]["definition"]
