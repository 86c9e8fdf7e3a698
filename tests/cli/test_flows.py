"""`flows`: what an operator sees, and in how many requests."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta, timezone

import pytest

from pulumi_powerautomate.emulator import Emulator, seed
from tests.harness.adopted_project import add_flow
from tests.harness.cli_runner import Command, command_for
from tests.harness.definitions import hourly, mailing


@pytest.fixture
def command(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command line, and an environment with a few flows."""
    mail = {"api": {"name": "shared_office365"}, "runtimeSource": "embedded",
            "connection": {"connectionReferenceLogicalName": "contoso_office365"}}  # fmt: skip
    first = add_flow(
        emulator,
        1,
        {"properties": {"connectionReferences": {"shared_office365": mail},
                        "definition": mailing()}, "schemaVersion": "1.0.0.0"},
        name="Daily digest", on=True, _ownerid_value=seed.ALICE,
    )  # fmt: skip
    plain = {"properties": {"connectionReferences": {}, "definition": hourly()},
             "schemaVersion": "1.0.0.0"}  # fmt: skip
    add_flow(emulator, 2, plain, name="日次レポート", _ownerid_value=seed.OPERATIONS_TEAM)
    add_flow(emulator, 3, plain, name="Weekly digest", _ownerid_value=seed.BOB)
    emulator.control.insert(
        "workflows",
        {"workflowid": "5eed0000-0000-4000-8000-0000000000dd", "name": "A desktop flow",
         "category": 6, "type": 1, "primaryentity": "none", "clientdata": "x" * 1000},
    )  # fmt: skip
    emulator.control.insert(
        "solutioncomponents",
        {"objectid": first, "componenttype": 29, "_solutionid_value": seed.SOLUTION},
    )
    return command_for(emulator, monkeypatch, capsys)


def _names(command: Command, *arguments: str) -> list[str]:
    said = command("flows", "--format", "json", *arguments)
    assert said.code == 0
    return [row["name"] for row in json.loads(said.out)]


def test_table(command: Command, emulator: Emulator) -> None:
    """One line per flow, columns aligned, owners by name, no definition fetched."""
    command("flows")
    emulator.control.clear_journal()
    lines = command("flows").out.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "OWNER", "MODIFIED", "SOLUTION", "ID"]
    assert [line.split()[0] for line in lines[1:]] == ["Daily", "Weekly", "日次レポート"]
    assert "alice@contoso.com" in lines[1]
    assert "ContosoAutomation" in lines[1]
    assert "Operations" in lines[3]
    requests = emulator.control.requests()
    assert len(requests) == 4
    assert not any("clientdata" in item["query"] for item in requests)


def test_filters(command: Command) -> None:
    """Each on its own, and together."""
    assert _names(command, "--state", "on") == ["Daily digest"]
    assert _names(command, "--name", "*DIGEST") == ["Daily digest", "Weekly digest"]
    assert _names(command, "--owner", "bob@contoso.com") == ["Weekly digest"]
    assert _names(command, "--owner", "Operations") == ["日次レポート"]
    assert _names(command, "--owner", seed.ALICE) == ["Daily digest"]
    assert _names(command, "--solution", seed.SOLUTION_NAME) == ["Daily digest"]
    assert _names(command, "--solution", seed.SOLUTION_NAME, "--state", "off") == []
    assert _names(command, "--connector", "office365") == ["Daily digest"]
    assert _names(command, "--name", "*digest", "--owner", "bob@contoso.com") == ["Weekly digest"]


def test_connectors(command: Command, emulator: Emulator) -> None:
    """They cost one more request for these few flows."""
    command("flows")
    emulator.control.clear_journal()
    said = command("flows", "--connectors", "--format", "json")
    found = {row["name"]: row["connectors"] for row in json.loads(said.out)}
    assert found == {"Daily digest": ["shared_office365"], "Weekly digest": [], "日次レポート": []}
    assert len(emulator.control.requests()) == 5
    assert "office365" in command("flows", "--connectors").out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--owner", "nobody@contoso.com"), "There is no user with email 'nobody@contoso.com'"),
        (("--solution", "Nonesuch"), "There is no solution 'Nonesuch'"),
    ],
)
def test_bad_input(command: Command, arguments: tuple[str, ...], line: str) -> None:
    """One line says what is wrong."""
    said = command("flows", *arguments)
    assert said.code == 2
    assert line in said.err
    assert said.err.count("\n") == 1


