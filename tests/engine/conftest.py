"""Everything here runs on the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import real_environment


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.engine)
        if item.path == here / "test_sign_in.py" and real_environment.wanted():
            reason = "signs in as people of the emulator's own tenant"
            item.add_marker(pytest.mark.skip(reason=reason))
