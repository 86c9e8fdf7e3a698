"""What the scenarios share: a provider process of flows, and waits that suit a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.provider_process import ProviderProcess, provider_process


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process signed in to the emulator; an operation may take twenty seconds."""
    settings = {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "20"}
    with provider_process(settings) as process:
        yield process


@pytest.fixture
def hasty(emulator: Emulator) -> Iterator[ProviderProcess]:
    """One whose operations may take two seconds."""
    settings = {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "2"}
    with provider_process(settings) as process:
        yield process
