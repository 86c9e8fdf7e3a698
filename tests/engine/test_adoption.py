"""Flows that nobody wrote as code: adopted, imported, and nothing left to do."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator, seed
from tests.harness.adopted_project import (
    DIRECT,
    OFFICE,
    AdoptedProject,
    add_flow,
    document,
    share_and_place,
)
from tests.harness.corpus import FLOWS
from tests.harness.definitions import calling, hourly, mailing
from tests.harness.engine_project import EngineError, EngineProject


@pytest.fixture
def adopted(tmp_path: Path, emulator: Emulator) -> AdoptedProject:
    """A folder to adopt into."""
    return AdoptedProject(tmp_path, emulator)


def _people_left_behind(emulator: Emulator) -> None:
    """A handful of flows with everything that a program has to express."""
    alice = {"_ownerid_value": seed.ALICE}
    first = add_flow(emulator, 1, document(mailing(), shared_office365=OFFICE), on=True,
                     name="Über: \"Daily\" digest 日次", description="Two\nlines, " * 20,
                     **alice)  # fmt: skip
    add_flow(
        emulator, 2, document(hourly("twin")), name="Twin", _ownerid_value=seed.OPERATIONS_TEAM
    )
    add_flow(emulator, 3, document(hourly("twin")), name="twin", **alice)
    add_flow(
        emulator, 4, document(mailing(), shared_office365=DIRECT), name="日次レポート", **alice
    )
    add_flow(emulator, 5, document(calling(first)), name="import", on=True, **alice)
    add_flow(emulator, 6, document(hourly()), name="Theirs", ismanaged=True, **alice)
    add_flow(emulator, 7, document(hourly()), name="Held", statecode=2, statuscode=3, **alice)
    add_flow(emulator, 8, document(hourly()), name="Broken", **alice)
    emulator.control.patch("workflows", "5eed0000-0000-4000-8000-000000000008",
                           {"clientdata": None})  # fmt: skip
    share_and_place(emulator, first)


def test_a_few_flows(adopted: AdoptedProject, emulator: Emulator) -> None:
    """Adopt, import, and an empty preview; again, one more by hand, and a destroy at the end."""
    _people_left_behind(emulator)
    before = emulator.control.rows("workflows")
    printed = adopted.adopt("--all")
    assert "adopted 5 flows, 1 connection references and 2 shares" in printed
    for name, reason in (
        ("Theirs", "managed"),
        ("Held", "suspended"),
        ("Broken", "cannot be read"),
    ):
        assert re.search(rf"{name}: .*{reason}", printed)
    files = adopted.files()
    assert {Path(name).stem for name in files if name.startswith("flows/")} == {
        "__init__",
        "flow_5eed0000",
        "flow_import",
        "twin",
        "twin_5eed0000",
        "uber_daily_digest",
    }
    program = "".join(text for name, text in files.items() if name.endswith(".py"))
    for environment_specific in (seed.ALICE, seed.BOB, seed.ON_CALL_TEAM, "shared-office365-9f"):
        assert environment_specific not in program
        assert environment_specific in files["Pulumi.dev.yaml"]
    adopted.pulumi("stack", "init", "dev")
    adopted.import_all()
    emulator.control.clear_journal()
    assert adopted.changes() == {"same": 9}
    assert emulator.control.requests() == []
    assert emulator.control.rows("workflows") == before
    assert "9 unchanged" in adopted.pulumi("up", "--yes", "--skip-preview")
    depends = {
        item["urn"].rpartition("::")[2]: item.get("dependencies", [])
        for item in json.loads(adopted.pulumi("stack", "export"))["deployment"]["resources"]
    }
    assert any(urn.endswith("::uber-daily-digest") for urn in depends["flow-import"])
    assert "9 unchanged" in adopted.pulumi("refresh", "--yes", "--skip-preview")
    assert adopted.changes() == {"same": 9}

    _again_and_one_more(adopted, emulator)
    adopted.pulumi("destroy", "--yes", "--skip-preview")
    assert {row["name"] for row in emulator.control.rows("workflows")} == {
        "Theirs", "Held", "Broken"
    }  # fmt: skip


def _again_and_one_more(adopted: AdoptedProject, emulator: Emulator) -> None:
    """The person's edits stay as they are, byte by byte, and only what is new comes."""
    module = adopted.path / "flows" / "twin.py"
    module.write_text(module.read_text("utf-8") + "\n# Ask Alice before changing this.\n", "utf-8")
    config = adopted.path / "Pulumi.dev.yaml"
    mine = "# Ours\nconfig:\n  contoso:extra: '1' # kept\n"
    config.write_text(config.read_text("utf-8").replace("config:\n", mine), "utf-8")
    before = adopted.files()
    assert "adopted 0 flows" in adopted.adopt("--all")
    assert adopted.files() == before
    add_flow(emulator, 9, document(hourly("new")), name="Twin", _ownerid_value=seed.BOB)
    assert "adopted 1 flows" in adopted.adopt("--all")
    after = adopted.files()
    changed = {name for name, text in before.items() if after[name] != text}
    assert changed <= {"import.json", "adopted.json", "Pulumi.dev.yaml"}
    assert set(after) - set(before) == {
        "flows/twin_5eed0000_0000_4000_8000_000000000009.json",
        "flows/twin_5eed0000_0000_4000_8000_000000000009.py",
    }
    adopted.import_all()
    assert adopted.changes() == {"same": 10}
    assert mine in config.read_text("utf-8")


