"""Scenarios 39, 40 and 42: lists in pages, previews without an environment, homes read-only."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate import errors
from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject


def test_scenario_39_pages_and_a_foreign_next_page(emulator: Emulator) -> None:
    """Three pages give every row; a next page on another host is refused, and sent nothing."""
    for number in range(25):
        row = {"workflowid": f"2{number:07}-1111-4111-8111-111111111111", "name": f"f{number}"}
        emulator.control.insert("workflows", {**row, "category": 5, "type": 1})
    client = DataverseClient(resolve(environ=emulator.environment))
    transport = client.transport
    rows = list(transport.pages("workflows?$select=name", action="List", page_size=10))
    assert len({row["workflowid"] for row in rows}) == 25
    assert len(emulator.control.requests()) == 3
    page = {"value": [], "@odata.nextLink": "https://127.0.0.2:9/api/data/v9.2/workflows?page=2"}
    emulator.control.fault(
        path="workflows", do="status", status=200, body=json.dumps(page),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    with pytest.raises(errors.TransportError, match="another host"):
        list(transport.pages("workflows", action="List"))
    client.close()


def test_scenario_40_preview_offline(
    project: EngineProject, emulator: Emulator, choose: Callable[[], None]
) -> None:
    """A preview against an address that nobody answers at sends nothing and succeeds."""
    project.set_environment(
        {
            **emulator.environment,
            "POWERAUTOMATE_ENVIRONMENT_URL": "https://nowhere.crm4.dynamics.com",
            "POWERAUTOMATE_AUTHORITY_HOST": "https://127.0.0.1:9",
        }
    )

    def program() -> None:
        choose()
        powerautomate.CloudFlow("flow", definition=hourly())

    assert "2 to create" in project.preview(program)
    assert emulator.control.requests() == []
    assert emulator.control.token_requests() == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_scenario_42_full_disk_and_read_only_home(
    project: EngineProject, emulator: Emulator, tmp_path: Path, choose: Callable[[], None]
) -> None:
    """By default nothing is written but the state, so neither has an effect."""
    home = tmp_path / "person"
    home.mkdir()
    os.symlink("/dev/full", home / ".cache")
    home.chmod(0o500)
    project.set_environment({**emulator.environment, "HOME": str(home), "TMPDIR": "/dev/full"})

    def program() -> None:
        choose()
        powerautomate.CloudFlow("flow", definition=hourly())

    project.up(program)
    assert len(emulator.control.rows("workflows")) == 1
    assert list(home.iterdir()) == [home / ".cache"]
    home.chmod(0o700)
