"""A provider process that imports solutions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution_import import SolutionImportProvider
from tests.harness.provider_process import ProviderProcess, provider_process


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    emulator.control.switches(import_seconds=0.3)
    with provider_process(emulator.environment, provider=SolutionImportProvider) as process:
        emulator.control.clear_journal()
        yield process
