"""`flows`: what an operator sees, and in how many requests."""

from __future__ import annotations

import json

import pytest

from pulumi_powerautomate.emulator import Emulator, seed
from tests.adopted_project import add_flow
from tests.cli_runner import Command, command_for
from tests.cloud_flow.definitions import hourly, mailing


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
