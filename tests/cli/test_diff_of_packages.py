"""`diff`, `diagram`, `report` and `settings` of solution packages and folders."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.cli import main
from tests.harness.definitions import hourly, mailing
from tests.harness.packages import SECOND, FlowPart, package
from tests.harness.previews import printed, step

_THIRD = "a0000000-0000-4000-8000-000000000003"


def _older(path: Path) -> Path:
    return package(
        path,
        FlowPart(),
        FlowPart(SECOND, "Second"),
        references={"contoso_sql": "shared_sql", "contoso_mail": "shared_office365"},
        variables={"contoso_to": "ops@contoso.com", "contoso_gone": "x"},
    )


def _newer(path: Path) -> Path:
    return package(
        path,
        FlowPart(definition=hourly("Bye")),
        FlowPart(_THIRD, "Third", mailing(), on=False),
        version="1.1.0.0",
        references={"contoso_sql": "shared_sql", "contoso_mail": "shared_outlook"},
        variables={"contoso_to": "it@contoso.com", "contoso_new": "1"},
    )


_SENTENCES = [
    "The connection reference contoso_mail is for shared_outlook instead of shared_office365.",
    "The environment variable contoso_gone is removed.",
    "Environment variable contoso_to, default: ops@contoso.com → it@contoso.com.",
    "The environment variable contoso_new (string) is added.",
    "Solution Contoso goes from version 1.0.0.0 to 1.1.0.0.",
    "The flow Second is removed.",
    '  "Greet", value: "Hello" → "Bye".',
    "The flow Third is added (2 actions, started by a schedule, every hour, off).",
]


def _sentences(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.endswith(".")]


def test_packages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Differences in the solution, its references, variables and flows; none with itself."""
    older, newer = str(_older(tmp_path / "a.zip")), str(_newer(tmp_path / "b.zip"))
    assert main(["diff", older, newer]) == 1
    assert sorted(_sentences(capsys.readouterr().out)) == sorted(_SENTENCES)
    assert main(["diff", older, older]) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert main(["diff", older, newer, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {flow["name"]: flow["changes"][0]["kind"] for flow in found["flows"]} == {
        "First": "value-changed", "Second": "flow-removed", "Third": "flow-added",
    }  # fmt: skip
    assert main(["diff", older, newer, "--format", "markdown"]) == 1
    markdown = capsys.readouterr().out
    assert markdown.count("```mermaid") == 2
    assert "<details><summary><b>First</b>: 1 change</summary>" in markdown


def test_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of unpacked solutions, which are packages; and of flows alone, by their path."""
    older, newer = _older(tmp_path / "a.zip"), _newer(tmp_path / "b.zip")
    for name in ("a", "b"):
        assert main(["unpack", str(tmp_path / f"{name}.zip"), str(tmp_path / name)]) == 0
    capsys.readouterr()
    assert main(["diff", str(tmp_path / "a"), str(newer)]) == 1
    assert sorted(_sentences(capsys.readouterr().out)) == sorted(_SENTENCES)
    assert main(["diff", str(tmp_path / "a"), str(older)]) == 0
    for name, texts in (("one", {"x": "Hello", "y": "1"}), ("two", {"x": "Bye", "z": "1"})):
        (tmp_path / name).mkdir()
        for file, text in texts.items():
            (tmp_path / name / f"{file}.json").write_text(json.dumps(hourly(text)), "utf-8")
    capsys.readouterr()
    assert main(["diff", str(tmp_path / "one"), str(tmp_path / "two")]) == 1
    assert _sentences(capsys.readouterr().out) == [
        "The flow y.json is removed.",
        '  "Greet", value: "Hello" → "Bye".',
        "The flow z.json is added (1 action, started by a schedule, every hour).",
    ]


def test_a_flow_and_a_package_are_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line; exit code 2."""
    (tmp_path / "flow.json").write_text(json.dumps(hourly()), "utf-8")
    older = str(_older(tmp_path / "a.zip"))
    assert main(["diff", str(tmp_path / "flow.json"), older]) == 2
    assert "compare two of a kind" in capsys.readouterr().err


def test_diagram_of_one_flow_of_a_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named by its name or id; without a name, the flows are listed."""
    older, newer = str(_older(tmp_path / "a.zip")), str(_newer(tmp_path / "b.zip"))
    assert main(["diagram", newer]) == 2
    assert "First, Third" in capsys.readouterr().err
    assert main(["diagram", newer, "--flow", "first", "--since", older]) == 0
    assert "class n1 changed" in capsys.readouterr().out
    assert main(["diagram", newer, "--flow", _THIRD]) == 0
    assert "Send mail" in capsys.readouterr().out
    assert main(["diagram", newer, "--flow", "Third", "--since", older]) == 2
    assert "has no flow 'Third'" in capsys.readouterr().err


def _preview(folder: Path, before: Path, after: Path) -> str:
    inputs = [
        {"package": "dist/p.zip", "solution": "Contoso", "version": version,
         "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path, version in ((before, "1.0.0.0"), (after, "1.1.0.0"))
    ]  # fmt: skip
    text = printed(step("update", "SolutionImport", "contoso", *inputs))
    (folder / "preview.json").write_text(text, "utf-8")
    return str(folder / "preview.json")


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def test_report_compares_with_the_package_in_git(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that was imported last is found by its hash in the history of the file."""
    folder = tmp_path / "dist"
    folder.mkdir()
    older = _older(tmp_path / "a.zip")
    (folder / "p.zip").write_bytes(older.read_bytes())
    _git(tmp_path, "init", "-q")
    _git(tmp_path, "add", "dist")
    _git(tmp_path, "commit", "-q", "-m", "older")
    newer = _newer(folder / "p.zip")
    preview = _preview(tmp_path, older, newer)
    assert main(["report", preview, "--folder", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "| ⚠️ contoso | SolutionImport | **update** |" in text
    assert "The flow Second is removed." in text
    assert '"Greet", value: "Hello" → "Bye".' in text
    assert text.count("```mermaid") == 2


def test_report_says_when_the_package_is_not_at_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The older one, or the one of the preview itself."""
    folder = tmp_path / "dist"
    folder.mkdir()
    older, newer = _older(tmp_path / "a.zip"), _newer(folder / "p.zip")
    preview = _preview(tmp_path, older, newer)
    assert main(["report", preview, "--folder", str(tmp_path)]) == 0
    assert "nor in the git history of it" in capsys.readouterr().out
    newer.unlink()
    assert main(["report", preview, "--folder", str(tmp_path)]) == 0
    assert "is not the package of the preview" in capsys.readouterr().out


def test_settings_file_of_a_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As `pac solution create-settings` writes it; values of an earlier file are kept."""
    older, newer = str(_older(tmp_path / "a.zip")), str(_newer(tmp_path / "b.zip"))
    target = tmp_path / "prod.json"
    assert main(["settings", older, "-o", str(target)]) == 0
    document: dict[str, Any] = json.loads(target.read_text("utf-8"))
    assert document == {
        "EnvironmentVariables": [
            {"SchemaName": "contoso_gone", "Value": ""},
            {"SchemaName": "contoso_to", "Value": ""},
        ],
        "ConnectionReferences": [
            {
                "LogicalName": name,
                "ConnectionId": "",
                "ConnectorId": f"/providers/Microsoft.PowerApps/apis/{connector}",
            }
            for name, connector in (
                ("contoso_mail", "shared_office365"), ("contoso_sql", "shared_sql")
            )
        ],
    }  # fmt: skip
    document["EnvironmentVariables"][1]["Value"] = "desk@contoso.com"
    document["ConnectionReferences"][1]["ConnectionId"] = "shared-sql-1"
    target.write_text(json.dumps(document), "utf-8")
    capsys.readouterr()
    assert main(["settings", newer, "-o", str(target)]) == 0
    assert "dropped contoso_gone" in capsys.readouterr().out
    kept = json.loads(target.read_text("utf-8"))
    assert {item["SchemaName"]: item["Value"] for item in kept["EnvironmentVariables"]} == {
        "contoso_new": "", "contoso_to": "desk@contoso.com",
    }  # fmt: skip
    assert kept["ConnectionReferences"][1]["ConnectionId"] == "shared-sql-1"
    assert kept["ConnectionReferences"][0]["ConnectorId"].endswith("/shared_outlook")
