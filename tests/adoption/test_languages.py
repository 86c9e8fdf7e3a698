"""Adoption in YAML and TypeScript without the engine: second runs, refusals, files of one's own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from pulumi_powerautomate.adoption.yaml_folder import added
from pulumi_powerautomate.emulator import Emulator, seed
from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.provider import single_owner
from tests.harness.adopted_project import OFFICE, add_flow, document
from tests.harness.cli_runner import Command, command_for
from tests.harness.definitions import calling, hourly, mailing
from tests.harness.interrupted_adoption import stop_anywhere


@pytest.fixture(autouse=True)
def _one_run_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test stands for a process of its own: what another one has declared is none of its."""
    monkeypatch.setattr(single_owner, "_declared", {})


@pytest.fixture
def command(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:
    """The command line in an empty folder; a caller whose name comes before that of its child."""
    child = add_flow(emulator, 1, document(mailing(), shared_office365=OFFICE), on=True,
                     name="Daily digest", _ownerid_value=seed.ALICE)  # fmt: skip
    add_flow(emulator, 2, document(calling(child)), name="Caller", _ownerid_value=seed.BOB)
    emulator.control.insert(
        "principalobjectaccessset",
        {"objectid": child, "objecttypecode": "workflow", "principalid": seed.ON_CALL_TEAM,
         "principaltypecode": "team", "accessrightsmask": 1, "inheritedaccessrightsmask": 0},
    )  # fmt: skip
    monkeypatch.chdir(tmp_path)
    return command_for(emulator, monkeypatch, capsys)


def _files(folder: str = ".") -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("given", ["go", "Python", ""])
def test_unknown_language(command: Command, emulator: Emulator, given: str) -> None:
    """One line with the choices, before anything is asked or written."""
    emulator.control.clear_journal()
    said = command("adopt", "--all", "--language", given)
    line = f"error: There is no language {given!r}; choose python, yaml or typescript.\n"
    assert (said.code, said.out, said.err) == (2, "", line)
    assert emulator.control.requests() == []
    assert os.listdir() == []


@pytest.mark.parametrize("first", ["python", "yaml", "typescript"])
@pytest.mark.parametrize("second", ["python", "yaml", "typescript"])
def test_folder_of_another_language(command: Command, first: str, second: str) -> None:
    """Only its own language adds to a folder, and it is the one that is taken if none is given."""
    assert command("adopt", "--name", "Caller", "--language", first, "-o", "p").code == 0
    before = _files()
    said = command("adopt", "--all", "--language", second, "-o", "p")
    if first == second:
        assert "adopted 1 flows, 1 connection references and 1 shares" in said.out
        return
    assert (said.code, said.err) == (
        2,
        f"error: The program in p is in {first}, not in {second}; leave --language out, or use "
        "another folder.\n",
    )
    assert _files() == before
    assert "adopted 1 flows" in command("adopt", "--all", "-o", "p").out


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (
            {"Pulumi.yaml": "name: p\nruntime: go\n"},
            "The program in . is for the runtime go, and python, yaml or typescript is what can be "
            "added to; use another folder.",
        ),
        (
            {"Pulumi.yaml": "name: p\nruntime: {name: nodejs}\n", "index.js": ""},
            "The program in . is JavaScript, index.js; use another folder.",
        ),
        (
            {"Pulumi.yaml": "name: p\nruntime:\n  name: yaml\n", "Main.yaml": "resources: {}\n"},
            "The program in . is Main.yaml, and entries are added to Pulumi.yaml only; use another "
            "folder.",
        ),
        (
            {"Pulumi.yaml": "name: p\nruntime: yaml\nresources: {a: {type: b}}\n"},
            "Pulumi.yaml: nothing can be added below `resources:` as it is written; give it a line "
            "of its own and each entry below it lines of its own, indented.",
        ),
        (
            {"Pulumi.yaml": '{"name": "p", "runtime": "yaml"}\n'},
            "Pulumi.yaml: nothing can be added below `config:` as it is written; give it a line of "
            "its own and each entry below it lines of its own, indented.",
        ),
    ],
)
def test_programs_that_cannot_be_added_to(
    command: Command, files: Mapping[str, str], line: str
) -> None:
    """One line says why, and nothing is written."""
    for name, text in files.items():
        Path(name).write_text(text, "utf-8")
    said = command("adopt", "--all")
    assert (said.code, said.err) == (2, f"error: {line}\n")
    assert _files() == files


def test_broken_project(command: Command) -> None:
    """The line is named."""
    Path("Pulumi.yaml").write_text("name: [\nruntime: yaml\n", "utf-8")
    said = command("adopt", "--all", "--language", "yaml")
    assert said.code == 2
    assert re.fullmatch(r"error: Pulumi\.yaml is not YAML at line \d; correct it\.\n", said.err)


