"""Fixtures of the tests of providers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator


@pytest.fixture
def settings(emulator: Emulator, tmp_path: Path) -> Mapping[str, str]:
    """Settings of a machine that has done nothing so far."""
    return {**emulator.environment, "PULUMI_POWERAUTOMATE_JOURNAL": str(tmp_path / "journal")}
