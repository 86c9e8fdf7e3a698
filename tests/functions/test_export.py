"""Exports, from Python and from the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution import read_package
from tests.harness.emulator_api import FLOW, call, flow


@pytest.fixture(autouse=True)
def _signed_in(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A solution with one flow, and this process signed in."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    emulator.control.switches(import_seconds=0.2)
    response = call(
        emulator,
        "POST",
        "workflows",
        flow("Ping"),
        **{"MSCRM.SolutionUniqueName": "ContosoAutomation"},
    )
    assert response.status_code == 204


def _run(emulator: Emulator, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate.cli", *arguments],
        cwd=folder,
        env={**os.environ, **emulator.environment},
        capture_output=True,
        text=True,
    )


def test_export_and_again(emulator: Emulator, tmp_path: Path) -> None:
    """The flow is in it; a second export is byte for byte the same."""
    path = tmp_path / "out" / "contoso.zip"
    first = powerautomate.export_solution("ContosoAutomation", path)
    found = read_package(path)
    assert [(item.name, item.id, item.on) for item in found.flows] == [("Ping", FLOW, False)]
    before = path.stat().st_mtime_ns
    assert powerautomate.export_solution("ContosoAutomation", path) == first
    assert path.stat().st_mtime_ns == before
    managed = powerautomate.export_solution("ContosoAutomation", path, managed=True)
    assert managed != first
    assert read_package(path).managed


def test_without_the_asynchronous_action(emulator: Emulator, tmp_path: Path) -> None:
    """An older environment is asked directly."""
    emulator.control.fault(
        path="ExportSolutionAsync", do="status", status=404, code="0x80060888",
        when="before_commit",
    )  # fmt: skip
    powerautomate.export_solution("ContosoAutomation", tmp_path / "p.zip")
    assert read_package(tmp_path / "p.zip").unique_name == "ContosoAutomation"


def test_refusals(emulator: Emulator, tmp_path: Path) -> None:
    """No file is left of an export that was refused."""
    with pytest.raises(powerautomate.PowerAutomateError, match="does not exist"):
        powerautomate.export_solution("Nothing", tmp_path / "p.zip")
    with pytest.raises(powerautomate.InvalidInputError, match="there are auto-numbering"):
        powerautomate.export_solution("ContosoAutomation", include=("everything",))
    assert list(tmp_path.iterdir()) == []


def test_command_line(emulator: Emulator, tmp_path: Path) -> None:
    """Export, unpack, pack: three verbs, and a second run that changes nothing."""
    done = _run(emulator, tmp_path, "export", "ContosoAutomation", "-o", "c.zip", "--unpack", "src")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "src" / "Other" / "Solution.xml").exists()
    done = _run(emulator, tmp_path, "export", "ContosoAutomation", "-o", "c.zip")
    assert "c.zip: unchanged" in done.stdout
    done = _run(emulator, tmp_path, "pack", "src", "again.zip")
    assert "ContosoAutomation 1.0.0.0" in done.stdout
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "c.zip").read_bytes()
    done = _run(emulator, tmp_path, "unpack", "again.zip", "other")
    assert done.returncode == 0
    done = _run(emulator, tmp_path, "export", "Nothing")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
