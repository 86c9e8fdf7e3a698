"""Findings in formats of others, read by programs of others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.harness.tools import ROOT, python_with

_BROKEN = "tests/cases/typo-members.json"
_GOOD = "examples/flow-share/flows/escalation.json"


def _validate(form: str, *files: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate", "validate", *files, "--format", form],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout


_READ = """
import json, sys
from junitparser import JUnitXml
suites = JUnitXml.fromfile(sys.argv[1])
cases = [case for suite in suites for case in suite]
print(json.dumps({
    "tests": suites.tests, "failures": suites.failures,
    "cases": {case.name: [[item.type, item.message] for item in case.result] for case in cases},
}))
"""


def test_junit(tmp_path: Path) -> None:
    """junitparser sees a test for each flow, failed with the code of its first error."""
    odd = tmp_path / "a\u0007&<b>.json"
    odd.write_text((ROOT / _GOOD).read_text("utf-8"), "utf-8")
    (tmp_path / "found.xml").write_text(_validate("junit", _BROKEN, _GOOD, str(odd)), "utf-8")
    python = python_with("junitparser==4.0.2")
    done = subprocess.run(
        [str(python), "-c", _READ, str(tmp_path / "found.xml")], capture_output=True, text=True
    )
    found = json.loads(done.stdout)
    assert (found["tests"], found["failures"]) == (3, 1)
    assert found["cases"][_GOOD] == []
    ((code, message),) = found["cases"][_BROKEN]
    assert code == "FLOW110"
    assert message.startswith("FLOW110: ")


def test_every_rule_of_sarif_has_an_explanation() -> None:
    """An address of the documentation, at a text that stands on that page."""
    driver = json.loads(_validate("sarif", _BROKEN))["runs"][0]["tool"]["driver"]
    page = (ROOT / "sdk-docs" / "validation.md").read_text("utf-8")
    assert driver["informationUri"].endswith("/sdk-docs/validation.md")
    for rule in driver["rules"]:
        address, _, text = rule["helpUri"].partition("#:~:text=")
        assert address == driver["informationUri"]
        assert text == rule["id"]
        assert f"`{text}`" in page
