"""Every example, by the commands of its README, with the built wheel and not the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.documentation.blocks import ROOT, Block, blocks
from tests.documentation.workshop import commands_of
from tests.harness.engine_project import engine_environment

pytestmark = pytest.mark.engine
_EXAMPLES = ROOT / "examples"
_FOLDERS = sorted(path.name for path in _EXAMPLES.iterdir() if path.is_dir())
_RUN = [block for block in blocks() if block.how == "example"]


def test_each_has_a_page_with_a_picture() -> None:
    """A README whose picture is there."""
    assert len(_FOLDERS) >= 10
    for name in _FOLDERS:
        text = (_EXAMPLES / name / "README.md").read_text("utf-8")
        shown = text.partition("](../../sdk-docs/pictures/")[2].partition(")")[0]
        assert shown, f"{name} shows no picture"
        assert (ROOT / "sdk-docs" / "pictures" / shown).is_file(), shown


def test_no_picture_shows_a_folder_of_this_machine() -> None:
    """Neither the checkout, nor a home, nor a temporary folder."""
    pictures = list((ROOT / "sdk-docs" / "pictures").glob("*.svg"))
    assert len(pictures) >= 12
    for picture in pictures:
        text = picture.read_text("utf-8").replace("&#160;", " ")
        assert re.findall(r"(?<![\w.])/(?:home|root|tmp|work|Users|private)/\S*", text) == []


@pytest.mark.parametrize("block", _RUN, ids=lambda block: block.page.split("/")[1])
def test_commands_of_the_page(block: Block, tmp_path: Path, wheel_python: Path) -> None:
    """Each ends well, in order, in a copy of the folder; the emulator is what it asks for."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / Path(block.page).parent, project)
    commands = commands_of(block.text)
    seed: dict[str, Any] = {}
    if commands[0].startswith("pulumi-powerautomate emulator"):
        option, _, file = commands.pop(0).removeprefix("pulumi-powerautomate emulator").partition(
            "--seed"
        )  # fmt: skip
        assert not option.strip()
        seed = json.loads((project / file.strip()).read_text("utf-8")) if file else {}
    with Emulator(seed=seed) as emulator:
        script = "\n".join(commands)
        environment = _environment(tmp_path, emulator, wheel_python)
        done = subprocess.run(
            ["bash", "-euxc", script],
            cwd=project, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        if "destroy" in script:
            assert emulator.control.rows("workflows") == []


def _environment(folder: Path, emulator: Emulator, python: Path) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR") if key in os.environ}
    found = {**kept, **engine_environment(folder, emulator.environment)}
    path = found["PATH"].partition(os.pathsep)[2]
    return {**found, "PATH": os.pathsep.join((str(python.parent), path))}


def test_adopted_flows_are_unchanged(tmp_path: Path, wheel_python: Path) -> None:
    """The example's `up` at the end finds nothing to do."""
    (block,) = [item for item in _RUN if "/adopt/" in item.page]
    seed = json.loads((_EXAMPLES / "adopt" / "emulator.json").read_text("utf-8"))
    with Emulator(seed=seed) as emulator:
        script = "\n".join([*commands_of(block.text)[1:], "pulumi preview --json > found.json"])
        subprocess.run(
            ["bash", "-euc", script], cwd=tmp_path, check=True, capture_output=True,
            env=_environment(tmp_path, emulator, wheel_python),
        )  # fmt: skip
    found = json.loads((tmp_path / "contoso" / "found.json").read_text("utf-8"))
    assert set(found["changeSummary"]) == {"same"}
