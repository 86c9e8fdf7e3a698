"""Fixtures of the fault scenarios."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.engine_project import EngineProject
from tests.provider_process import ProviderProcess, provider_process


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process, whose operations take ten seconds at most, in a new environment."""
    with provider_process(
        {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "10"}
    ) as process:
        yield process
        # Whoever is held by a fault goes on, so that the process can end.
        emulator.control.clear_faults()


@pytest.fixture
def project(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> EngineProject:
    """A stack of the real engine, signed in to a new environment."""
    # Set so that it is restored: the project adds the engine's folder.
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return EngineProject(tmp_path, emulator)
