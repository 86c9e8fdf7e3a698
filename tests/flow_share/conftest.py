"""A provider process that shares a flow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from tests.harness.provider_process import ProviderProcess
from tests.harness.shares import sharing


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process, and a flow to share."""
    with sharing(emulator, FlowShareProvider) as process:
        yield process