@pytest.mark.parametrize("language", ["yaml", "typescript"])
def test_interrupted(command: Command, language: str) -> None:
    """Wherever it stops, running it again completes the folder, and the import file with it."""
    stop_anywhere(command, "--language", language)


@pytest.mark.parametrize("language", ["yaml", "typescript"])
def test_entries_to_import(command: Command, emulator: Emulator, language: str) -> None:
    """Types of the native provider, ids as `pulumi import` takes them, and no organization."""
    command("adopt", "--all", "--language", language, "--stack", "acme/prod", "--project", "p")
    resources = json.loads(Path("import.json").read_text("utf-8"))["resources"]
    digest = "5eed0000-0000-4000-8000-000000000001"
    assert {(item["type"].rpartition(":")[2], item["name"], item["id"]) for item in resources} == {
        ("ConnectionReference", "contoso_office365", "contoso_office365"),
        ("CloudFlow", "caller", "5eed0000-0000-4000-8000-000000000002"),
        ("CloudFlow", "daily-digest", digest),
        ("FlowShare", "daily-digest-on-call", f"{digest}/team/{seed.ON_CALL_TEAM}"),
    }
    for item in resources:
        assert item["type"].startswith("powerautomate:index:")
        urn = f"urn:pulumi:prod::p::{item['type']}::{item['name']}"
        assert item["inputs"]["__identity"] == f"organization/{urn}"
        assert not any("_" in key.lstrip("_") for key in (*item["inputs"], *item["outputs"]))
    secret = emulator.environment["POWERAUTOMATE_CLIENT_SECRET"]
    assert not any(secret in text for text in _files().values())


def test_told_as_json(command: Command) -> None:
    """The same members in every language."""
    told = [
        json.loads(command("adopt", "--all", "--language", language, "--format", "json",
                           "-o", language).out)
        for language in ("python", "yaml", "typescript")
    ]  # fmt: skip
    for one in told:
        del one["folder"]
    assert told[0] == told[1] == told[2]
    assert told[0]["flows"] == ["Caller", "Daily digest"]


def test_next_steps(command: Command) -> None:
    """The needs of each language before its stack are told first."""
    after = {
        language: command("adopt", "--all", "--language", language, "-o", language).out.partition(
            f"next, in {language}:\n"
        )[2]
        for language in ("python", "yaml", "typescript")
    }
    assert after["python"].startswith("  pulumi stack init dev")
    assert "pulumi-resource-powerautomate on PATH" in after["yaml"].splitlines()[0]
    assert after["typescript"].startswith("  pulumi package add ")
    assert all(text.endswith(after["python"]) for text in after.values())


def test_flow_that_was_taken_out(command: Command) -> None:
    """It stays out of a program in YAML, and of the file to import."""
    command("adopt", "--all", "--language", "yaml")
    text = Path("Pulumi.yaml").read_text("utf-8")
    start = text.index("  caller:\n")
    rest = text[start:].index("  daily-digest:\n")
    Path("Pulumi.yaml").write_text(text[:start] + text[start + rest :], "utf-8")
    said = command("adopt", "--all")
    assert "1 adopted before and since taken out of the program (flows/caller.json)" in said.out
    assert "caller:" not in Path("Pulumi.yaml").read_text("utf-8")


def test_yaml_of_ones_own(command: Command, emulator: Emulator) -> None:
    """Entries come in the file's own indentation, and refer to what it declares already."""
    mine = (
        "# Ours\nname: ours\nruntime: yaml\n\nconfig:\n    region: west # kept\n\n"
        "resources:\n    # The mailbox\n    mail:\n"
        "        type: powerautomate:ConnectionReference\n"
        "        properties: {logicalName: contoso_office365, connector: shared_office365}\n"
        "    child:\n        type: powerautomate:index:CloudFlow\n        properties:\n"
        "            workflowId: 5eed0000-0000-4000-8000-000000000001\n"
        "            definition: {}\n\noutputs:\n    a: ${mail.logicalName}"
    )
    Path("Pulumi.yaml").write_text(mine, "utf-8")
    add_flow(emulator, 3, document(mailing(), shared_office365=OFFICE), name="Mail",
             _ownerid_value=seed.ALICE)  # fmt: skip
    said = command("adopt", "--all")
    assert "adopted 2 flows, 0 connection references and 0 shares" in said.out
    text = Path("Pulumi.yaml").read_text("utf-8")
    rest = iter(text.splitlines())
    assert all(line in rest for line in mine.splitlines())
    resources = yaml.safe_load(text)["resources"]
    assert list(resources) == ["mail", "child", "caller", "mail-5eed0000"]
    assert resources["caller"]["options"] == {"dependsOn": ["${child}"]}
    assert resources["mail-5eed0000"]["properties"]["connectionReferences"] == {
        "shared_office365": "${mail.logicalName}"
    }
    assert "\n    caller:\n      type: " in text


