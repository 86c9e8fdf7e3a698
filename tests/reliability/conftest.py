"""Fixtures of the fault scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.native_process import native_process
from tests.harness.provider_process import ProviderProcess, Start, provider_process


@pytest.fixture(params=["dynamic", "native"])
def start(request: pytest.FixtureRequest) -> Start:
    """Starts a process of each provider, in turn: the dynamic one and the native one."""
    return {"dynamic": provider_process, "native": native_process}[request.param]


@pytest.fixture(params=["dynamic", "native"])
def choose(request: pytest.FixtureRequest) -> Callable[[], None]:
    """A program calls it first, so that its resources are of each provider, in turn."""
    return powerautomate.use_native_provider if request.param == "native" else lambda: None


@pytest.fixture
def provider(start: Start, emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process, whose operations take ten seconds at most, in a new environment."""
    with start({**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "10"}) as process:
        yield process
        # Whoever is held by a fault goes on, so that the process can end.
        emulator.control.clear_faults()