def _ran(emulator: Emulator, flow: str, status: str, hours_ago: float, **more: str) -> None:
    """A run, as the flow service writes it."""
    started = datetime.now(timezone.utc) - timedelta(hours=hours_ago)
    emulator.control.insert(
        "flowruns",
        {
            "name": f"0858{uuid.uuid4().int % 10**20}CU01",
            "status": status,
            "_workflow_value": flow,
            "starttime": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "triggertype": "Scheduled",
            **more,
        },
    )


def test_who_suspended_a_flow(command: Command, emulator: Emulator) -> None:
    """A data policy of the tenant, or the service."""
    ids = {row["name"]: row["workflowid"] for row in emulator.control.rows("workflows")}
    for name, status in (("Weekly digest", 3), ("日次レポート", 2)):
        emulator.control.patch("workflows", ids[name], {"statecode": 2, "statuscode": status})
    rows = {row["name"]: row for row in json.loads(command("flows", "--format", "json").out)}
    assert {name: row["suspended_by"] for name, row in rows.items()} == {
        "Daily digest": "",
        "Weekly digest": "data policy",
        "日次レポート": "service",
    }
    assert "suspended (data policy)" in command("flows").out
    assert _names(command, "--failing") == ["Weekly digest", "日次レポート"]


def test_failed_runs(command: Command, emulator: Emulator) -> None:
    """Counted for all flows in one more request; those that are too old do not count."""
    ids = {row["name"]: row["workflowid"] for row in emulator.control.rows("workflows")}
    digest = ids["Daily digest"]
    _ran(emulator, digest, "Succeeded", 1)
    _ran(emulator, digest, "Failed", 2, errorcode="ActionFailed")
    _ran(emulator, digest, "Failed", 3, errorcode="Older")
    _ran(emulator, digest, "Failed", 30)
    _ran(emulator, ids["Weekly digest"], "Succeeded", 2)
    command("flows")
    emulator.control.clear_journal()
    lines = command("flows", "--runs", "24h").out.splitlines()
    assert len(emulator.control.requests()) == 5
    assert lines[0].split()[:3] == ["NAME", "STATE", "RUNS"]
    assert "2 of 3 failed, ActionFailed" in lines[1]
    rows = {
        row["name"]: row["runs"]
        for row in json.loads(command("flows", "--runs", "24h", "--format", "json").out)
    }
    assert rows["Daily digest"] == {"total": 3, "failed": 2, "last_error": "ActionFailed"}
    assert rows["日次レポート"] == {"total": 0, "failed": 0, "last_error": ""}
    assert _names(command, "--failing") == ["Daily digest"]
    assert _names(command, "--failing", "--runs", "90m") == []


def test_an_environment_that_keeps_no_runs(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    """Nobody can tell: exit code 2 and one line, as `run-check` has it."""
    emulator.control.patch("organizations", seed.ORGANIZATION, {"flowruntimetoliveinseconds": 0})
    said = command("flows", "--runs", "1d")
    assert (said.code, said.out) == (2, "")
    assert "keeps no flow runs" in said.err


def test_drafts(command: Command, emulator: Emulator) -> None:
    """Those that have one, with what it would change, in two requests more."""
    assert _names(command, "--drafts") == []
    (row,) = [row for row in emulator.control.rows("workflows") if row["name"] == "Weekly digest"]
    emulator.control.draft(row["workflowid"], name="Weekly summary")
    emulator.control.clear_journal()
    (found,) = json.loads(command("flows", "--drafts", "--format", "json").out)
    assert len(emulator.control.requests()) <= 6
    assert found["name"] == "Weekly digest"
    assert "Weekly summary" in found["draft"][0]
    said = command("flows", "--drafts").out
    assert "Drafts would change:\nWeekly digest: " in said
