"""The mocks of a test here must not reach the tests of other folders."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pulumi.runtime import settings


@pytest.fixture(autouse=True)
def _no_mocks_afterwards() -> Iterator[None]:
    """Each test sets its own mocks, and look-ups ask whichever are in place."""
    before = settings.SETTINGS.monitor, settings.SETTINGS.engine
    yield
    settings.SETTINGS.monitor, settings.SETTINGS.engine = before
