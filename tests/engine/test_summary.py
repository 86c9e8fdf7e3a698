"""The line at the end of a run, and what a run against a dead service prints."""

from __future__ import annotations

import time
from pathlib import Path

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject

_SAID = "Power Automate: "


def _flows(count: int, text: str = "Hello") -> None:
    for number in range(count):
        powerautomate.CloudFlow(f"flow-{number}", definition=hourly(text))


def _summaries(printed: str) -> list[str]:
    after = printed.partition("Diagnostics:")[2]
    return [line.strip() for line in after.splitlines() if _SAID in line]


def test_summary_is_one_line_of_a_run_that_sent_something(project: EngineProject) -> None:
    """How many requests, to whom; nothing in a preview and when nothing changed."""
    host = project.emulator.url.partition("://")[2]
    assert _summaries(project.preview(lambda: _flows(3))) == []
    assert _summaries(project.up()) == [f"{_SAID}6 requests to {host}."]
    assert _summaries(project.up()) == []
    assert _summaries(project.refresh()) == [f"{_SAID}3 requests to {host}."]


def test_summary_tells_of_trouble(project: EngineProject) -> None:
    """The number of repeated requests, and how long the service asked to wait."""
    emulator = project.emulator
    emulator.control.fault(method="PATCH", path="workflows", do="status", status=503, times=1)
    emulator.control.fault(
        method="POST", path="workflows", do="status", status=429, code="0x80072322", times=1,
        headers={"Retry-After": "2"},
    )  # fmt: skip
    (line,) = _summaries(project.up(lambda: _flows(1)))
    assert "4 requests" in line
    assert "2 of them repeated" in line
    assert "1 refused for being too many" in line
    assert "2 s waited as the service asked" in line


def test_two_environments_are_told_apart(project: EngineProject) -> None:
    """One line for each, because the engine runs a process for each."""
    with Emulator() as other:

        def program() -> None:
            _flows(1)
            provider = powerautomate.Provider(
                "other", environment_url=other.url, access_token="emulator"
            )
            options = pulumi.ResourceOptions(provider=provider)
            powerautomate.CloudFlow("there", options, definition=hourly())

        lines = _summaries(project.up(program))
        hosts = {emulator.url.partition("://")[2] for emulator in (project.emulator, other)}
    assert set(lines) == {f"{_SAID}2 requests to {host}." for host in hosts}


@pytest.mark.parametrize("trouble", ["gone", "reset", "unavailable"])
def test_scenario_14_outage_is_told_briefly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Fifty flows against a dead service: no traceback, one short line each at most, one advice."""
    with Emulator() as emulator:
        project = EngineProject(tmp_path, emulator, parallel=64)
        if trouble == "gone":
            emulator.kill()
        elif trouble == "reset":
            emulator.control.fault(path="workflows", do="reset")
        else:
            emulator.control.fault(path="workflows", do="status", status=503)
        started = time.monotonic()
        with pytest.raises(EngineError) as failed:
            project.up(lambda: _flows(50))
        assert time.monotonic() - started < 60
        after = str(failed.value).partition("Diagnostics:")[2].partition("Resources:")[0]
        lines = [line for line in after.splitlines() if "error:" in line]
        assert "Traceback" not in str(failed.value)
        assert len(lines) <= 52
        assert sum("Check " in line for line in lines) <= 1
