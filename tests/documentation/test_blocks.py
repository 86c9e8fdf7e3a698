"""Every code block of every page runs, or says why it is not run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.documentation.blocks import ROOT, Block, blocks, blocks_of
from tests.documentation.workshop import CONFIG, Shell, commands_of, furnish, write_folder
from tests.harness.engine_project import EngineProject

_BLOCKS = blocks()
_HOWS = ("program", "script", "commands", "commands, exit 1", "ignore file", "example")
pytestmark = pytest.mark.engine


def _run_as(*hows: str) -> list[Any]:
    return [pytest.param(item, id=item.name) for item in _BLOCKS if item.how in hows]


def test_every_block_is_run_or_marked() -> None:
    """All of them: those that run are more than half."""
    unmarked = [block.name for block in _BLOCKS if not block.how and not block.why]
    assert unmarked == []
    ran = [block for block in _BLOCKS if block.how]
    assert len(ran) * 2 > len(_BLOCKS) > 80
    for block in ran:
        if block.how not in _HOWS:
            path = ROOT / block.how
            assert path.is_file(), f"{block.name}: {block.how} is no test"
            assert Path(block.page).name in path.read_text("utf-8"), f"{path} never reads the page"


def test_marks_are_read() -> None:
    """A mark counts for the block right below it, and for no other."""
    text = "<!-- runs: script -->\n```python\n1\n```\n\n```python\n2\n```\n"
    assert [block.how for block in blocks_of(text, "x")] == ["script", ""]
    text = "<!-- not run: why -->\n\nA sentence.\n\n```\n3\n```\n"
    assert [(block.how, block.why) for block in blocks_of(text, "x")] == [("", "")]


@pytest.fixture
def workshop(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the pages speak of, beside its environment."""
    furnish(emulator)
    folder = tmp_path / "project"
    folder.mkdir()
    write_folder(folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("block", _run_as("program"))
def test_program(
    block: Block, workshop: Path, emulator: Emulator, tmp_path: Path, monkeypatch: Any
) -> None:
    """A part of a program makes what it declares."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    config = {f"tests:{key}": value for key, value in CONFIG.items()}
    project = EngineProject(tmp_path, emulator, config=config)
    address = emulator.environment["POWERAUTOMATE_ENVIRONMENT_URL"]
    code = compile(block.text.replace("https://contoso.crm4.dynamics.com", address), block.name,
                   "exec")  # fmt: skip

    def program() -> None:
        names = {"pulumi": pulumi, "powerautomate": powerautomate, "config": pulumi.Config()}
        if "digest.id" in block.text:
            names["digest"] = powerautomate.CloudFlow(
                "digest", definition=powerautomate.read_definition("new/daily-digest.json")
            )
        exec(code, names)

    project.up(program)
    declared = block.text.count("\npowerautomate.") + block.text.startswith("powerautomate.")
    assert len(project.resources()) >= declared


@pytest.mark.parametrize("block", _run_as("script"))
def test_script(block: Block, workshop: Path, emulator: Emulator) -> None:
    """A part of a test or of a script does what it says."""

    def run_pulumi(env: dict[str, str]) -> None:
        shell = Shell(workshop.parent, workshop, env)
        shutil.copy(ROOT / "examples" / "esc" / "__main__.py", workshop)
        shell.run("pulumi stack init dev && pulumi up --yes --skip-preview")

    exec(compile(block.text, block.name, "exec"), {"emulator": emulator, "run_pulumi": run_pulumi})


@pytest.fixture
def shell(workshop: Path, emulator: Emulator) -> Shell:
    """A shell in the project."""
    return Shell(workshop.parent, workshop, emulator.environment)


@pytest.mark.parametrize("block", _run_as("commands", "commands, exit 1"))
def test_commands(block: Block, shell: Shell) -> None:
    """Each command ends as the page says; the stacks that the pages name are there."""
    if "pulumi " in block.text or "--stack" in block.text:
        shell.run("pulumi stack init prod && pulumi stack init dev")
    codes = (0, 1) if block.how.endswith("exit 1") else (0,)
    ended = [shell.run(command, *codes) for command in commands_of(block.text)]
    assert ended


@pytest.mark.parametrize("block", _run_as("ignore file"))
def test_ignore_file(block: Block, shell: Shell, workshop: Path) -> None:
    """The file overrules what it names; without it the flow is refused."""
    (workshop / "flows" / "vendor").mkdir()
    shutil.move(workshop / "flows" / "sync.json", workshop / "flows" / "vendor")
    assert "FLOW303" in shell.run("pulumi-powerautomate validate flows/vendor", 1)
    (workshop / ".pulumi-powerautomate.json").write_text(block.text, "utf-8")
    shell.run("pulumi-powerautomate validate flows/vendor")


def test_the_shell_refuses_what_fails(shell: Shell) -> None:
    """A command that does not exist is no success."""
    with pytest.raises(AssertionError, match="no-such-verb"):
        shell.run("pulumi-powerautomate no-such-verb")