def test_credentials_in_definitions(adopted: AdoptedProject, emulator: Emulator) -> None:
    """They are told, kept from others, and encrypted in the state; the preview is empty."""
    canaries = {name: f"c4n4ry-{name}-93fa" for name in ("secure", "header", "signature", "pair")}
    definition = hourly()
    definition["parameters"] = {"pw": {"type": "SecureString", "defaultValue": canaries["secure"]}}
    definition["actions"]["Call"] = {
        "type": "Http",
        "inputs": {
            "method": "POST",
            "uri": f"https://contoso.example/run?sig={canaries['signature']}",
            "headers": {"x-api-key": canaries["header"]},
        },
        "runAfter": {},
    }
    definition["actions"]["Keep"] = {
        "type": "InitializeVariable",
        "inputs": {
            "variables": [
                {"name": "Client secret", "type": "string", "value": canaries["pair"]},
            ]
        },
        "runAfter": {},
    }
    add_flow(emulator, 1, document(definition), name="Keys", _ownerid_value=seed.ALICE)
    add_flow(emulator, 2, document(hourly()), name="Plain", _ownerid_value=seed.ALICE)
    printed = adopted.adopt("--all")
    assert "1 of them hold what looks like a credential" in printed
    assert (
        "  Keys: parameters.pw.defaultValue, actions.Call.inputs.uri, "
        "actions.Call.inputs.headers.x-api-key and 1 more"
    ) in printed
    for name, text in adopted.files().items():
        mode = stat.S_IMODE((adopted.path / name).stat().st_mode)
        holds = any(canary in text for canary in canaries.values())
        assert not holds or mode == 0o600, name
    assert stat.S_IMODE((adopted.path / "flows" / "plain.json").stat().st_mode) != 0o600
    adopted.pulumi("stack", "init", "dev")
    adopted.import_all()
    for command in ([], ["up", "--yes", "--skip-preview"], ["refresh", "--yes", "--skip-preview"]):
        told = adopted.pulumi(*command) if command else ""
        assert adopted.changes() == {"same": 3}
        state = adopted.pulumi("stack", "export")
        assert not any(canary in told + state for canary in canaries.values())
    assert "adopted 0 flows" in adopted.adopt("--all")


@pytest.mark.skipif(not FLOWS, reason="needs the corpus of real flows")
def test_every_real_flow(adopted: AdoptedProject, emulator: Emulator) -> None:
    """All flows of the corpus, some on: empty first preview; again, nothing; one more, just it."""
    for number, path in enumerate(FLOWS):
        text = json.loads(path.read_text("utf-8-sig"))
        add_flow(emulator, number, text, name=path.stem.rpartition("__")[2][:100],
                 on=number % 3 == 0, _ownerid_value=seed.ALICE)  # fmt: skip
    assert f"adopted {len(FLOWS)} flows" in adopted.adopt("--all")
    adopted.pulumi("stack", "init", "dev")
    adopted.import_all()
    emulator.control.clear_journal()
    changes = adopted.changes()
    assert set(changes) == {"same"}
    assert changes["same"] > len(FLOWS)
    assert emulator.control.requests() == []
    before = adopted.files()
    assert "adopted 0 flows" in adopted.adopt("--all")
    assert adopted.files() == before
    add_flow(emulator, 9999, document(hourly()), name="By hand", _ownerid_value=seed.ALICE)
    assert "adopted 1 flows" in adopted.adopt("--all")
    assert set(adopted.files()) - set(before) == {"flows/by_hand.json", "flows/by_hand.py"}
    adopted.import_all()
    assert adopted.changes() == {"same": changes["same"] + 1}


def test_a_flow_that_is_only_looked_at(project: EngineProject, emulator: Emulator) -> None:
    """`CloudFlow.get` reads it in previews too, follows its changes, and leaves it alone."""
    flow_id = add_flow(emulator, 1, document(mailing(), shared_office365=OFFICE), on=True,
                       name="Theirs", _ownerid_value=seed.ALICE)  # fmt: skip

    def program() -> None:
        seen = powerautomate.CloudFlow.get("seen", flow_id)
        pulumi.export("seen", pulumi.Output.all(seen.name, seen.current_state, seen.owner_id))
        pulumi.export("references", seen.connection_references)

    assert "error" not in project.preview(program)
    project.up(program)
    assert project.outputs()["seen"] == ["Theirs", "on", seed.ALICE]
    assert project.outputs()["references"]["shared_office365"]["logical_name"] == (
        "contoso_office365"
    )
    emulator.control.patch("workflows", flow_id, {"name": "Renamed"})
    project.up()
    assert project.outputs()["seen"][0] == "Renamed"
    before = emulator.control.rows("workflows")
    project.destroy()
    assert emulator.control.rows("workflows") == before


def test_a_flow_that_is_gone(project: EngineProject) -> None:
    """Looking at a flow that is not there ends in an error."""
    with pytest.raises(EngineError, match="5eed0000-0000-4000-8000-00000000dead"):
        project.preview(
            lambda: (
                powerautomate.CloudFlow.get("seen", "5eed0000-0000-4000-8000-00000000dead") and None
            )
        )
