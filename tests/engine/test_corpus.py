"""Every real flow of the corpus: created, read back equal, and nothing to do afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.corpus import FLOWS, connection_reference_rows
from tests.engine_project import EngineProject, changes

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


def _definition(row: dict[str, Any]) -> Any:
    return json.loads(row["clientdata"])["properties"]["definition"]
