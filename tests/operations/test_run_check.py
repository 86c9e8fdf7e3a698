"""`run-check`: runs that went well, runs that did not, and environments that do not tell."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator, seed
from tests.harness.adopted_project import add_flow
from tests.harness.cli_runner import Command, command_for
from tests.harness.definitions import hourly

PLAIN = {"properties": {"connectionReferences": {}, "definition": hourly()},
         "schemaVersion": "1.0.0.0"}  # fmt: skip


@pytest.fixture
def command(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command line, and an environment with a flow that is on."""
    add_flow(emulator, 1, PLAIN, name="Digest", on=True)
    return command_for(emulator, monkeypatch, capsys)


FLOW = "5eed0000-0000-4000-8000-000000000001"


def ran(emulator: Emulator, status: str, minutes_ago: float, **more: Any) -> None:
    """A run of the flow, as the flow service writes it."""
    started = datetime.now(timezone.utc) - timedelta(minutes=minutes_ago)
    emulator.control.insert(
        "flowruns",
        {
            "name": f"0858{uuid.uuid4().int % 10**20}CU01",
            "status": status,
            "_workflow_value": FLOW,
            "starttime": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "triggertype": "Scheduled",
            **more,
        },
    )


def test_all_is_well(command: Command, emulator: Emulator) -> None:
    """Failures of earlier, and of other flows, do not count; two requests do."""
    other = add_flow(emulator, 2, PLAIN, name="Other", on=True)
    ran(emulator, "Succeeded", 5)
    ran(emulator, "Cancelled", 10)
    ran(emulator, "Running", 0)
    ran(emulator, "Failed", 61)
    ran(emulator, "Failed", 5, _workflow_value=other)
    emulator.control.clear_journal()
    said = command("run-check", "Digest")
    assert said == (0, "Digest: 1 succeeded, 1 cancelled, 1 going on within 1h\n", "")
    # A client of an earlier test may have to sign in again, which is asked for with a 401.
    sent = [item for item in emulator.control.requests() if item["status"] != 401]
    assert [item["path"] for item in sent] == ["workflows", "flowruns"]
    assert {item["method"] for item in sent} == {"GET"}
    assert command("run-check", FLOW, "--min-runs", "3").code == 0


def test_failures(command: Command, emulator: Emulator) -> None:
    """Each is shown with its reason, and more than accepted fail the check."""
    ran(emulator, "Failed", 5, errorcode="ActionFailed", errormessage="An action\nfailed.")
    ran(emulator, "TimedOut", 6)
    said = command("run-check", "Digest")
    assert said.code == 1
    assert "2 failed within 1h" in said.out
    assert "Failed  ActionFailed: An action failed." in said.out
    assert said.err == "failed: 2 failed, 0 accepted\n"
    assert command("run-check", "Digest", "--max-failures", "2").code == 0
    found = json.loads(command("run-check", "Digest", "--format", "json", "--within", "2d").out)
    assert found["ok"] is False
    assert [run["status"] for run in found["runs"]] == ["Failed", "TimedOut"]


def test_not_enough(command: Command, emulator: Emulator) -> None:
    """No run is well unless runs are expected; a flow that is off is not."""
    assert command("run-check", "Digest").out == "Digest: no run within 1h\n"
    said = command("run-check", "Digest", "--min-runs", "1")
    assert (said.code, said.err) == (1, "failed: 0 runs, at least 1 expected\n")
    emulator.control.patch("workflows", FLOW, {"statecode": 0, "statuscode": 1})
    said = command("run-check", "Digest")
    assert (said.code, said.err) == (1, "failed: the flow is off\n")


def test_nobody_can_tell(command: Command, emulator: Emulator) -> None:
    """No table, no right, nothing kept, no such flow, two of them: one line and exit code 2."""
    add_flow(emulator, 2, PLAIN, name="Twin")
    add_flow(emulator, 3, PLAIN, name="Twin")
    for named, line in (
        ("Nonesuch", "There is no flow 'Nonesuch'"),
        ("Twin", "2 flows are called 'Twin'"),
    ):
        said = command("run-check", named)
        assert (said.code, said.err.count("\n")) == (2, 1)
        assert line in said.err
    emulator.control.switches(flow_runs="absent")
    assert "no table of flow runs" in command("run-check", "Digest").err
    emulator.control.switches(flow_runs="on")
    emulator.control.deny("prvReadflowrun")
    assert "role with read access" in command("run-check", "Digest").err
    emulator.control.deny()
    emulator.control.patch("organizations", seed.ORGANIZATION, {"flowruntimetoliveinseconds": 0})
    said = command("run-check", "Digest")
    assert said.code == 2
    assert "keeps no flow runs" in said.err


@pytest.mark.parametrize("span", ["", "1", "h", "0h", "1w", "-1h", "1.5h"])
def test_time_spans(command: Command, span: str) -> None:
    """A text that is no time span is refused before anything is sent."""
    said = command("run-check", "Digest", f"--within={span}")
    assert said.code == 2
    assert "is not a time span" in said.err
