"""Programs of the documentation run as they stand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import mailing
from tests.harness.engine_project import EngineProject

ROOT = Path(__file__).resolve().parents[2]


def _program(page: Path) -> str:
    blocks: list[str] = re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return next(block for block in blocks if "import pulumi_powerautomate" in block)


def test_getting_started(project: EngineProject, emulator: Emulator) -> None:
    """The first program of the guide makes one flow, turned on."""
    code = compile(_program(ROOT / "sdk-docs" / "getting-started.md"), "guide", "exec")
    project.up(lambda: exec(code, {}))
    (row,) = emulator.control.rows("workflows")
    assert (row["name"], row["statecode"]) == ("hello", 1)


def test_readme(
    project: EngineProject, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README's program works, with a flow of its name."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "daily-digest.json").write_text(json.dumps(mailing()), "utf-8")
    monkeypatch.chdir(tmp_path)
    emulator.control.insert(
        "connectionreferences",
        {
            "connectionreferencelogicalname": "contoso_office365",
            "connectionreferencedisplayname": "Mail",
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
            "connectionid": "shared-office365-1",
        },
    )
    code = compile(_program(ROOT / "README.md"), "readme", "exec")
    project.up(lambda: exec(code, {}))
    (row,) = emulator.control.rows("workflows")
    assert (row["name"], row["statecode"]) == ("daily-digest", 1)


def test_links_lead_somewhere() -> None:
    """Every relative link of every page is a file."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "sdk-docs").glob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
