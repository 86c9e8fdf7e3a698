"""Flows that exist, adopted into a program in YAML: imported, and nothing left to do."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

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
from tests.harness.hostile_names import NAMES

pytestmark = pytest.mark.engine

AGENT = "contoso_Coach.shared_office365.shared-office365-9f2820bba981"


@pytest.fixture
def adopted(tmp_path: Path, emulator: Emulator) -> AdoptedProject:
    """A folder to adopt into, in YAML."""
    return AdoptedProject(tmp_path, emulator, "yaml")


def people_left_behind(emulator: Emulator) -> None:
    """Flows with everything that a program has to express; the caller's name comes first."""
    alice = {"_ownerid_value": seed.ALICE}
    first = add_flow(emulator, 1, document(mailing(), shared_office365=OFFICE), on=True,
                     name="Über: \"Daily\" ${digest} $$ 日次", description="Two\nlines: #, " * 20,
                     **alice)  # fmt: skip
    add_flow(
        emulator, 2, document(hourly("twin")), name="Twin", _ownerid_value=seed.OPERATIONS_TEAM
    )
    add_flow(emulator, 3, document(hourly("twin")), name="twin", on=True, **alice)
    add_flow(emulator, 4, document(mailing(), shared_office365=DIRECT), name="日次", **alice)
    add_flow(emulator, 5, document(calling(first)), name="Caller", on=True, **alice)
    _insert_reference(emulator, AGENT)
    agent = {**OFFICE, "connection": {"connectionReferenceLogicalName": AGENT}}
    invoked = {**mailing(), "triggers": calling()["triggers"]}
    agent["runtimeSource"] = "invoker"
    add_flow(emulator, 6, document(invoked, shared_office365=agent), name="Pulumi", **alice)
    broken = hourly()
    broken["actions"]["Greet"] = {"type": "Compose", "inputs": "@{toLower('a', 'b')}"}
    add_flow(emulator, 7, document(broken), name="Principal alice", on=True, **alice)
    keyed = hourly()
    keyed["parameters"] = {"pw": {"type": "SecureString", "defaultValue": "c4n4ry-93fa"}}
    add_flow(emulator, 8, document(keyed), name="Keys", **alice)
    share_and_place(emulator, first)


def _insert_reference(emulator: Emulator, name: str) -> None:
    emulator.control.insert(
        "connectionreferences",
        {"connectionreferencelogicalname": name, "connectionreferencedisplayname": "Coach",
         "connectorid": DIRECT["id"], "connectionid": "shared-office365-1"},
    )  # fmt: skip


def _nothing_to_do(adopted: AdoptedProject, emulator: Emulator) -> None:
    """An empty preview, for which nothing is asked."""
    emulator.control.clear_journal()
    printed = adopted.pulumi("preview", "--expect-no-changes")
    assert "by the id" not in printed
    assert emulator.control.requests() == []


def test_a_few_flows(adopted: AdoptedProject, emulator: Emulator) -> None:
    """Adopt, import, and an empty preview; then up, refresh, once more, and destroy."""
    people_left_behind(emulator)
    before = emulator.control.rows("workflows")
    printed = adopted.adopt("--all")
    assert "adopted 8 flows, 2 connection references and 2 shares" in printed
    adopted.pulumi("stack", "init", "dev")
    emulator.control.clear_journal()
    adopted.import_all()
    assert emulator.control.requests() == []
    _nothing_to_do(adopted, emulator)
    assert "13 unchanged" in adopted.pulumi("up", "--yes", "--skip-preview")
    _depends(adopted)
    assert "13 unchanged" in adopted.pulumi("refresh", "--yes", "--skip-preview")
    _nothing_to_do(adopted, emulator)
    assert emulator.control.rows("workflows") == before
    state = adopted.pulumi("stack", "export")
    assert "c4n4ry" not in state
    _again_and_one_more(adopted, emulator)
    adopted.pulumi("destroy", "--yes", "--skip-preview")
    assert emulator.control.rows("workflows") == []


def _depends(adopted: AdoptedProject) -> None:
    """A caller comes after the flow that it calls, and that after its connection reference."""
    resources = json.loads(adopted.pulumi("stack", "export"))["deployment"]["resources"]
    depends = {
        item["urn"].rpartition("::")[2]: [
            urn.rpartition("::")[2] for urn in item.get("dependencies", [])
        ]
        for item in resources
    }
    assert depends["caller"] == ["uber-daily-digest"]
    assert depends["uber-daily-digest"] == ["contoso_office365"]
    assert depends["pulumi"] == [AGENT]
    assert depends["uber-daily-digest-bob"] == ["uber-daily-digest"]


