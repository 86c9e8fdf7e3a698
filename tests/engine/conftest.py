"""Everything here runs on the real engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.engine_project import EngineProject


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture
def project(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> EngineProject:
    """A stack that is signed in to a new environment."""
    # Set so that it is restored: the project adds the engine's folder.
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return EngineProject(tmp_path, emulator)
