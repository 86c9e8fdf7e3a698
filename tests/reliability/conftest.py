"""Fixtures of the fault scenarios."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.provider_process import ProviderProcess, provider_process


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process, whose operations take ten seconds at most, in a new environment."""
    with provider_process(
        {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "10"}
    ) as process:
        yield process
        # Whoever is held by a fault goes on, so that the process can end.
        emulator.control.clear_faults()