def _again_and_one_more(adopted: AdoptedProject, emulator: Emulator) -> None:
    """The person's edits stay as they are, byte by byte, and only what is new comes."""
    project = adopted.path / "Pulumi.yaml"
    mine = project.read_text("utf-8").replace("resources:\n", "resources: # ours\n")
    project.write_text(mine + "outputs:\n  state: ${caller.currentState}\n", "utf-8")
    before = adopted.files()
    assert "adopted 0 flows" in adopted.adopt("--all")
    assert adopted.files() == before
    caller = "5eed0000-0000-4000-8000-000000000005"
    add_flow(emulator, 9, document(calling(caller)), name="twin", on=True, _ownerid_value=seed.BOB)
    assert "adopted 1 flows" in adopted.adopt("--all")
    after = adopted.files()
    changed = {name for name, text in before.items() if after[name] != text}
    assert changed <= {"import.json", "adopted.json", "Pulumi.yaml"}
    added = {name for name in after if name not in before}
    assert added == {"flows/twin_5eed0000_0000_4000_8000_000000000009.json"}
    rest = iter(after["Pulumi.yaml"].splitlines())
    assert all(line in rest for line in before["Pulumi.yaml"].splitlines())
    adopted.import_all()
    _nothing_to_do(adopted, emulator)
    adopted.pulumi("up", "--yes", "--skip-preview")
    assert yaml.safe_load(after["Pulumi.yaml"])["resources"][
        "twin-5eed0000-0000-4000-8000-000000000009"
    ]["options"] == {"dependsOn": ["${caller}"]}


def test_what_is_private(adopted: AdoptedProject, emulator: Emulator) -> None:
    """Credentials are told, kept from others, and a secret of the program."""
    people_left_behind(emulator)
    printed = adopted.adopt("--all")
    assert "  Keys: parameters.pw.defaultValue" in printed
    files = adopted.files()
    for name, text in files.items():
        mode = stat.S_IMODE((adopted.path / name).stat().st_mode)
        assert "c4n4ry" not in text or mode == 0o600, name
    resources: dict[str, Any] = yaml.safe_load(files["Pulumi.yaml"])["resources"]
    assert resources["keys"]["properties"]["definition"] == {
        "fn::secret": {"fn::readFile": "flows/keys.json"}
    }
    assert seed.ALICE not in files["Pulumi.yaml"]


def test_another_environment(adopted: AdoptedProject, emulator: Emulator) -> None:
    """The program makes the same flows elsewhere, the called one first, one after the other."""
    alice = {"_ownerid_value": seed.ALICE, "on": True}
    child = add_flow(emulator, 1, document(calling()), name="Z", **alice)
    add_flow(emulator, 2, document(calling(child)), name="A", **alice)
    add_flow(emulator, 3, document(mailing(), shared_office365=OFFICE), name="Mail", **alice)
    adopted.adopt("--all")
    with Emulator() as other:
        key = "POWERAUTOMATE_ENVIRONMENT_URL"
        config = (adopted.path / "Pulumi.dev.yaml").read_text("utf-8")
        config = config.replace(emulator.environment[key], other.environment[key])
        (adopted.path / "Pulumi.prod.yaml").write_text(config, "utf-8")
        adopted.environment.update(other.environment)
        adopted.pulumi("stack", "init", "prod")
        adopted.pulumi("up", "--yes", "--skip-preview", "--parallel", "1")
        assert {row["name"]: row["statecode"] for row in other.control.rows("workflows")} == {
            "Z": 1, "A": 1, "Mail": 1
        }  # fmt: skip
        adopted.pulumi("preview", "--expect-no-changes")


def test_every_name(adopted: AdoptedProject, emulator: Emulator) -> None:
    """Whatever flows are called, YAML reads the very name."""
    more = ("${pulumi.stack}", "$${a}", "$$", "on", "1.0", "- x", "fn::a")
    names = [name for name in (*NAMES, *more) if "\0" not in name]
    for number, name in enumerate(names, 1):
        add_flow(emulator, number, document(hourly()), name=name, description=name,
                 _ownerid_value=seed.ALICE)  # fmt: skip
    assert f"adopted {len(names)} flows" in adopted.adopt("--all")
    adopted.pulumi("stack", "init", "dev")
    adopted.import_all()
    _nothing_to_do(adopted, emulator)


@pytest.mark.skipif(not FLOWS, reason="needs the corpus of real flows")
@pytest.mark.timeout(600)
def test_every_real_flow(adopted: AdoptedProject, emulator: Emulator) -> None:
    """All flows of the corpus, some on: empty first preview; again, nothing; one more, just it."""
    for number, path in enumerate(FLOWS):
        text = json.loads(path.read_text("utf-8-sig"))
        add_flow(emulator, number, text, name=path.stem.rpartition("__")[2][:100],
                 on=number % 3 == 0, _ownerid_value=seed.ALICE)  # fmt: skip
    assert f"adopted {len(FLOWS)} flows" in adopted.adopt("--all")
    adopted.pulumi("stack", "init", "dev")
    adopted.import_all()
    _nothing_to_do(adopted, emulator)
    before = adopted.files()
    assert "adopted 0 flows" in adopted.adopt("--all")
    assert adopted.files() == before
    add_flow(emulator, 9999, document(hourly()), name="By hand", _ownerid_value=seed.ALICE)
    assert "adopted 1 flows" in adopted.adopt("--all")
    assert set(adopted.files()) - set(before) == {"flows/by_hand.json"}
    adopted.import_all()
    _nothing_to_do(adopted, emulator)
