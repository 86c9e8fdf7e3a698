"""
Names are data: printed, logged or drawn, they do nothing.

The rules by which logs are read are those of the systems that read them: GitHub's runner trims a
line and takes `::` at its start, or `##[` anywhere, for a command; the agent of Azure Pipelines
takes `##vso[` anywhere (actions/runner, `ActionCommand.cs`; microsoft/azure-pipelines-agent,
`Command.cs`). A drawing is judged by expat.
"""

from __future__ import annotations

import ast
import json
import re
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pytest

from pulumi_powerautomate.adoption import program
from pulumi_powerautomate.adoption.literals import quoted
from pulumi_powerautomate.emulator import Emulator, seed
from pulumi_powerautomate.errors import InvalidInputError, one_line
from pulumi_powerautomate.flow import validate
from pulumi_powerautomate.provider import failure
from pulumi_powerautomate.review import read_preview, report
from pulumi_powerautomate.terminal import json_text, shown
from tests.harness.adopted_project import add_flow
from tests.harness.cli_runner import Command, command_for
from tests.harness.definitions import hourly
from tests.harness.hostile_names import NAMES
from tests.harness.previews import flow_inputs, printed, step

_MOVES = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)


def _harmless(text: str) -> None:
    """Nothing in a text moves a cursor, turns text around, or is a command to a log's reader."""
    assert not _MOVES.search(text), ascii(text)
    for line in text.split("\n"):
        assert not line.strip().startswith("::"), ascii(line)
        assert not re.search(r"(?i)##(\[|vso\[|teamcity\[)", line), ascii(line)


def _document(name: str) -> dict[str, Any]:
    definition = hourly(name)
    definition["actions"][name or "a"] = {"type": name, "runAfter": {name: ["Nonsense"]}}
    return {"properties": {"connectionReferences": {}, "definition": definition}}


@pytest.fixture
def command(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command line, signed in."""
    return command_for(emulator, monkeypatch, capsys)


@pytest.fixture
def emulated(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An environment with a flow of each name, each of which has failed lately."""
    plain = {**_document("Greet"), "schemaVersion": "1.0.0.0"}
    plain["properties"]["definition"] = hourly()
    for number, name in enumerate(NAMES, 1):
        flow = add_flow(emulator, number, plain, name=name, on=True, _ownerid_value=seed.ALICE)
        moment = datetime.now(timezone.utc) - timedelta(minutes=5)
        emulator.control.insert(
            "flowruns",
            {
                "name": f"0858{uuid.uuid4().int % 10**20}CU01",
                "status": "Failed",
                "_workflow_value": flow,
                "starttime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "errorcode": name,
                "errormessage": name,
            },
        )
    return emulator


def test_flows_of_an_environment(command: Command, emulated: Emulator) -> None:
    """`flows` and `run-check`: one row for each flow, whatever it is called."""
    table = command("flows")
    _harmless(table.out)
    assert table.out.count("\n") == len(NAMES) + 1
    listed = command("flows", "--format", "json")
    _harmless(listed.out)
    assert {row["name"] for row in json.loads(listed.out)} == set(NAMES)
    for number, name in enumerate(NAMES, 1):
        said = command("run-check", f"5eed0000-0000-4000-8000-{number:012x}")
        _harmless(said.out)
        assert said.out.count("\n") == 2, ascii(name)
        _harmless(said.err)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_flows_of_files(name: str, command: Command, tmp_path: Path) -> None:
    """`diff`, `validate` and `diagram` of a pull request from anybody."""
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(_document("Greet")))
    after.write_text(json.dumps(_document(name)))
    for arguments in (
        *(("diff", str(before), str(after), "--format", kind) for kind in ("text", "markdown")),
        ("diff", str(before), str(after), "--format", "json"),
        ("validate", str(after)),
        ("validate", str(after), "--format", "json"),
        ("validate", str(after), "--format", "sarif"),
        ("diagram", str(after)),
        ("diagram", str(after), "-o", str(tmp_path / "x.mmd")),
    ):
        said = command(*arguments)
        _harmless(said.out + said.err)
        # A NUL is refused in a line, by all that reads definitions.
        assert said.code in (0, 1) or "\0" in name, said.err
        if "json" in arguments and said.out:
            json.loads(said.out)
    said = command("validate", str(after), "--format", "github")
    for line in said.out.splitlines()[:-1]:
        assert re.match(r"::(error|warning) file=[^:]*,line=\d+,title=FLOW\d+::", line), ascii(line)
        _harmless(line.partition("::")[2])
    if command("diagram", str(after), "-o", str(tmp_path / "x.svg")).code != 0:
        assert "\0" in name
        return
    expat.ParserCreate().Parse((tmp_path / "x.svg").read_bytes(), True)
    assert not _MOVES.search((tmp_path / "x.svg").read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_reports_and_diagnostics(name: str) -> None:
    """The comment of a pull request, and what the engine is given to print."""
    inputs = flow_inputs(_document(name)["properties"]["definition"], name=name)
    text = printed(step("update", "CloudFlow", name, flow_inputs(hourly()), inputs))
    _harmless(report(read_preview(text), title=name, limit=65_536))
    _harmless(str(InvalidInputError(f"flow {name}: no")))
    _harmless(f"error: {one_line(name)}")
    _harmless(failure(f"{name}\n{name}").reason)
    for problem in validate(_document(name)["properties"]["definition"], {}):
        _harmless(str(problem))


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_json_says_the_same(name: str) -> None:
    """Programs read the very name out of what is safe to print."""
    assert json.loads(json_text({name: [name]})) == {name: [name]}
    _harmless(shown(name))
    _harmless(json_text({name: [name]}))


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_adopted_names(name: str) -> None:
    """Names and descriptions in a generated module are exact, in any mapping and any length."""
    for value in (name, name * 40, f"{name} " * 40, f"{name}\n" * 40):
        for written in (quoted(value), program._long_text(value)):
            call = program._call(
                "X", "x", [("a", written), ("b", program._mapping({value: value}))]
            )
            found = ast.parse(call).body[0]
            assert isinstance(found, ast.Expr)
            assert isinstance(found.value, ast.Call)
            arguments = [ast.literal_eval(item.value) for item in found.value.keywords]
            assert arguments == [value, {value: value}]


def test_adopting_every_name(
    command: Command, emulated: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`adopt` prints nothing that acts, and the modules hold the names."""
    monkeypatch.chdir(tmp_path)
    said = command("adopt", "--all")
    assert said.code == 0, said.err
    _harmless(said.out + said.err)
    found = set()
    for path in Path("flows").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "name":
                found.add(ast.literal_eval(node.value))
    assert found >= {name for name in NAMES if "\0" not in name}


@pytest.mark.parametrize("language", ["yaml", "typescript"])
def test_adopting_every_name_in_other_languages(
    command: Command, emulated: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:  # fmt: skip
    """The output does nothing, and the program holds the names, each on a line of its own."""
    monkeypatch.chdir(tmp_path)
    said = command("adopt", "--all", "--language", language)
    assert said.code == 0, said.err
    _harmless(said.out + said.err)
    files = [*Path("flows").glob("*.ts"), *Path().glob("Pulumi.yaml")]
    lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
    values = (line.strip().removeprefix("name: ").rstrip(",") for line in lines if "name: " in line)
    found = {json.loads(value) for value in values if value.startswith('"')}
    assert found >= {name for name in NAMES if "\0" not in name}
