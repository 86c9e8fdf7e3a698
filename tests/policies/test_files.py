"""`validate --policy`: the rules on files and packages, in every format."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_powerautomate.solution import packed
from tests.harness.tools import ROOT

_PAGE = (ROOT / "sdk-docs" / "policies.md").read_text("utf-8")
_README = (ROOT / "examples" / "policies" / "README.md").read_text("utf-8")


def _validate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate", "validate", *arguments],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A flow with a key in it that anybody may start, a package, and the policies of the page."""
    (policies,) = re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)
    (tmp_path / "policies.json").write_text(policies, "utf-8")
    definition = {
        "$schema": "x",
        "triggers": {"T": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}},
        "actions": {
            "Ask": {
                "type": "Http",
                "runAfter": {},
                "inputs": {
                    "method": "GET",
                    "uri": "https://contoso.com",
                    "headers": {"api-key": "0123456789abcdef"},
                },
            }
        },
    }
    (tmp_path / "flows").mkdir()
    exported = {"properties": {"displayName": "ask", "definition": definition}}
    (tmp_path / "flows" / "ask.json").write_text(json.dumps(exported, indent=2), "utf-8")
    (tmp_path / "dist").mkdir()
    package = packed(str(ROOT / "examples" / "solution-import" / "src")).data
    (tmp_path / "dist" / "ContosoAlerts.zip").write_bytes(package)
    return tmp_path


def test_the_commands_of_the_pages_run(folder: Path) -> None:
    """As they stand there; a flow that is as it should be breaks none."""
    commands = re.findall(r"pulumi-powerautomate validate (.*)", _PAGE)
    assert commands
    for command in commands:
        done = _validate(folder, *command.split())
        assert done.returncode == 1, done.stderr
    (command,) = re.findall(r"pulumi-powerautomate validate (.*)", _README)
    done = _validate(ROOT / "examples" / "policies", *command.split())
    assert done.returncode == 0, done.stdout


def test_violations_stand_among_the_findings(folder: Path) -> None:
    """With code, line, place and remedy; an advisory one is a warning."""
    done = _validate(folder, "flows", "--policy", "policies.json", "--format", "json")
    problems = json.loads(done.stdout)["flows"][0]["problems"]
    found = {item["code"]: item for item in problems if item["code"].startswith("power")}
    assert {code: item["severity"] for code, item in found.items()} == {
        "powerautomate-connectors": "error",
        "powerautomate-http-triggers": "error",
        "powerautomate-secrets": "error",
        "powerautomate-naming": "warning",
    }
    lines = (folder / "flows" / "ask.json").read_text("utf-8").splitlines()
    assert "api-key" in lines[found["powerautomate-secrets"]["line"] - 1]
    assert "0123456789abcdef" not in done.stdout


def test_other_formats_know_policies(folder: Path) -> None:
    """SARIF describes those that are broken, with addresses of their own page."""
    done = _validate(folder, "flows", "--policy", "policies.json", "--format", "sarif")
    (run,) = json.loads(done.stdout)["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    (secrets,) = [rule for rule in rules if rule["id"] == "powerautomate-secrets"]
    assert "policies.md#:~:text=powerautomate-secrets" in secrets["helpUri"]
    assert "`powerautomate-secrets`" in _PAGE
    junit = _validate(folder, "flows", "--policy", "policies.json", "--format", "junit")
    assert "powerautomate-secrets" in junit.stdout


def test_packages_tell_names_and_states(folder: Path) -> None:
    """The flow of the package is on, and is called as the package says."""
    policies = {"states": {"stacks": {"prod": "off"}}, "naming": {"pattern": "X"}}
    (folder / "policies.json").write_text(json.dumps(policies), "utf-8")
    package = "dist/ContosoAlerts.zip"
    done = _validate(folder, package, "--policy", "policies.json", "--stack", "prod")
    assert "powerautomate-states state: it is on." in done.stdout
    assert "powerautomate-naming name: 'Alert'" in done.stdout
    done = _validate(folder, package, "--policy", "policies.json")
    assert "powerautomate-states" not in done.stdout


def test_what_is_missing(folder: Path) -> None:
    """No file of policies, and a stack without one."""
    done = _validate(folder, "flows", "--policy", "nowhere.json")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "nowhere.json" in done.stderr
    assert "--stack is for --policy" in _validate(folder, "flows", "--stack", "dev").stderr
