"""The page about reviews shows the output of the commands."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from pulumi_powerautomate.flow.difference import SEVERITIES

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "sdk-docs" / "review.md").read_text("utf-8")


def _shown(command: str) -> str:
    """The output that the page shows below a command."""
    return _PAGE.partition(f"$ {command}\n")[2].partition("```")[0]


def _versions(folder: Path) -> None:
    flow = json.loads((_ROOT / "examples/flow-share/flows/escalation.json").read_text("utf-8"))
    for name in ("main", "branch"):
        (folder / name).mkdir()
    (folder / "main" / "escalation.json").write_text(json.dumps(flow), "utf-8")
    flow["triggers"]["Every_quarter_of_an_hour"]["recurrence"] = {
        "frequency": "Day",
        "interval": 1,
        "timeZone": "W. Europe Standard Time",
        "schedule": {"hours": ["8"], "minutes": [0]},
    }
    actions = flow["actions"]
    actions["Deadline"]["inputs"] = "@addMinutes(utcNow(), -60)"
    actions["Is_it_a_workday"] = {
        "type": "If",
        "runAfter": {"Deadline": ["Succeeded"]},
        "expression": {"and": [{"less": ["@dayOfWeek(utcNow())", 6]}]},
        "actions": {"Summary": {**actions.pop("Report"), "runAfter": {}}},
    }
    (folder / "branch" / "escalation.json").write_text(json.dumps(flow), "utf-8")


def test_the_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    """The difference and the diagram of the same two versions."""
    _versions(tmp_path)
    commands = re.findall(r"(?m)^\$ pulumi-powerautomate (d.* main/.*)$", _PAGE)
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "pulumi_powerautomate.cli", *command.split()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.stdout == _shown(f"pulumi-powerautomate {command}"), done.stderr


def test_every_kind_is_listed_with_its_severity() -> None:
    """The table of the page is the one of the package."""
    listed = {
        kind: severity
        for severity, kinds in re.findall(r"(?m)^\| (high|medium|low) \| (.*) \|$", _PAGE)
        for kind in re.findall(r"`([a-z-]+)`", kinds)
    }
    assert listed == SEVERITIES
