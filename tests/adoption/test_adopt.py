"""Adoption without the engine: what is chosen, what is refused, and what a folder keeps."""

from __future__ import annotations

import ast
import json
import os
import sys
from pathlib import Path

import pytest

from pulumi_powerautomate.adoption.project_folder import added_config
from pulumi_powerautomate.emulator import Emulator, seed
from pulumi_powerautomate.provider import single_owner
from tests.harness.adopted_project import add_flow
from tests.harness.cli_runner import Command, command_for
from tests.harness.definitions import hourly, mailing
from tests.harness.interrupted_adoption import stop_anywhere

PLAIN = {"properties": {"connectionReferences": {}, "definition": hourly()},
         "schemaVersion": "1.0.0.0"}  # fmt: skip
MAILING = {
    "properties": {
        "connectionReferences": {
            "shared_office365": {
                "api": {"name": "shared_office365"},
                "connection": {"connectionReferenceLogicalName": "contoso_office365"},
                "runtimeSource": "embedded",
            }
        },
        "definition": mailing(),
    },
    "schemaVersion": "1.0.0.0",
}


_OFFICE = "/providers/Microsoft.PowerApps/apis/shared_office365"


@pytest.fixture(autouse=True)
def _one_run_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test stands for a process of its own: what another one has declared is none of its."""
    monkeypatch.setattr(single_owner, "_declared", {})


@pytest.fixture
def command(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:  # fmt: skip
    """The command line in an empty folder, and an environment with three flows."""
    first = add_flow(emulator, 1, MAILING, name="Daily digest", _ownerid_value=seed.ALICE)
    add_flow(emulator, 2, PLAIN, name="Weekly digest", _ownerid_value=seed.BOB)
    add_flow(emulator, 3, PLAIN, name="Cleanup", _ownerid_value=seed.OPERATIONS_TEAM)
    emulator.control.insert(
        "solutioncomponents",
        {"objectid": first, "componenttype": 29, "_solutionid_value": seed.SOLUTION},
    )
    emulator.control.insert(
        "solutioncomponents",
        {"objectid": "5eed0000-0000-4000-8000-00000000ffff", "componenttype": 29,
         "_solutionid_value": seed.SOLUTION},
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    return command_for(emulator, monkeypatch, capsys)


def _modules() -> set[str]:
    return {path.stem for path in Path("flows").glob("*.py")} - {"__init__"}


@pytest.mark.parametrize(
    ("arguments", "modules"),
    [
        (("--owner", "alice@contoso.com"), {"daily_digest"}),
        (("--owner", "Operations"), {"cleanup"}),
        (("--name", "*DIGEST"), {"daily_digest", "weekly_digest"}),
        (("--name", "*digest", "--owner", seed.BOB), {"weekly_digest"}),
        (("--solution", seed.SOLUTION_NAME), {"daily_digest"}),
        (("--all",), {"daily_digest", "weekly_digest", "cleanup"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_choices(command: Command, arguments: tuple[str, ...], modules: set[str]) -> None:
    """By owner, name, solution, or all."""
    said = command("adopt", *arguments)
    assert said.code == 0
    assert _modules() == modules, said.out


def test_out_of_sight(command: Command) -> None:
    """A component of a solution that the caller cannot see is named."""
    said = command("adopt", "--solution", seed.SOLUTION_NAME)
    assert "5eed0000-0000-4000-8000-00000000ffff: not visible to you" in said.out


def test_nothing_said(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal there is nobody to ask."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    said = command("adopt")
    assert (said.code, said.err) == (
        2, "error: Say what to adopt: --all, --name, --owner or --solution.\n"
    )  # fmt: skip
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("response", "modules"),
    [
        ("1", {"cleanup"}),
        ("2-3", {"daily_digest", "weekly_digest"}),
        ("1, 3", {"cleanup", "weekly_digest"}),
        ("all", {"cleanup", "daily_digest", "weekly_digest"}),
        ("", set()),
    ],
)
def test_a_numbered_list(
    command: Command, monkeypatch: pytest.MonkeyPatch, response: str, modules: set[str]
) -> None:
    """A person on a terminal picks from what is there."""
    _answering(monkeypatch, response)
    said = command("adopt")
    assert said.code == 0
    assert "   2  off        Daily digest" in said.out
    assert _modules() == modules


@pytest.mark.parametrize("response", ["4", "0", "2-1", "digest", "1-"])
def test_a_wrong_answer(command: Command, monkeypatch: pytest.MonkeyPatch, response: str) -> None:
    """It is named, and nothing is written."""
    _answering(monkeypatch, response)
    said = command("adopt")
    assert said.code == 2
    assert repr(response) in said.err
    assert list(Path().iterdir()) == []


def _answering(monkeypatch: pytest.MonkeyPatch, response: str) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda prompt: response)


def test_what_is_written(command: Command, emulator: Emulator) -> None:
    """A readable program, no secret, and no id of this environment outside its configuration."""
    command("adopt", "--all", "--project", "contoso", "--stack", "acme/prod")
    files = {str(path): path.read_text("utf-8") for path in Path().rglob("*") if path.is_file()}
    secret = emulator.environment["POWERAUTOMATE_CLIENT_SECRET"]
    assert not any(secret in text for text in files.values())
    assert json.loads(files["flows/daily_digest.json"]) == mailing()
    assert '\n  "triggers": {' in files["flows/daily_digest.json"]
    for name, text in files.items():
        if name.endswith(".py"):
            ast.parse(text)
            assert not any(id_ in text for id_ in (seed.ALICE, seed.BOB, seed.OPERATIONS_TEAM))
    assert 'contoso:principal-alice: "user/' in files["Pulumi.prod.yaml"]
    entry = json.loads(files["import.json"])["resources"][0]
    assert entry["inputs"]["__identity"].startswith("acme/urn:pulumi:prod::contoso::")


def test_interrupted(command: Command) -> None:
    """Wherever it stops, running it again completes the folder, and the import file with it."""
    stop_anywhere(command)


def test_a_definition_in_the_way(command: Command) -> None:
    """A file that is somebody's own is not taken for the flow's definition."""
    Path("flows").mkdir()
    Path("flows/cleanup.json").write_text("{}", "utf-8")
    command("adopt", "--all")
    assert Path("flows/cleanup.json").read_text("utf-8") == "{}"
    assert "cleanup_5eed0000" in _modules()


def test_what_a_person_took_out(command: Command) -> None:
    """It stays out, and out of the import file, until its line goes from adopted.json."""
    command("adopt", "--all")
    Path("flows/cleanup.py").unlink()
    Path("flows/cleanup.json").unlink()
    said = command("adopt", "--all")
    assert "1 adopted before and since taken out of the program (flows/cleanup.py)" in said.out
    assert not Path("flows/cleanup.py").exists()
    text = Path("adopted.json").read_text("utf-8")
    kept = {key: value for key, value in json.loads(text).items() if "cleanup" not in value}
    Path("adopted.json").write_text(json.dumps(kept), "utf-8")
    assert "adopted 1 flows" in command("adopt", "--all").out
    assert Path("flows/cleanup.py").exists()


def test_a_program_of_ones_own(command: Command) -> None:
    """A folder with a program keeps it; what has to be added by hand is said."""
    Path("Pulumi.yaml").write_text("name: ours\nruntime: python\n", "utf-8")
    main = "import pulumi\n\nWEEKLY = '5eed0000-0000-4000-8000-000000000002'\n"
    Path("__main__.py").write_text(main, "utf-8")
    said = command("adopt", "--all")
    assert "add `import connection_references` and `import flows` to it" in said.out
    assert Path("__main__.py").read_text("utf-8") == main
    assert _modules() == {"daily_digest", "cleanup"}
    assert "ours:principal-alice" in Path("Pulumi.dev.yaml").read_text("utf-8")


def test_another_environment(command: Command) -> None:
    """A stack that is configured for another environment is not added to."""
    text = "config:\n  powerautomate:environmentUrl: https://contoso.crm4.dynamics.com\n"
    Path("Pulumi.dev.yaml").write_text(text, "utf-8")
    said = command("adopt", "--all")
    assert said.code == 2
    assert "Pulumi.dev.yaml is for https://contoso.crm4.dynamics.com, and you are" in said.err
    assert os.listdir() == ["Pulumi.dev.yaml"]


def test_a_broken_file_of_its_own(command: Command) -> None:
    """One line says which, and nothing is written."""
    Path("adopted.json").write_text("{", "utf-8")
    said = command("adopt", "--all")
    assert said.code == 2
    assert "adopted.json is not JSON" in said.err
    assert os.listdir() == ["adopted.json"]


CONFIG = {"contoso:a": "1", "contoso:b": 'x "y"'}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'config:\n  contoso:a: "1"\n  contoso:b: "x \\"y\\""\n'),
        ("config: {}\n", 'config:\n  contoso:a: "1"\n  contoso:b: "x \\"y\\""\n'),
        (
            "encryptionsalt: v1:x\n",
            'encryptionsalt: v1:x\nconfig:\n  contoso:a: "1"\n  contoso:b: "x \\"y\\""\n',
        ),
        (
            "# top\nconfig:\n    # mine\n    contoso:a: '2' # kept\n\nencryptionsalt: v1:x\n",
            "# top\nconfig:\n    # mine\n    contoso:a: '2' # kept\n"
            '    contoso:b: "x \\"y\\""\n\nencryptionsalt: v1:x\n',
        ),
        ('config:\n  "contoso:a": 1\n  contoso:b:\n    secure: v1:z\n', None),
    ],
)
def test_configuration(before: str, after: str | None) -> None:
    """Lines are added below `config:`; every other byte stays."""
    assert added_config(before, CONFIG) == (before if after is None else after)


def test_rules_that_are_wrong_about_a_live_flow_are_ignored(
    command: Command, emulator: Emulator
) -> None:
    """With the reason beside; a flow that is off is told to be broken."""
    broken = json.loads(json.dumps(PLAIN))
    broken["properties"]["definition"]["actions"]["Greet"]["inputs"] = "@{toLower('a', 'b')}"
    for number, name, on in ((4, "Shipped", True), (5, "Half done", False)):
        state = {"statecode": 1, "statuscode": 2} if on else {"statecode": 0, "statuscode": 1}
        add_flow(emulator, number, broken, name=name, _ownerid_value=seed.ALICE, **state)
    said = command("adopt", "--name", "Shipped", "--output", ".")
    assert "is on although FLOW303" in said.out
    text = Path("flows/shipped.py").read_text("utf-8")
    assert 'ignore=["FLOW303"]' in text
    assert "# FLOW303: " in text
    ast.parse(text)
    said = command("adopt", "--name", "Half*", "--output", ".")
    assert "a program cannot declare it" in said.out
    assert "FLOW303" in said.out


def test_second_run_makes_no_false_claims(command: Command, emulator: Emulator) -> None:
    """A logical name of as many characters as an id is none."""
    name = "contoso_" + "x" * 28
    assert len(name) == 36
    row = {"connectionreferencelogicalname": name, "connectorid": _OFFICE}
    emulator.control.insert("connectionreferences", row)
    text = json.dumps(MAILING).replace("contoso_office365", name)
    add_flow(emulator, 4, json.loads(text), name="Long", _ownerid_value=seed.ALICE)
    command("adopt", "--name", "Long", "--output", ".")
    assert "since taken out" not in command("adopt", "--name", "Long", "--output", ".").out


def test_references_of_agents(command: Command, emulator: Emulator) -> None:
    """Names with dots and hyphens are adopted, into modules that Python loads."""
    name = "contoso_Coach.shared_office365.shared-office365-9f2820bba981"
    row = {"connectionreferencelogicalname": name, "connectorid": _OFFICE,
           "connectionid": "shared-office365-1"}  # fmt: skip
    emulator.control.insert("connectionreferences", row)
    text = json.dumps(MAILING).replace("contoso_office365", name)
    add_flow(emulator, 4, json.loads(text), name="Agent", _ownerid_value=seed.ALICE)
    said = command("adopt", "--name", "Agent", "--output", ".")
    assert "1 flows, 1 connection references" in said.out
    (module,) = {path.stem for path in Path("connection_references").glob("*.py")} - {"__init__"}
    assert module.isidentifier()
    assert name in (Path("connection_references") / f"{module}.py").read_text("utf-8")


def test_brackets_in_a_name_are_letters(command: Command, emulator: Emulator) -> None:
    """`*` and `?` are the only wildcards."""
    add_flow(emulator, 4, PLAIN, name="[Child] Admin | Sync", _ownerid_value=seed.ALICE)
    assert "adopted 1 flows" in command("adopt", "--name", "[Child]*", "--output", ".").out


def test_grants_to_owners_are_told(command: Command, emulator: Emulator) -> None:
    """They are not declared, and that is said; no secret is."""
    secret = json.loads(json.dumps(PLAIN))
    secret["properties"]["definition"]["actions"]["Call"] = {
        "type": "Http",
        "inputs": {"method": "GET", "uri": "https://x.org", "headers": {"x-api-key": "hunter2"}},
        "runAfter": {},
    }
    flow = add_flow(emulator, 4, secret, name="Keyed", _ownerid_value=seed.ALICE)
    emulator.control.insert(
        "principalobjectaccessset",
        {"objectid": flow, "objecttypecode": "workflow", "principalid": seed.ALICE,
         "principaltypecode": "systemuser", "accessrightsmask": 1,
         "inheritedaccessrightsmask": 0},
    )  # fmt: skip
    said = command("adopt", "--name", "Keyed", "--output", ".")
    assert "Keyed" in said.out
    assert "'Keyed': shared with the flow's own owner too" in said.out
    assert "hunter2" not in said.out


def test_drafts_are_noted(command: Command, emulator: Emulator) -> None:
    """The program has what is published, and the note says that more was saved."""
    (row,) = [row for row in emulator.control.rows("workflows") if row["name"] == "Cleanup"]
    emulator.control.draft(row["workflowid"], name="Cleanup by hand")
    said = command("adopt", "--all", "-o", ".").out
    assert "'Cleanup': a maker has saved a draft that is not published" in said
    assert "Cleanup by hand" not in Path("flows", "cleanup.py").read_text("utf-8")
