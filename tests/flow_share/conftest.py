"""A provider process that shares a flow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from tests.harness.provider_process import ProviderProcess, provider_process
from tests.harness.shares import FLOW


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process, and a flow to share."""
    emulator.control.insert(
        "workflows", {"workflowid": FLOW, "name": "Flow", "category": 5, "type": 1}
    )
    with provider_process(emulator.environment, provider=FlowShareProvider) as process:
        emulator.control.clear_journal()
        yield process
