"""Both sides are held to what a service has answered: the emulator, and the client."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.emulator.recorded import client_disagreements, emulator_disagreements
from tests.harness.conformance_run import filed_run, run

_ROOT = Path(__file__).parents[2]
RECORDED = sorted((Path(__file__).parent / "contracts" / "recorded").glob("*.json"))
_UNUSUAL = {
    "client_chosen_id": "ignore", "grant_existing": "replace", "activation_failure_status": 403,
    "unknown_principal": 400, "import_seconds": 0.2,
}  # fmt: skip


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_emulator_answers_as_recorded(path: Path) -> None:
    """Under the switches of the recording."""
    fixture = _read(path)
    with Emulator(profile=path) as emulator:
        assert emulator_disagreements(emulator, fixture) == []


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_client_takes_recorded_answers(path: Path) -> None:
    """Successes as such, and refusals by status and code."""
    assert client_disagreements(_read(path)) == []


@pytest.fixture
def added(emulator: Emulator, tmp_path: Path) -> Path:
    """A fixture that the command has made of a run against an unusual service."""
    emulator.control.switches(**_UNUSUAL)
    filed_run(run(emulator, upload_bytes=64 * 1024), tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "scripts.add_contracts", str(tmp_path / "conformance.json"),
         "--folder", str(tmp_path / "recorded")],
        cwd=_ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    (path,) = (tmp_path / "recorded").glob("*.json")
    assert str(path) in done.stdout
    return path


def test_command_adds_exchanges_that_both_sides_are_held_to(added: Path) -> None:
    """An emulator with the profile agrees, one without is found out; the client takes them all."""
    fixture = _read(added)
    assert len(fixture["exchanges"]) > 100
    assert client_disagreements(fixture) == []
    with Emulator(profile=added) as alike:
        assert emulator_disagreements(alike, fixture) == []
    with Emulator() as other:
        found = "\n".join(emulator_disagreements(other, fixture))
    assert "chosen-id: create" not in found  # the ids differ, which no status shows
    assert "second-grant: shares: /PrincipalAccesses/0/AccessMask" in found
    assert "unknown-principal: grant: status 404" in found
    assert "refused-activation-status: turn on: status 400" in found


def test_client_is_found_out(added: Path) -> None:
    """A success without a header of the service's is none for the client."""
    fixture = _read(added)
    for exchange in fixture["exchanges"]:
        if exchange["answer"]["status"] == 204:
            exchange["answer"]["headers"] = {"Server": "proxy"}
    found = client_disagreements(fixture)
    assert "headers-of-a-204: update: not taken" in "\n".join(found)


def test_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """One line, and no fixture."""
    (tmp_path / "x.json").write_text("{}", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.add_contracts", str(tmp_path / "x.json"), "--folder",
         str(tmp_path / "recorded")],
        cwd=_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "not a file of" in done.stderr
    assert not (tmp_path / "recorded").exists()
