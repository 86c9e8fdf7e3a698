"""`pulumi-powerautomate validate`, as a shell and as GitHub see it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.cli import main
from pulumi_powerautomate.flow.validation import RULES
from tests.harness.definitions import hourly, mailing
from tests.harness.packages import FlowPart, package


def _wrong() -> dict[str, Any]:
    definition = hourly("@utcNaw()")
    definition["actions"]["Later"] = {
        "type": "Compose", "runAfter": {"Greeting": ["Succeeded"]}, "inputs": "100%, done",
    }  # fmt: skip
    return definition


def _warned() -> dict[str, Any]:
    definition = hourly()
    definition["actions"]["Greet"]["description"] = "x" * 300
    return definition


def _file(folder: Path, name: str, definition: Any) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(definition, indent=2), "utf-8")
    return str(path)


def _line_of(path: str, part: str) -> int:
    lines = Path(path).read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if part in line)


def test_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each finding, with file, line, severity, code, path and remedy."""
    path = _file(tmp_path, "wrong.json", _wrong())
    assert main(["validate", path]) == 1
    first, second, summary = capsys.readouterr().out.splitlines()
    assert first == (
        f"{path}:{_line_of(path, 'utcNaw')}: error FLOW302 actions.Greet.inputs: there is no "
        "function 'utcNaw'. Did you mean 'utcNow'?"
    )
    assert second == (
        f"{path}:{_line_of(path, 'Greeting')}: error FLOW212 actions.Later.runAfter.Greeting: "
        "there is no action 'Greeting' to wait for. Did you mean 'Greet'?"
    )
    assert summary == "1 flow: 2 errors, 0 warnings"


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 without errors, 1 with errors or, when asked to be strict, warnings; 2 without a file."""
    good = _file(tmp_path, "good.json", hourly())
    warned = _file(tmp_path, "warned.json", _warned())
    wrong = _file(tmp_path, "wrong.json", _wrong())
    assert main(["validate", good]) == 0
    assert main(["validate", "--strict", good]) == 0
    assert main(["validate", warned]) == 0
    assert main(["validate", "--strict", good, warned]) == 1
    assert main(["validate", good, wrong]) == 1
    capsys.readouterr()
    assert main(["validate", good, str(tmp_path / "nowhere.json")]) == 2
    shown = capsys.readouterr()
    assert "nowhere.json does not exist" in shown.err
    assert shown.out == ""
    with pytest.raises(SystemExit) as misused:
        main(["validate"])
    assert misused.value.code == 2


def test_folders_and_packages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder's flows, but not its other files; a package's flows, by their entries."""
    _file(tmp_path / "flows", "sub/wrong.json", _wrong())
    _file(tmp_path / "flows", "good.json", hourly())
    _file(tmp_path / "flows", "package.json", {"name": "no flow"})
    _file(tmp_path / "flows", ".hidden/wrong.json", _wrong())
    zipped = package(tmp_path / "contoso.zip", FlowPart(definition=_wrong()), FlowPart(name="B"))
    assert main(["validate", str(tmp_path / "flows"), str(zipped), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["errors"], found["warnings"]) == (4, 0)
    assert [
        (Path(item["file"]).name, item.get("entry", "").partition("-")[0], len(item["problems"]))
        for item in found["flows"]
    ] == [
        ("good.json", "", 0),
        ("wrong.json", "", 2),
        ("contoso.zip", "Workflows/First", 2),
        ("contoso.zip", "Workflows/B", 0),
    ]
    assert found["flows"][1]["problems"][0] == {
        "code": "FLOW302",
        "severity": "error",
        "path": "actions.Greet.inputs",
        "line": _line_of(str(tmp_path / "flows/sub/wrong.json"), "utcNaw"),
        "message": "there is no function 'utcNaw'.",
        "remedy": "Did you mean 'utcNow'?",
    }


def test_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The needs of code scanning: version, rules, levels, and locations that exist."""
    path = _file(tmp_path, "wrong.json", _wrong())
    warned = _file(tmp_path, "warned.json", _warned())
    assert main(["validate", path, warned, "--format", "sarif"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] in (path, warned)
        assert physical["region"]["startLine"] > 1
        assert location["logicalLocations"][0]["fullyQualifiedName"].startswith("actions.")


def test_github_annotations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Commands of a workflow run; what has a meaning in them is escaped."""
    definition = hourly()
    definition["triggers"]["Recurrence"]["recurrence"]["frequency"] = "50%,\nor: Daily"
    path = _file(tmp_path, "a,b.json", definition)
    assert main(["validate", path, "--format", "github"]) == 1
    command, summary = capsys.readouterr().out.splitlines()
    escaped = path.replace(",", "%2C")
    assert command.startswith(
        f"::error file={escaped},line={_line_of(path, '50%')},title=FLOW106::"
    )
    assert "50%25,\\nor: Daily" in command.partition("title=")[2]
    assert re.fullmatch(r"1 flow: 1 error, 0 warnings", summary)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ('{\n "triggers": {},\n "actions": }', 3, "not JSON"),
        ('{"triggers": {}, "triggers": {}}', 1, "twice"),
        ("[]", 1, "not an object"),
        ('{"name": 1}', 1, "neither triggers nor actions"),
    ],
)
def test_what_is_no_flow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, line: int, expected: str
) -> None:
    """A file that was named is reported, with the line when one is known."""
    path = tmp_path / "odd.json"
    path.write_text(text, "utf-8")
    assert main(["validate", str(path)]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(f"{path}:{line}: error FLOW100")
    assert expected in first


def test_references_of_a_bare_definition_come_from_the_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exported document brings its references; a definition alone cannot."""
    bare = _file(tmp_path, "bare.json", mailing())
    exported = _file(
        tmp_path, "exported.json",
        {"properties": {"definition": mailing(), "connectionReferences": {}}},
    )  # fmt: skip
    assert main(["validate", bare]) == 0
    capsys.readouterr()
    assert main(["validate", exported]) == 1
    assert "FLOW501" in capsys.readouterr().out
