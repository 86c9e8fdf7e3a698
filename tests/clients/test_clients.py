"""
Clients that others wrote are the judges: of what they do, nothing may be wrong.

They are installed by `make clients`; without that these tests are skipped.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import run


@pytest.mark.parametrize("client", run.CLIENTS, ids=lambda client: client.name)
def test_operations_of_a_client(client: run.Client) -> None:
    """Each operation is right or refused by name; nine of ten are right."""
    if not run.installed(client):
        pytest.skip("run `make clients` once, which installs it")
    if client.default_port and not run.can_use_default_port():
        pytest.skip("this client needs the port of https")
    found = run.outcomes(client)
    assert [item for item in found if item.outcome == "wrong"] == []
    right = [item for item in found if item.outcome == "right"]
    assert len(found) >= 5
    assert len(right) >= 0.9 * len(found), [item for item in found if item.outcome != "right"]


def test_a_generator_of_typed_clients_loads_the_metadata(tmp_path: Path) -> None:
    """`odata2ts` is strict about CSDL: every type, key and navigation property has to resolve."""
    if not run.MODULES.exists():
        pytest.skip("run `make clients` once, which installs it")
    types = run.typed_client(tmp_path)
    assert "interface Workflow extends Crmbaseentity" in types
    assert "BooleanManagedProperty" in types
