"""Solutions over the Web API: components that are shared, packages that are incomplete."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.emulator.api import call
from tests.packages import FIRST, SECOND, FlowPart, package

_REFERENCES = {
    "shared": {
        "runtimeSource": "embedded",
        "connection": {"connectionReferenceLogicalName": "contoso_shared"},
        "api": {"name": "shared_office365"},
    }
}


def _import(emulator: Emulator, data: bytes) -> Any:
    body = {
        "CustomizationFile": base64.b64encode(data).decode(),
        "OverwriteUnmanagedCustomizations": False,
        "PublishWorkflows": False,
    }
    return call(emulator, "POST", "ImportSolution", body)


def _managed(folder: Path, name: str, flow_id: str) -> bytes:
    part = FlowPart(flow_id, f"Flow of {name}", references=_REFERENCES, on=False)
    references = {"contoso_shared": "shared_office365"}
    path = package(folder / f"{name}.zip", part, name=name, managed=True, references=references)
    return path.read_bytes()


def test_solutions_that_share_a_component_can_go(emulator: Emulator, tmp_path: Path) -> None:
    """A component that another managed solution holds stays, and keeps neither from going."""
    for name, flow_id in (("SolA", FIRST), ("SolB", SECOND)):
        assert _import(emulator, _managed(tmp_path, name, flow_id)).status_code == 204
    solutions = {row["uniquename"]: row["solutionid"] for row in emulator.control.rows("solutions")}
    blocked = "RetrieveDependenciesForUninstall(SolutionUniqueName='SolA')"
    assert call(emulator, "GET", blocked).json()["value"] == []
    assert call(emulator, "DELETE", f"solutions({solutions['SolA']})").status_code == 204
    assert [row["name"] for row in emulator.control.rows("workflows")] == ["Flow of SolB"]
    assert len(emulator.control.rows("connectionreferences")) == 1
    assert call(emulator, "DELETE", f"solutions({solutions['SolB']})").status_code == 204
    assert emulator.control.rows("connectionreferences") == []


@pytest.mark.parametrize("missing", ["solution.xml", "customizations.xml", "[Content_Types].xml"])
def test_a_package_has_three_files(emulator: Emulator, tmp_path: Path, missing: str) -> None:
    """Without one of them the import is rejected, and leaves nothing."""
    whole = zipfile.ZipFile(io.BytesIO(_managed(tmp_path, "SolA", FIRST)))
    less = io.BytesIO()
    with zipfile.ZipFile(less, "w") as archive:
        for name in whole.namelist():
            if name != missing:
                archive.writestr(name, whole.read(name))
    response = _import(emulator, less.getvalue())
    assert response.status_code == 400
    assert missing in response.json()["error"]["message"]
    assert emulator.control.rows("workflows") == []
