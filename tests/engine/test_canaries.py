"""Secrets turn up nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.canaries import run


def test_no_secret_is_written_anywhere(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten kinds, in state, logs, spans, tracebacks, journal, command line and crash: none."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    found = run(emulator, tmp_path)
    assert len(found.canaries) == 10
    assert len(found.sinks) > 20
    spans = [text for sink, text in found.sinks.items() if sink.startswith("spans")]
    assert all("CloudFlow" in text for text in spans)
    assert found.hits() == []


def test_the_search_would_find_one(emulator: Emulator, tmp_path: Path) -> None:
    """The measurement can fail: what is planted is found."""
    from tests.harness.canaries import Found

    found = Found({"log": "Authorization: Bearer abc-canary"}, {"token": ["abc-canary"]})
    assert found.hits() == [("log", "token")]
