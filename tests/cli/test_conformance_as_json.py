"""`conformance --format json`: one document, whatever a person is told beside it."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.harness.tools import ROOT


def test_plan_as_json() -> None:
    """The questions are in it, and what a person reads is not in the way."""
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate", "conformance", "--plan", "--format", "json"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert len(document["questions"]) > 50
    assert "questions:" in done.stderr