def test_typescript_of_ones_own(command: Command) -> None:
    """Its files stay; what has to be added by hand is said."""
    mine = {"Pulumi.yaml": "name: ours\nruntime: nodejs\n", "index.ts": "export const a = 1;\n",
            "package.json": "{}\n", "flows/index.ts": 'import "./mine";'}  # fmt: skip
    Path("flows").mkdir()
    for name, text in mine.items():
        Path(name).write_text(text, "utf-8")
    said = command("adopt", "--all")
    assert (
        'index.ts is your own: add `import "./connection_references";` and `import "./flows";`'
        in said.out
    )
    after = _files()
    assert all(after[name] == text for name, text in mine.items() if name != "flows/index.ts")
    assert after["flows/index.ts"] == (
        'import "./mine";\nimport "./caller";\nimport "./daily_digest";\n'
    )


def test_circular_calls(command: Command, emulator: Emulator) -> None:
    """Resources never wait for each other, whatever calls whatever, itself included."""
    ids = [f"5eed0000-0000-4000-8000-{number:012x}" for number in (11, 12, 13)]
    for number, called in enumerate(([ids[1], ids[0]], [ids[2]], [ids[0]])):
        add_flow(emulator, 11 + number, document(calling(*called)), name=f"Circle {number}",
                 _ownerid_value=seed.ALICE)  # fmt: skip
    command("adopt", "--all", "--language", "yaml")
    resources = yaml.safe_load(Path("Pulumi.yaml").read_text("utf-8"))["resources"]
    waits = {
        key: [item[2:-1] for item in (entry.get("options") or {}).get("dependsOn", [])]
        for key, entry in resources.items()
    }
    done: set[str] = set()
    while more := {key for key, needs in waits.items() if key not in done and done >= {*needs}}:
        done |= more
    assert done == set(waits)
    assert sum(len(needs) for key, needs in waits.items() if key.startswith("circle")) == 2


def test_texts_that_are_no_expressions(command: Command, emulator: Emulator) -> None:
    """Names and descriptions come through whatever they look like."""
    texts = ("on", "${pulumi.stack}", "$${a}", "$$", "no: # yes", "- x", "1.0", "null", "~",
             "'\"", "\\u0041", "\u2028 \x85 \u202e", "fn::secret", "{a}", "*b", "日次")  # fmt: skip
    for number, text in enumerate(texts, 20):
        add_flow(emulator, number, document(hourly()), name=text, description=text,
                 _ownerid_value=seed.ALICE)  # fmt: skip
    assert f"adopted {len(texts) + 2} flows" in command("adopt", "--all", "--language", "yaml").out
    resources = yaml.load(Path("Pulumi.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)[
        "resources"
    ]
    found = {
        item["properties"]["description"]
        for item in resources.values()
        if "description" in item["properties"]
    }
    as_read = {text.replace("$", "$$") if "${" in text or "$$" in text else text for text in texts}
    assert found == as_read


ENTRIES = {"resources": {"b": "b:\n  type: x\n"}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "resources:\n  b:\n    type: x\n"),
        ("name: p", "name: p\nresources:\n  b:\n    type: x\n"),
        ("resources: {}\n", "resources:\n  b:\n    type: x\n"),
        ("resources:\noutputs: {}\n", "resources:\n  b:\n    type: x\noutputs: {}\n"),
        (
            "resources: # ours\n  # a\n  a:\n    type: y\n  # the end\n\noutputs: {}\n",
            "resources: # ours\n  # a\n  a:\n    type: y\n  # the end\n  b:\n    type: x\n\n"
            "outputs: {}\n",
        ),
        (
            "resources:\n\n    a:\n        text: |\n            x\n\n            y\n",
            "resources:\n\n    a:\n        text: |\n            x\n\n            y\n"
            "    b:\n      type: x\n",
        ),
        (
            "resources:\r\n  a: {}\r\nx: y\r\n",
            "resources:\r\n  a: {}\r\n  b:\n    type: x\nx: y\r\n",
        ),
    ],
)
def test_entries_are_added(before: str, after: str) -> None:
    """Below their key, with every other byte as it was."""
    assert added(before, ENTRIES) == after


@pytest.mark.parametrize(
    "text",
    ["resources: {a: 1}\n", "resources: [a]\n", "resources: text\n", '{"resources": {}}\n',
     "resources:\n- a\n", '"resources":\n  a: 1\n', "a: 1\n...\n", "a: 1\n---\nb: 1\n",
     "resources:\n  b:\n    type: y\n", "a:\n  b: |\n    resources:\nresources: &x\n  a: 1\n"],
)  # fmt: skip
def test_entries_that_cannot_be_added(text: str) -> None:
    """They are refused, and named."""
    with pytest.raises(InvalidInputError, match=r"Pulumi\.yaml"):
        added(text, ENTRIES)
