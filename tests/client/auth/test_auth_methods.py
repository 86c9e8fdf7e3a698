"""Each way of signing in, from its variables to a response of the environment."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import missing_credentials, resolve
from pulumi_powerautomate.emulator import Emulator
from tests.harness.sign_in import AUTH_METHODS, Unavailable, somebody_types_codes


def who(client: DataverseClient) -> Any:
    """The caller, as the environment sees it."""
    transport = client.transport
    deadline = transport.deadline()
    return transport.send("GET", "WhoAmI", action="Look", deadline=deadline).body["UserId"]


@pytest.mark.parametrize("way", AUTH_METHODS)
def test_signs_in(
    way: str, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings are complete, one token serves two requests, and the environment answers."""
    try:
        prepared = AUTH_METHODS[way](emulator, tmp_path)
    except Unavailable as reason:
        pytest.skip(str(reason))
    for name, value in prepared.items():
        monkeypatch.setenv(name, value)
    connection = resolve()
    assert missing_credentials(connection) == []
    emulator.control.clear_journal()
    client = DataverseClient(connection)
    waiting = somebody_types_codes(emulator) if way == "device-code" else contextlib.nullcontext()
    with waiting, contextlib.closing(client):
        assert who(client) == who(client)
    granted = [
        item
        for item in emulator.control.sign_in.requests()
        if item.get("status") == 200 and item.get("endpoint") not in ("github", "azure_devops")
    ]
    tokens = [item for item in granted if item.get("resource") or item.get("grant_type")]
    assert len(tokens) == (0 if way in ("azure-cli", "azd", "access-token") else 1), granted
